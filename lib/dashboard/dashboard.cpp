#include "dashboard/dashboard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <memory>
#include <thread>

#include "base/error.hpp"
#include "config/url.hpp"
#include "dashboard/api.hpp"
#include "dashboard/audit.hpp"
#include "dashboard/config_watch.hpp"
#include "dashboard/dashboard_control.hpp"
#include "dashboard/door.hpp"
#include "dashboard/feed.hpp"
#include "dashboard/http_server.hpp"
#include "dashboard/identity_watch.hpp"
#include "dashboard/jobs.hpp"
#include "dashboard/thumbnail.hpp"
#include "ingest/address.hpp"
#include "state/dashboard_record.hpp"
#include "state/lock.hpp"
#include "system/atomic_file.hpp"
#include "system/peer_user.hpp"

namespace restream {

namespace {

constexpr auto patience_with_changes = std::chrono::seconds(30);
/// So soon after its tokens were changed nobody reads events by the old ones.
constexpr Milliseconds between_looks_at_tokens(500);

FileLock take_lock(const Layout& layout) {
    if (auto lock = FileLock::try_acquire(layout.dashboard_lock())) {
        require_not_ended(layout);
        return std::move(*lock);
    }
    const auto other = live_dashboard(layout);
    throw Error(ErrorKind::busy,
                other ? fmt::format("a dashboard runs already, at {} (PID {}); open it, or end it "
                                    "with 'restream dashboard --stop'",
                                    other->url, other->process.pid)
                      : "a dashboard runs already; 'restream dashboard --stop' ends it");
}

bool is_any_address(const std::string& host) { return host == "0.0.0.0" || host == "::"; }

std::unique_ptr<IdentityWatch> watch_identity(const Dashboard::Means& means) {
    if (!means.tls) return nullptr;
    return std::make_unique<IdentityWatch>(*means.tls, means.complain);
}

/// What to open in a browser of this machine: with TLS, the first name that the certificate is for,
/// where there is one.
std::string url_of(const Dashboard::Means& means, IdentityWatch* identities, int port) {
    const std::string& host = means.host;
    std::string reachable = host == "0.0.0.0" ? "127.0.0.1" : host == "::" ? "::1" : host;
    if (identities == nullptr) return "http://" + host_and_port(reachable, port);
    const auto identity = identities->current(SteadyClock::now());
    if (!identity->is_for(reachable)) {
        const auto name = std::ranges::find_if(
            means.names, [&](const std::string& each) { return identity->is_for(each); });
        if (name != means.names.end()) reachable = *name;
    }
    return "https://" + host_and_port(reachable, port);
}

/// Where it is found, as long as this lives.
class Published {
  public:
    explicit Published(const Layout& layout) : path_(layout.dashboard_record()) {}
    ~Published() {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    }
    Published(const Published&) = delete;
    Published& operator=(const Published&) = delete;

    void tell(const DashboardRecord& record) const {
        const auto error = publish_file(path_, to_json(record), Durability::survives_crash);
        if (!error) return;
        throw Error(ErrorKind::refused,
                    fmt::format("{} can't be written: {}", path_.string(), error.message()), error);
    }

  private:
    std::filesystem::path path_;
};

}  // namespace

struct Dashboard::Inside {
    Inside(Means given, const Registry& the_registry)
        : means(with_cancelling(std::move(given))),
          registry(the_registry),
          lock(take_lock(registry.layout())),
          published(registry.layout()),
          tokens{dashboard_token(registry.layout()), scrape_token(registry.layout())},
          audit(registry.layout(), means.complain),
          configs(means.commands.config, means.commands.share),
          thumbnail(means.commands, configs),
          identities(watch_identity(means)),
          server(
              means.host, means.port,
              [this](Request request, Reply reply) {
                  handle(std::move(request), std::move(reply));
              },
              shown_identities()),
          url(url_of(means, identities.get(), server.port())),
          door(rules()),
          api({means.commands, means.version}, tokens.page, configs, registry, lanes, thumbnail,
              audit),
          feed(server, api, configs, lanes, thumbnail) {
        lock.note(fmt::format("{} dashboard {}\n", this_process().pid, url));
        published.tell({this_process(), url, means.host});
        server.every(between_looks_at_tokens, [this] { watch_tokens(); });
    }

    DoorRules rules() const {
        DoorRules all;
        all.port = server.port();
        all.url = url;
        all.has_tls = identities != nullptr;
        all.hosts = means.names;
        all.hosts.push_back(means.host);
        all.is_any_address = is_any_address(means.host);
        all.token = tokens.page;
        all.scrape_token = tokens.scrape;
        all.password = means.password;
        all.owner = this_user();
        all.login_code = registry.layout().login_code();
        return all;
    }

    HttpServer::Identities shown_identities() const {
        if (!identities) return {};
        return [watch = identities.get()] { return watch->current(SteadyClock::now()); };
    }

    Means with_cancelling(Means given) const {
        given.commands.is_cancelled = [this] { return is_ending.load(); };
        return given;
    }

    /// If `restream dashboard --rotate-token` has made new tokens, browsers that came in before have
    /// to come in again. If the files are missing, because somebody deleted run/, the old tokens
    /// stay.
    void watch_tokens() {
        auto kept = kept_tokens(registry.layout());
        if (!kept || *kept == tokens) return;
        tokens = std::move(*kept);
        door.renew(tokens.page, tokens.scrape);
        api.renew_token(tokens.page);
        server.end_readers();
    }

    Answer log_in(const Request& request, SteadyTime now) {
        Answer answer = door.log_in(request, now);
        if (answer.code.empty())
            audit.note_login(request, WayIn::link, now);
        else
            audit.note_refused(request, answer, now);
        return answer;
    }

    void handle(Request request, Reply reply) {
        watch_tokens();
        const SteadyTime now = SteadyClock::now();
        if (auto refused = door.refuse(request, now)) {
            audit.note_refused(request, *refused, now);
            return reply(std::move(*refused));
        }
        if (request.path == "/login") return reply(log_in(request, now));
        request.way = door.way_in(request);
        if (auto cookie = door.cookie_for(request)) {
            audit.note_login(request, WayIn::password, now);
            reply = [told = std::move(reply), cookie = std::move(*cookie)](Answer answer) {
                answer.headers.emplace_back("Set-Cookie", cookie);
                told(std::move(answer));
            };
        }
        const bool is_events = request.path == "/api/v1/events" && request.method == Method::get;
        api.answer(std::move(request), std::move(reply));
        // Behind the answer, which is posted as well: what is told before that misses the newcomer.
        if (is_events) server.post([this] { feed.welcome(); });
    }

    std::atomic<bool> is_ending = false;  ///< what only looks is given up
    Means means;
    const Registry& registry;
    FileLock lock;
    Published published;     ///< ends after all but the lock: who sees neither may start another
    DashboardTokens tokens;  ///< the server's thread's own; the page's and the door's are the same
    Audit audit;
    ConfigWatch configs;
    Thumbnail thumbnail;
    std::unique_ptr<IdentityWatch> identities;  ///< null where it speaks without TLS
    HttpServer server;
    const std::string url;
    Door door;
    Api api;
    Feed feed;
    /// Goes first: its threads use all the others, which take it by reference before it is made.
    Lanes lanes;
};

Dashboard::Dashboard(Means means, const Registry& registry)
    : inside_(std::make_unique<Inside>(std::move(means), registry)) {}

Dashboard::~Dashboard() = default;

const std::string& Dashboard::url() const { return inside_->url; }

bool Dashboard::run(Inbox& inbox) {
    std::thread serving([this] { inside_->server.run(); });
    for (;;) {
        const auto what = inbox.wait(Deadline::never());
        // A terminal that is closed takes along what was started in it.
        if (what == Inbox::What::stop || what == Inbox::What::reload) break;
    }
    inside_->is_ending = true;
    inside_->server.close();
    const bool is_finished = finish(inbox);
    if (is_finished)
        inside_->server.finish();
    else
        inside_->server.stop();
    serving.join();
    return is_finished;
}

bool Dashboard::finish(Inbox& inbox) {
    const Deadline deadline = Deadline::after(patience_with_changes);
    while (!inside_->lanes.wait_idle(Deadline::after(Milliseconds(50)))) {
        const bool is_asked_again =
            inbox.wait(Deadline::after(Milliseconds(50))) == Inbox::What::stop;
        if (is_asked_again || deadline.has_passed()) return false;
    }
    return true;
}

}  // namespace restream
