#include "relay/outcome.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "state/session_end.hpp"

namespace restream {

namespace {

bool was_cancelled(const Registry& registry, std::string_view name, const Expectation& expected) {
    if (expected.is_wish && !registry.is_wanted(name)) return true;
    return registry.is_down(name) || registry.stopping(name).has_value();
}

std::optional<double> seconds_until(const std::optional<SteadyTime>& time) {
    if (!time) return std::nullopt;
    const std::chrono::duration<double> left = *time - SteadyClock::now();
    return std::max(0.0, left.count());
}

Outcome make(Outcome::Kind kind, const Record& record) {
    const auto& reason =
        kind == Outcome::Kind::connecting && !record.reason ? record.failure : record.reason;
    return {kind, reason, seconds_until(record.next_retry)};
}

}  // namespace

std::string_view outcome_name(Outcome::Kind kind) {
    switch (kind) {
        case Outcome::Kind::live:
            return "live";
        case Outcome::Kind::holding:
            return "holding";
        case Outcome::Kind::waiting:
            return "waiting";
        case Outcome::Kind::standby:
            return "standby";
        case Outcome::Kind::refused:
            return "refused";
        case Outcome::Kind::connecting:
            return "connecting";
        case Outcome::Kind::cancelled:
            return "cancelled";
        case Outcome::Kind::gone:
            return "gone";
        case Outcome::Kind::unknown:
            break;
    }
    return "unknown";
}

std::optional<Outcome> known_outcome(const Registry& registry, std::string_view name,
                                     const Expectation& expected) {
    if (was_cancelled(registry, name, expected)) return Outcome{Outcome::Kind::cancelled, {}, {}};
    const auto record = registry.live_record(name);
    if (!record) {
        if (registry.is_alive(name)) return std::nullopt;
        return Outcome{Outcome::Kind::gone, {}, {}};
    }
    const bool is_news = record->attempts > expected.attempts_before;
    switch (record->state) {
        case State::live:
            if (record->settled) return make(Outcome::Kind::live, *record);
            return std::nullopt;
        case State::holding:
            if (expected.wait_live) return std::nullopt;
            return make(Outcome::Kind::holding, *record);
        case State::waiting:
            if (is_code(record->reason, EndCode::standby)) {
                return make(Outcome::Kind::standby, *record);
            }
            // A keyframe that has not come yet is coming.
            if (!expected.wait_live && record->reason && !is_ingest_coming(record->reason)) {
                return make(Outcome::Kind::waiting, *record);
            }
            return std::nullopt;
        case State::backoff:
            // A platform that holds the last session lets go of it by itself.
            if (is_news && !is_code(record->reason, EndCode::session_held)) {
                return make(Outcome::Kind::refused, *record);
            }
            return std::nullopt;
        case State::rejected:
            if (is_news) return make(Outcome::Kind::refused, *record);
            return std::nullopt;
        case State::connecting:
        case State::stopped:
            return std::nullopt;
    }
    return std::nullopt;
}

Outcome final_outcome(const Registry& registry, std::string_view name,
                      const Expectation& expected) {
    if (auto known = known_outcome(registry, name, expected)) return *known;
    const auto record = registry.live_record(name);
    if (!record) {
        const SessionEnd end{EndCode::no_record};
        return {Outcome::Kind::unknown,
                Reason{std::string(end_code_name(end.code)), describe(end), remedy(end.code, name)},
                {}};
    }
    switch (record->state) {
        case State::live:
            return make(Outcome::Kind::live, *record);
        case State::holding:
            return make(Outcome::Kind::holding, *record);
        case State::waiting:
            // Without a reason it is not known to wait for the ingest: its key command runs, say.
            return make(record->reason ? Outcome::Kind::waiting : Outcome::Kind::connecting,
                        *record);
        case State::backoff:
        case State::rejected:
            return make(Outcome::Kind::refused, *record);
        default:
            return make(Outcome::Kind::connecting, *record);
    }
}

int exit_status(const Outcome& outcome, const Expectation& expected) {
    switch (outcome.kind) {
        case Outcome::Kind::live:
        case Outcome::Kind::standby:
            return 0;
        case Outcome::Kind::holding:
        case Outcome::Kind::waiting:
            return expected.wait_live ? static_cast<int>(ErrorKind::no) : 0;
        case Outcome::Kind::cancelled:
            return static_cast<int>(ErrorKind::no);
        default:
            return static_cast<int>(ErrorKind::refused);
    }
}

std::string describe(const Outcome& outcome) {
    std::string words;
    if (outcome.reason) {
        words = outcome.reason->message;
        if (!outcome.reason->remedy.empty()) words += "; " + outcome.reason->remedy;
    }
    switch (outcome.kind) {
        case Outcome::Kind::live:
            return "live";
        case Outcome::Kind::holding:
            return "holding its connection: " + words;
        case Outcome::Kind::waiting:
            return "waiting for the ingest" + (words.empty() ? "" : ": " + words) +
                   "; it goes live by itself";
        case Outcome::Kind::standby:
            return words;
        case Outcome::Kind::refused:
            if (!outcome.next_retry_in_s) return words + "; it stays wanted and waits for you";
            return fmt::format("{}; it stays wanted, next try in {}", words,
                               describe_duration(std::chrono::seconds(
                                   static_cast<std::int64_t>(*outcome.next_retry_in_s + 0.999))));
        case Outcome::Kind::connecting:
            return fmt::format("still connecting{}; it stays wanted and keeps trying",
                               words.empty() ? "" : ", after the last try failed: " + words);
        case Outcome::Kind::cancelled:
            return "cancelled: it was disabled or stopped meanwhile";
        case Outcome::Kind::gone:
            return "the relay ended at once; see 'restream logs NAME'";
        case Outcome::Kind::unknown:
            return words;
    }
    return words;
}

}  // namespace restream
