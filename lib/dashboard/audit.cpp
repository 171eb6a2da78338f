#include "dashboard/audit.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "base/json_reader.hpp"
#include "config/destination.hpp"
#include "config/url.hpp"
#include "dashboard/body.hpp"
#include "dashboard/route.hpp"
#include "state/audit_log.hpp"
#include "system/user_name.hpp"

namespace restream {

namespace {

/// Ten lines, then one in an hour: somebody who goes on for days must not push out the changes.
constexpr RateLimit::Rate most_noted{1.0 / 3600, 10};

bool is_change(Method method) { return method != Method::get && method != Method::other; }

/// Whether this refusal says that somebody tried to come in, or to change something.
bool is_worth_a_line(const Request& request, const Answer& refused) {
    if (is_change(request.method)) return true;
    // A browser asks without a password first.
    if (refused.code == "password") return !request.authorization.empty();
    return refused.code == "not_owner" || refused.code == "token_wrong" || refused.code == "login";
}

/// Of the fields that a request sets, those whose values can be no secret, with them: a word that
/// was refused may be anything.
std::vector<std::string> field_words(const DestinationBody& body, bool is_done) {
    std::vector<std::string> words;
    constexpr std::array with_word = {"service", "backup", "on_ingest_loss"};
    for (const auto& [field, text] : body.texts) {
        const bool is_word = std::ranges::find(with_word, field) != with_word.end();
        const std::string value = !text     ? ""
                                  : is_word ? (is_done && !name_problem(*text) ? *text : "")
                                            : server_of_url(*text);
        words.push_back(fmt::format("{}{}{}", field, value.empty() ? "" : " ", value));
    }
    if (body.has_hold) words.emplace_back("hold");
    if (body.key) words.emplace_back("key");
    return words;
}

std::string put_words(const Request& request, const std::string& name, Asked asked) {
    const std::string begin = fmt::format("{} {}", asked.is_known ? "change" : "add", name);
    try {
        const auto fields = field_words(destination_body(request.body), asked.is_done);
        return fields.empty() ? begin : fmt::format("{}: {}", begin, fmt::join(fields, ", "));
    } catch (const Error&) {
        return begin;  // a body that is none
    }
}

/// "; key dropped": the secrets that a change of the server took away.
std::string dropped_words(const Answer& answer) {
    const auto document = parse_json(answer.body);
    if (!document) return "";
    const auto dropped = read_member<std::vector<std::string>>(*document, "dropped");
    if (!dropped || dropped->empty()) return "";
    return fmt::format("; {} dropped", fmt::join(*dropped, ", "));
}

std::string command_words(const Route& route, const std::string& name) {
    std::string words = route.verb;
    for (const auto& each : route.arguments) {
        if (each == "--json" || each == "--yes") continue;
        words += " " + (each == route.name ? name : each);
    }
    return words;
}

}  // namespace

Actor actor_of(const Request& request) {
    Actor who{request.way, request.user, "", request.address};
    if (who.uid) who.user = login_name(*who.uid);
    return who;
}

std::string asked_words(const Request& request, Asked asked) {
    const auto found = find_route(request.method, request.path);
    const auto* route = std::get_if<Route>(&found);
    if (route == nullptr) return "unknown request";
    // What nobody knows may be a stream key: YouTube's look like names.
    const std::string name = asked.is_known || asked.is_done ? route->name : "***";
    if (route->page == Page::put_destination) return put_words(request, name, asked);
    if (route->page == Page::put_key) return "key " + name;
    if (route->page == Page::reveal_publish_key) return "reveal publish key";
    return command_words(*route, name);
}

Audit::Audit(Layout layout, Complain complain)
    : layout_(std::move(layout)),
      complain_(std::move(complain)),
      logins_(most_noted),
      refusals_(most_noted) {}

void Audit::append(AuditEntry entry) {
    const auto problem = append_audit(layout_, entry);
    if (!problem || has_complained_.exchange(true) || !complain_) return;
    complain_(fmt::format("warning: the audit log can't be written: {}", *problem));
}

void Audit::append_if_few(RateLimit& few, const std::string& whose, std::uint64_t& left_out,
                          AuditEntry entry, SteadyTime now) {
    if (!few.take(whose, now)) {
        ++left_out;
        return;
    }
    if (left_out > 0) entry.what += fmt::format(" ({} more before this)", left_out);
    left_out = 0;
    append(std::move(entry));
}

void Audit::note(const Request& request, bool is_known, const Answer& answer) {
    append({std::chrono::system_clock::now(), actor_of(request),
            asked_words(request, {is_known, answer.code.empty()}) + dropped_words(answer),
            answer.code.empty() ? "ok" : answer.code});
}

void Audit::note_login(const Request& request, WayIn way, SteadyTime now) {
    Actor who = actor_of(request);
    who.way = way;
    append_if_few(logins_, request.address, logins_left_out_,
                  {std::chrono::system_clock::now(), std::move(who), "log in", "ok"}, now);
}

void Audit::note_refused(const Request& request, const Answer& refused, SteadyTime now) {
    if (!is_worth_a_line(request, refused)) return;
    const std::string what =
        is_change(request.method) ? asked_words(request, {false, false}) : "log in";
    // One bucket for all: who has many addresses has no more lines.
    append_if_few(refusals_, "", refusals_left_out_,
                  {std::chrono::system_clock::now(), actor_of(request), what, refused.code}, now);
}

}  // namespace restream
