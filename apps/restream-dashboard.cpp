// restream dashboard: the web page.
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "browser.hpp"
#include "command.hpp"
#include "config/config.hpp"
#include "config/key.hpp"
#include "config/url.hpp"
#include "dashboard/dashboard.hpp"
#include "dashboard/dashboard_control.hpp"
#include "state/guardian.hpp"
#include "state/state_access.hpp"
#include "system/inbox.hpp"
#include "system/paths.hpp"
#include "system/peer_user.hpp"
#include "system/process.hpp"
#include "system/terminal.hpp"

namespace {

using namespace restream;
using std::chrono::seconds;

struct Options {
    std::string listen;
    bool background = false;
    bool stop = false;
    bool link = false;
    bool no_browser = false;
    bool rotate_token = false;
    bool json = false;
};

/// `--listen`, else what restream.toml says.
HostAndPort where(const Options& options, const Config& config) {
    if (options.listen.empty()) {
        return {config.dashboard.listen_host, config.dashboard.listen_port};
    }
    const auto listen = parse_host_and_port(options.listen);
    if (!listen || !is_listen_address(listen->host)) {
        throw Error(ErrorKind::usage,
                    fmt::format("--listen takes ADDRESS:PORT, such as 127.0.0.1:5000, not '{}'",
                                options.listen));
    }
    return *listen;
}

std::optional<Secret> password_for(const HostAndPort& listen, const Config& config) {
    if (!config.dashboard.has_password()) {
        if (is_loopback(listen.host)) return std::nullopt;
        throw Error(ErrorKind::usage,
                    fmt::format("on {} anybody could switch your destinations: that needs a "
                                "password; write in restream.toml, under [dashboard]: password = "
                                "{{ file = \"dashboard.password\" }}",
                                listen.host));
    }
    auto password = resolve_dashboard_password(config, Deadline::after(seconds(10)));
    if (auto* problem = std::get_if<KeyProblem>(&password)) {
        throw Error(ErrorKind::config, problem->message);
    }
    constexpr std::size_t shortest = 8;
    if (std::get<Secret>(password).reveal().size() < shortest) {
        throw Error(ErrorKind::config,
                    fmt::format("the dashboard's password can be guessed: give it {} characters "
                                "or more",
                                shortest));
    }
    return std::get<Secret>(std::move(password));
}

/// Without TLS, anyone on the network path reads the password, and what it protects.
void warn_of_clear_text(const std::string& host, const Config& config) {
    if (is_loopback(host) || config.dashboard.has_tls()) return;
    complain("dashboard",
             fmt::format("warning: {} is reached without TLS: anyone on the network path can "
                         "read the password, and what it protects; write cert and key under "
                         "[dashboard] in restream.toml, or listen on 127.0.0.1 and use an SSH "
                         "tunnel",
                         host));
}

std::optional<TlsFiles> tls_files(const Config& config) {
    if (!config.dashboard.has_tls()) return std::nullopt;
    return TlsFiles{config.dashboard.certificate, config.dashboard.key};
}

/// What was done, in words and as scripts see it.
struct Done {
    std::string_view words;
    std::string_view action;
};

/// `running`: nothing where none runs now.
int tell(const Options& options, const Done& done, const std::optional<DashboardRecord>& running) {
    if (!options.json) {
        print_lines(StandardHandle::output, fmt::format("dashboard: {}{}\n", done.words,
                                                        running ? ", " + running->url : ""));
        return 0;
    }
    Json document = {{"schema", 1}, {"action", done.action}, {"url", nullptr}, {"pid", nullptr}};
    if (running) {
        document["url"] = running->url;
        document["pid"] = running->process.pid;
    }
    fmt::print("{}\n", document.dump(2));
    return 0;
}

int stop(const Options& options) {
    const bool was_running = stop_dashboard(trusted_state());
    const Done done =
        was_running ? Done{"stopped", "stopped"} : Done{"was not running", "not_running"};
    return tell(options, done, std::nullopt);
}

int start(const Options& options) {
    const Config config = load_config(config_directory());
    const Registry registry{trusted_state()};
    registry.prepare();
    const auto running = DashboardStart::begin(config, registry.layout()).wait();
    if (running.is_new) warn_of_clear_text(config.dashboard.listen_host, config);
    const Done done = running.is_new ? Done{"started", "started"} : Done{"was running", "running"};
    return tell(options, done, running.record);
}

int rotate(const Options& options) {
    const Layout layout = trusted_state();
    rotate_tokens(layout);
    const int status = tell(options, {"has new tokens", "rotated"}, live_dashboard(layout));
    if (options.json) return status;
    print_lines(StandardHandle::output,
                fmt::format("The old tokens, links and logins are void: open the page again, make "
                            "new links with 'restream dashboard --link', and give scripts and "
                            "Prometheus the new tokens in {}\n",
                            layout.run_directory().string()));
    return status;
}

std::string login_link(const std::string& url, const Layout& layout) {
    return fmt::format("{}/login?code={}", url, new_login_code(layout).reveal());
}

/// For a user at a terminal: prints a login link, for a browser whose user the system does not
/// report, and opens the page.
void welcome(const Options& options, const std::string& url, const Layout& layout) {
    print_lines(StandardHandle::output,
                fmt::format("login link for one browser, valid for ten minutes: {}\n",
                            login_link(url, layout)));
    // Your own browser needs no link, and arguments of programs can be read by other users.
    if (!options.no_browser && knows_peer_users()) open_in_browser(url);
}

int make_link(const Options& options) {
    const Layout layout = trusted_state();
    const auto running = live_dashboard(layout);
    if (!running) {
        throw Error(ErrorKind::no,
                    "the dashboard is not running; 'restream dashboard --background' "
                    "starts it");
    }
    const std::string link = login_link(running->url, layout);
    if (options.json) {
        const Json document = {{"schema", 1}, {"url", link}};
        fmt::print("{}\n", document.dump(2));
        return 0;
    }
    print_lines(StandardHandle::output,
                fmt::format("{}\nlets one browser in, once, within ten minutes\n", link));
    return 0;
}

int serve(const Options& options) {
    StartReport report;
    const auto directory = config_directory();
    try {
        const Config config = load_config(directory);
        const Registry registry{trusted_state()};
        registry.prepare();
        const HostAndPort listen = where(options, config);
        Dashboard::Means means;
        means.commands = {program_directory(), directory, registry.layout().root(),
                          share_directory(), dashboard_variables(config)};
        means.version = RESTREAM_VERSION;
        means.host = listen.host;
        means.port = listen.port;
        means.names = config.dashboard.hosts;
        means.password = password_for(listen, config);
        const bool is_for_owner = !means.password;
        means.tls = tls_files(config);
        means.complain = [](const std::string& words) { complain("dashboard", words); };
        if (!report.is_awaited()) lift_dashboard_end(registry.layout());
        Inbox inbox;  // before any thread
        Dashboard dashboard(std::move(means), registry);
        warn_of_clear_text(listen.host, config);
        if (is_for_owner && !knows_peer_users()) {
            complain("dashboard",
                     "warning: this system does not report whose process connects, so each browser "
                     "needs a link; 'restream dashboard --link' makes one, or set [dashboard] "
                     "password");
        }
        print_lines(StandardHandle::output, fmt::format("dashboard: {}\n", dashboard.url()));
        if (is_for_owner && is_terminal(StandardHandle::output)) {
            welcome(options, dashboard.url(), registry.layout());
        }
        std::fflush(stdout);
        report.ready();
        // The commands that it started go on without it; nobody waits for their answers.
        if (!dashboard.run(inbox)) std::_Exit(static_cast<int>(ErrorKind::no));
    } catch (const Error& error) {
        report.failed(error.what());
        throw;
    }
    return 0;
}

void check_is_one_thing(const Options& options) {
    std::vector<std::string_view> given;
    for (const auto& [is_given, name] : {std::pair(!options.listen.empty(), "--listen"),
                                         {options.background, "--background"},
                                         {options.stop, "--stop"},
                                         {options.link, "--link"},
                                         {options.rotate_token, "--rotate-token"}}) {
        if (is_given) given.emplace_back(name);
    }
    if (options.no_browser && options.listen.empty()) given.emplace_back("--no-browser");
    if (given.size() < 2) return;
    throw Error(ErrorKind::usage,
                fmt::format("{} and {} do not go together; give one of them", given[0], given[1]));
}

}  // namespace

int main(int argc, char** argv) {
    return run_command(
        "dashboard", "Serves the web page, until Ctrl-C: http://127.0.0.1:5000.", argc, argv,
        [](Arguments& arguments) -> CommandBody {
            auto options = std::make_shared<Options>();
            arguments.value("--listen", options->listen,
                            "the address to listen on (restream.toml's, else 127.0.0.1:5000)",
                            {.type = "ADDRESS:PORT"});
            arguments.flag("--no-browser", options->no_browser,
                           "do not open the page in a browser");
            arguments.flag("--background", options->background,
                           "return once it listens; it keeps running without this terminal");
            arguments.flag("--stop", options->stop, "end the running dashboard");
            arguments.flag(
                "--link", options->link,
                "make a link that lets one browser in, for another user of this machine");
            arguments.flag("--rotate-token", options->rotate_token,
                           "make new tokens; every browser that was let in has to log in again");
            arguments.flag("--json", options->json,
                           "with the others: one JSON document on standard output");
            return [options] {
                check_is_one_thing(*options);
                if (options->rotate_token) return rotate(*options);
                if (options->stop) return stop(*options);
                if (options->link) return make_link(*options);
                if (options->background) return start(*options);
                if (!options->json) return serve(*options);
                throw Error(ErrorKind::usage,
                            "--json goes with --background, --stop, --link or --rotate-token");
            };
        });
}
