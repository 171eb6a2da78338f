#include "dashboard/api.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/error.hpp"
#include "base/json.hpp"
#include "config/key.hpp"
#include "dashboard/assets.hpp"
#include "dashboard/body.hpp"
#include "dashboard/changes.hpp"
#include "dashboard/documents.hpp"
#include "dashboard/metrics.hpp"
#include "ingest/address.hpp"
#include "state/audit_log.hpp"
#include "state/log_tail.hpp"
#include "state/state_access.hpp"
#include "status/ingest_view.hpp"
#include "status/status.hpp"

namespace restream {

using std::chrono::seconds;

namespace {

/// Who asks more often than this gets what was seen last.
constexpr Milliseconds status_is_new(100);
constexpr std::size_t usual_log_lines = 200;
constexpr std::size_t most_log_lines = 2000;
constexpr std::size_t usual_changes = 50;
constexpr std::size_t most_changes = 1000;
/// Stopping takes 5 s at most, starting the server 10 s, and each relay is waited for up to 15 s.
constexpr auto patience_with_command = seconds(60);

Answer json_answer(std::string body) {
    Answer answer;
    answer.body = std::move(body);
    return answer;
}

Answer text_answer(std::string body, std::string_view type = "text/plain; charset=utf-8") {
    Answer answer;
    answer.content_type = type;
    answer.body = std::move(body);
    return answer;
}

void fill_mark(std::string& text, std::string_view mark, std::string_view content) {
    if (const auto at = text.find(mark); at != std::string::npos) {
        text.replace(at, mark.size(), content);
    }
}

/// "url is …" of "DIRECTORY/destinations.d/x.toml:1:7: url is …": the page's form has no lines.
std::string without_place(std::string_view message, const std::string& directory) {
    if (!message.starts_with(directory)) return std::string(message);
    const auto end = message.find(": ", directory.size());
    return std::string(end == std::string_view::npos ? message : message.substr(end + 2));
}

/// The command's arguments for the destinations that the body names, or for all. **Throws**:
/// Error{usage}.
std::vector<std::string> batch_arguments(const Route& route, const Request& request) {
    auto names = names_body(request.body);
    if (!names) return route.arguments;
    names->emplace_back("--json");
    return std::move(*names);
}

/// Reports a wrong body, and which member is wrong if the message names it.
Answer refusal_of_body(std::string_view message) {
    return refusal(400, "invalid", message, "nothing was changed: correct it and try again",
                   field_of_message(message));
}

/// The number that a query's field gives; `usual` if it is not there, no value if it is none, or
/// too large.
std::optional<std::size_t> number_of(const Request& request, std::string_view field,
                                     std::size_t usual, std::size_t most) {
    const auto asked = query_value(request.query, field);
    if (asked.empty()) return usual;
    std::size_t number = 0;
    const auto [stop, error] = std::from_chars(asked.data(), asked.data() + asked.size(), number);
    if (error != std::errc() || stop != asked.data() + asked.size() || number > most) {
        return std::nullopt;
    }
    return number;
}

Answer refusal_of_number(std::string_view field, std::size_t most) {
    return refusal(400, "bad_request", fmt::format("{} is not a number, or is too large", field),
                   fmt::format("give a number up to {}", most));
}

/// 404, with the name that may be meant.
std::optional<Answer> check_is_configured(const Config& config, const std::string& name) {
    if (config.find(name) != nullptr) return std::nullopt;
    try {
        config.at(name);
        return std::nullopt;
    } catch (const Error& error) {
        return refusal(404, "not_found", error.what(), "see /api/v1/destinations");
    }
}

}  // namespace

Api::Api(Means means, Secret token, ConfigWatch& configs, const Registry& registry, Lanes& lanes,
         Thumbnail& thumbnail, Audit& audit)
    : means_(std::move(means)),
      configs_(configs),
      registry_(registry),
      lanes_(lanes),
      thumbnail_(thumbnail),
      audit_(audit),
      token_(std::move(token)) {}

void Api::renew_token(Secret token) {
    const std::lock_guard lock(mutex_);
    token_ = std::move(token);
}

void Api::answer(Request request, Reply reply) {
    auto found = find_route(request.method, request.path);
    if (auto* refused = std::get_if<Answer>(&found)) return reply(std::move(*refused));
    const Route route = std::get<Route>(std::move(found));
    if (route.lane == Lane::at_once) return reply(page(route, request));
    // The token at the time the request was let in: an old login must not get the new token.
    std::optional<Secret> token;
    if (route.page == Page::index) {
        const std::lock_guard lock(mutex_);
        token = token_;
    }
    const bool is_taken =
        jobs(route.lane)
            .post([this, route, request = std::move(request), token = std::move(token), reply] {
                const bool is_change = route.lane == Lane::change;
                const bool was_known = is_change && is_known(route);
                Answer answer = made_or_refused(route, request, token);
                if (is_change && !answer.is_audited) audit_.note(request, was_known, answer);
                reply(std::move(answer));
            });
    if (!is_taken) {
        reply(refusal(503, "busy", "too much is being done at the same time",
                      "try again in a moment"));
    }
}

bool Api::is_known(const Route& route) const {
    if (route.name.empty()) return false;
    try {
        return configs_.reading()->config.find(route.name) != nullptr;
    } catch (const std::exception&) {
        return false;  // what is answered says why
    }
}

Answer Api::made_or_refused(const Route& route, const Request& request,
                            const std::optional<Secret>& token) {
    try {
        return token ? index(*token) : made(route, request);
    } catch (const Error& error) {
        return refusal_of(error.kind(), error.what());
    } catch (const std::exception&) {
        // Its words are for who wrote the library, and may hold what was sent.
        return refusal_of(ErrorKind::bug, "the answer could not be made");
    }
}

Jobs& Api::jobs(Lane lane) const {
    if (lane == Lane::change) return lanes_.changes;
    return lane == Lane::query ? lanes_.queries : lanes_.looks;
}

Answer Api::page(const Route& route, const Request& request) const {
    if (route.page == Page::health) return text_answer("ok\n");
    if (route.page == Page::thumbnail) return picture();
    if (route.page == Page::events) {
        Answer answer;
        answer.is_events = true;
        return answer;
    }
    const auto all = assets();
    const auto found = std::ranges::find(all, route.name, &Asset::name);
    if (found == all.end()) return no_such_path();
    const std::string tag = fmt::format("\"{}\"", found->tag);
    Answer answer = text_answer(std::string(found->content), found->content_type);
    if (request.if_none_match == tag) {
        answer.status = 304;
        answer.body.clear();
    }
    // Asked for again each time, and sent again only where it is another: a new restream shows its
    // own page at once.
    answer.headers = {{"Cache-Control", "no-cache"}, {"ETag", tag}};
    return answer;
}

/// With what a page has to know before it asks for anything.
Answer Api::index(const Secret& token) {
    const auto all = assets();
    const auto found = std::ranges::find(all, "index.html", &Asset::name);
    if (found == all.end()) return no_such_path();
    std::string status = "null";
    try {
        status = data_element_text(status_document());
    } catch (const Error&) {
        // A state folder that cannot be read: the page is told by the events.
    }
    std::string text(found->content);
    fill_mark(text, "@TOKEN@", token.reveal());
    // Last: what others say stands in it.
    fill_mark(text, "@STATUS@", status);
    return text_answer(std::move(text), found->content_type);
}

Answer Api::picture() const {
    const auto picture = thumbnail_.picture();
    if (!picture)
        return refusal(404, "not_found", "there is no picture",
                       "one is made while the ingest is live and somebody reads events");
    return text_answer(picture->jpeg, "image/jpeg");
}

std::string Api::status_document() {
    const auto [reading, generation] = configs_.read();
    const std::lock_guard lock(mutex_);
    const SteadyTime now = SteadyClock::now();
    if (status_.empty() || now - status_at_ > status_is_new || generation != status_generation_) {
        require_readable(registry_.layout());
        const Status status = restream::look(*reading, registry_, {});
        status_ = to_json(status);
        is_ingest_live_ = status.ingest.state == IngestState::live;
        status_at_ = now;
        status_generation_ = generation;
    }
    return status_;
}

void Api::forget_status() {
    const std::lock_guard lock(mutex_);
    status_.clear();
}

bool Api::is_ingest_live() {
    const std::lock_guard lock(mutex_);
    return is_ingest_live_;
}

std::string Api::status_line() { return in_one_line(status_document()); }

std::string Api::ingest_line() {
    return in_one_line(ingest_document(*configs_.reading(), registry_));
}

Answer Api::made(const Route& route, const Request& request) {
    // A log is read whatever the configuration has become.
    const bool is_readable = route.page == Page::log && configs_.reading()->problem;
    if (route.is_of_configured && !is_readable) {
        if (auto refused = check_is_configured(*configs_.current(), route.name)) return *refused;
    }
    switch (route.page) {
        case Page::status:
            return json_answer(status_document());
        case Page::ingest:
            return json_answer(ingest_document(*configs_.reading(), registry_));
        case Page::destinations:
            return json_answer(destinations_document(*configs_.current()));
        case Page::log:
            return log(route, request);
        case Page::audit:
            return audit_log(request);
        case Page::metrics:
            return metrics();
        case Page::put_destination:
        case Page::put_key:
            return edit(route, request);
        case Page::reveal_publish_key:
            return reveal_publish_key();
        case Page::query:
            return run_query_for(means_.commands,
                                 {route.verb, route.arguments, patience_with_command, false});
        case Page::command:
            return command(route, request, route.arguments);
        case Page::batch:
            return command(route, request, batch_arguments(route, request));
        case Page::index:
        case Page::asset:
        case Page::health:
        case Page::events:
        case Page::thumbnail:
            break;  // at once, see page()
    }
    return no_such_path();
}

Answer Api::command(const Route& route, const Request& request,
                    const std::vector<std::string>& arguments) {
    CommandRun run{route.verb, arguments, patience_with_command};
    run.asked_by = actor_of(request);
    Answer answer = run_command_for(means_.commands, run);
    forget_status();
    return answer;
}

Answer Api::log(const Route& route, const Request& request) {
    const auto lines = number_of(request, "lines", usual_log_lines, most_log_lines);
    if (!lines) return refusal_of_number("lines", most_log_lines);
    std::string text;
    for (const auto& line : log_tail(logs_of(registry_.layout(), route.name), *lines)) {
        text += line + "\n";
    }
    return text_answer(std::move(text));
}

Answer Api::audit_log(const Request& request) const {
    const auto limit = number_of(request, "limit", usual_changes, most_changes);
    if (!limit) return refusal_of_number("limit", most_changes);
    return json_answer(audit_document(last_changes(registry_.layout(), *limit)));
}

Answer Api::metrics() {
    const auto reading = configs_.reading();
    require_readable(registry_.layout());
    return text_answer(to_prometheus(restream::look(*reading, registry_, {}),
                                     look_at_ingest(*reading, registry_), means_.version),
                       "text/plain; version=0.0.4; charset=utf-8");
}

Answer Api::reveal_publish_key() {
    const auto config = configs_.current();
    Json document = {{"key", nullptr}};
    if (config->ingest.has_publish_key()) {
        auto key = resolve_publish_key(*config, Deadline::after(seconds(10)));
        if (const auto* problem = std::get_if<KeyProblem>(&key)) {
            return refusal(409, "refused", problem->message, "run 'restream doctor'");
        }
        document["key"] = std::get<Secret>(key).reveal();
    } else if (const auto endpoint = ingest_endpoint(config->ingest);
               !endpoint.playpath.is_empty()) {
        document["key"] = endpoint.playpath.reveal();
    }
    return json_answer(document.dump() + "\n");
}

Answer Api::edit(const Route& route, const Request& request) const {
    // Where it loads now, what would not load then is the request's fault.
    static_cast<void>(configs_.current());
    const auto& directory = means_.commands.config;
    try {
        return route.page == Page::put_key
                   ? put_key(directory, registry_, route.name, request.body)
                   : put_destination(directory, registry_, route.name, request.body);
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::config && error.kind() != ErrorKind::usage) throw;
        return refusal_of_body(without_place(error.what(), directory.string()));
    }
}

}  // namespace restream
