#include "relay/hook_event.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/json.hpp"
#include "state/relay_name.hpp"

namespace restream {

namespace {

/// **Source**: Discord takes 2,000 characters of "content"; a peer's words are in it.
constexpr std::size_t longest_words_bytes = 800;

/// At most so long, cut between characters.
std::string bounded(std::string_view words) {
    if (words.size() <= longest_words_bytes) return std::string(words);
    std::size_t end = longest_words_bytes;
    while (end > 0 && (static_cast<unsigned char>(words[end]) & 0xC0) == 0x80) --end;
    return std::string(words.substr(0, end)) + "…";
}

/// "<!channel>", "<@U1>" and "<http://h|words>" are words then.
/// **Source**: Slack, "Formatting text for app surfaces".
std::string for_slack(std::string_view words) {
    std::string escaped;
    for (const char c : words) {
        if (c == '&')
            escaped += "&amp;";
        else if (c == '<')
            escaped += "&lt;";
        else if (c == '>')
            escaped += "&gt;";
        else
            escaped += c;
    }
    return escaped;
}

/// Markdown, mentions and links are words then. **Source**: Discord, "Markdown Text 101".
std::string for_discord(std::string_view words) {
    constexpr std::string_view special = "\\`*_~|<>[]@#";
    std::string escaped;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const bool begins_address = words.substr(i, 3) == "://";
        if (begins_address || special.find(words[i]) != std::string_view::npos) escaped += '\\';
        escaped += words[i];
    }
    return escaped;
}

/// What Slack and Discord show. A server's words are in it: they mention nobody, and lead nowhere.
void add_words(Json& document, const std::string& sentence) {
    document["text"] = for_slack(sentence);
    document["parse"] = "none";  // Slack's: no links
    document["content"] = for_discord(sentence);
    document["allowed_mentions"] = {{"parse", Json::array()}};  // Discord's
}

/// **Unit**: seconds.
double in_seconds(Milliseconds span) { return std::chrono::duration<double>(span).count(); }

}  // namespace

HookEvent hook_event(const Record& record, std::optional<State> previous, SteadyTime now) {
    const WallTime wall = std::chrono::system_clock::now();
    HookEvent event;
    event.destination = destination_of(record.name);
    event.is_backup = is_backup_relay(record.name);
    event.service = record.service;
    event.url = record.url;
    event.state = record.state;
    event.previous = previous;
    event.confirmed = record.confirmed;
    event.reason = shown_reason(record, wall);
    event.since = record.since;
    if (record.next_retry) {
        const auto left = std::chrono::ceil<Milliseconds>(*record.next_retry - now);
        event.next_try_in = std::max(Milliseconds(0), left);
    }
    if (is_trying_again(record)) event.next_try_in = Milliseconds(0);
    event.attempts = record.tries;
    event.reconnects = record.reconnects;
    return event;
}

bool is_news(const HookEvent& event, const HookEvent& last) {
    const auto code = [](const HookEvent& each) { return each.reason ? each.reason->code : ""; };
    return event.state != last.state || code(event) != code(last);
}

std::string_view relay_role(bool is_backup) { return is_backup ? "backup" : "primary"; }

namespace {

std::string ingest_sentence(const IngestChange& ingest) {
    if (ingest.state == "live") return "the ingest is live";
    if (ingest.state == "no_publisher") return "nobody publishes to the ingest";
    return ingest.missing == "picture"
               ? "the ingest is silent: sound arrives, and no picture"
               : "the ingest is silent: a publisher is connected and sends nothing";
}

std::string ingest_json(const HookEvent& event) {
    const IngestChange& ingest = *event.ingest;
    Json document = {{"schema", 1},
                     {"event", "ingest"},
                     {"server", ingest.server},
                     {"url", event.url},
                     {"state", ingest.state},
                     {"previous", nullptr},
                     {"missing", nullptr},
                     {"since", to_iso8601(event.since)},
                     {"skipped", event.skipped}};
    add_words(document, ingest_sentence(ingest));
    if (ingest.previous) document["previous"] = *ingest.previous;
    if (!ingest.missing.empty()) document["missing"] = ingest.missing;
    return document.dump();
}

}  // namespace

std::string hook_sentence(const HookEvent& event) {
    if (event.ingest) return ingest_sentence(*event.ingest);
    std::string words = fmt::format("{}{}: {}", event.destination,
                                    event.is_backup ? " (backup)" : "", state_name(event.state));
    if (event.reason) words += ": " + bounded(event.reason->message);
    const bool is_waiting_for_try = event.state == State::backoff || event.state == State::rejected;
    if (event.next_try_in && is_waiting_for_try) {
        words += fmt::format("; next try in {:.0f} s", std::ceil(in_seconds(*event.next_try_in)));
    }
    return words;
}

std::string to_json(const HookEvent& event) {
    if (event.ingest) return ingest_json(event);
    Json document = {{"schema", 1},
                     {"event", "state"},
                     {"destination", event.destination},
                     {"relay", relay_role(event.is_backup)},
                     {"service", event.service},
                     {"url", event.url},
                     {"state", state_name(event.state)},
                     {"previous", nullptr},
                     {"confirmed", event.confirmed},
                     {"reason", nullptr},
                     {"since", to_iso8601(event.since)},
                     {"next_retry_in_s", nullptr},
                     {"attempts", event.attempts},
                     {"reconnects", event.reconnects},
                     {"skipped", event.skipped}};
    add_words(document, hook_sentence(event));
    if (event.previous) document["previous"] = state_name(*event.previous);
    if (event.reason) {
        document["reason"] = {{"code", event.reason->code},
                              {"message", bounded(event.reason->message)},
                              {"remedy", bounded(event.reason->remedy)}};
    }
    if (event.next_try_in) document["next_retry_in_s"] = in_seconds(*event.next_try_in);
    return document.dump();
}

}  // namespace restream
