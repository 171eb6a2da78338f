#include "explain/rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "explain/rule_words.hpp"
#include "state/relay_name.hpp"
#include "state/session_end.hpp"

namespace restream {

namespace {

using Family = Evidence::Family;
using Kind = Trouble::Kind;
using std::literals::operator""sv;

bool all_are(const Evidence& evidence, Kind kind) {
    return std::ranges::all_of(evidence.affected,
                               [&](const Witness& each) { return each.trouble->kind == kind; });
}

bool any_is(const Evidence& evidence, Kind kind) {
    return std::ranges::any_of(evidence.affected,
                               [&](const Witness& each) { return each.trouble->kind == kind; });
}

bool all_have_code(const Evidence& evidence, std::initializer_list<std::string_view> codes) {
    return std::ranges::all_of(evidence.affected, [&](const Witness& each) {
        return std::ranges::find(codes, each.trouble->code) != codes.end();
    });
}

bool all_lie(const std::vector<Witness>& witnesses, Place place) {
    return std::ranges::all_of(witnesses, [&](const Witness& each) { return each.place == place; });
}

/// A destination and its backup are one platform's.
std::size_t count_destinations(const Evidence& evidence) {
    std::set<std::string_view> names;
    for (const auto& each : evidence.affected) names.insert(destination_of(each.relay));
    return names.size();
}

/// The server, or who speaks for it, has answered: so the way to it works.
bool has_answered(const Witness& each) {
    constexpr std::array answers = {
        "not_rtmp"sv,      "connection_refused"sv, "tls_wrong_host"sv,     "tls_expired"sv,
        "tls_untrusted"sv, "app_refused"sv,        "passphrase_refused"sv, "srt_refused"sv,
        "login_needed"sv,  "login_refused"sv,      "redirect_refused"sv};
    return std::ranges::find(answers, each.trouble->code) != answers.end();
}

/// Those that were steady and use the same way as those that were not: a destination on this
/// machine says nothing about the uplink.
std::size_t count_comparable(const Evidence& evidence) {
    const bool is_local = all_lie(evidence.affected, Place::this_machine);
    return static_cast<std::size_t>(
        std::ranges::count_if(evidence.steady, [&](const Witness& each) {
            return each.place == Place::remote || (is_local && each.place == Place::this_machine);
        }));
}

/// The ingest came as it does, as far as those that were connected tell.
bool is_ingest_steady(const Evidence& evidence) {
    const auto is_well = [](const Witness& each) {
        const bool has_gap = each.worst.gap_ms >= long_gap_ms;
        const bool is_thin =
            each.worst.span_ms > 0 && std::uint64_t(each.worst.in_messages) * 100 <
                                          std::uint64_t(each.usual.in_messages) * thin_percent / 2;
        return !has_gap && !is_thin;
    };
    return std::ranges::all_of(evidence.affected, is_well) &&
           std::ranges::all_of(evidence.steady, is_well);
}

bool was_kept_waiting(const Witness& each, std::uint32_t harm_ms) {
    const Flow& worst = each.worst;
    const bool is_late = worst.late_ms >= noticeable_late_ms && worst.late_ms >= harm_ms / 4;
    return is_late || worst.wait_ms >= noticeable_wait_ms ||
           worst.stolen_percent >= noticeable_stolen_percent;
}

/// The relay that waited longest for this machine; null where none did.
const Witness* most_delayed(const Evidence& evidence) {
    std::uint32_t harm_ms = 0;
    for (const auto& each : evidence.affected) {
        harm_ms = std::max({harm_ms, each.worst.queue_ms, each.worst.gap_ms});
    }
    const Witness* most = nullptr;
    for (const auto* witnesses : {&evidence.affected, &evidence.steady}) {
        for (const auto& each : *witnesses) {
            if (!was_kept_waiting(each, harm_ms)) continue;
            const auto score = [](const Witness& one) {
                return std::uint64_t(one.worst.late_ms) + one.worst.wait_ms;
            };
            if (most == nullptr || score(each) > score(*most)) most = &each;
        }
    }
    return most;
}

std::optional<Verdict> worker_died(const Evidence& evidence) {
    if (!any_is(evidence, Kind::died)) return std::nullopt;
    return Verdict{{}, Culprit::machine, words_of_death(evidence), {}, remedy_of_death(evidence)};
}

std::optional<Verdict> disk_failed(const Evidence& evidence) {
    if (!any_is(evidence, Kind::disk)) return std::nullopt;
    return Verdict{{},
                   Culprit::machine,
                   words_of_disk(evidence),
                   {},
                   "free space, and check the folder's permissions; 'restream doctor' tells more"};
}

std::optional<Verdict> configuration_invalid(const Evidence& evidence) {
    if (!any_is(evidence, Kind::configuration)) return std::nullopt;
    return Verdict{{}, Culprit::machine, words_of_reason(evidence), {}, remedy_of_reason(evidence)};
}

std::optional<Verdict> ingest_server_down(const Evidence& evidence) {
    if (evidence.family != Family::ingest || !all_are(evidence, Kind::ingest_lost))
        return std::nullopt;
    if (!all_have_code(evidence, {"ingest_down", "ingest_refused"})) return std::nullopt;
    return Verdict{{}, Culprit::machine, words_of_reason(evidence), {}, remedy_of_reason(evidence)};
}

/// Behind it, what relays saw says little about others.
std::optional<Verdict> machine_busy(const Evidence& evidence) {
    if (any_is(evidence, Kind::refused) || any_is(evidence, Kind::unreachable)) return std::nullopt;
    if (all_are(evidence, Kind::ingest_lost)) return std::nullopt;
    const Witness* delayed = most_delayed(evidence);
    if (delayed == nullptr) return std::nullopt;
    return Verdict{{},
                   Culprit::machine,
                   words_of_delay(evidence, *delayed),
                   {},
                   "see what else runs on it ('top'); an encoder on the same machine may need a "
                   "lighter preset"};
}

std::optional<Verdict> file_slow(const Evidence& evidence) {
    if (evidence.family != Family::way || !all_lie(evidence.affected, Place::file)) {
        return std::nullopt;
    }
    return Verdict{{},
                   Culprit::machine,
                   words_of_slow_disk(evidence),
                   {},
                   "write to a faster disk, or one that nothing else uses"};
}

/// What only some relays missed, the encoder has sent.
std::optional<Verdict> ingest_missed_by_some(const Evidence& evidence) {
    if (evidence.family != Family::ingest || evidence.steady.empty()) return std::nullopt;
    return Verdict{
        {},
        Culprit::unknown,
        words_of_missed(evidence),
        "the ingest server's own log, at this time: the encoder sent, and it lies "
        "between that server and the relay",
        fmt::format("see 'restream logs {}'", destination_of(evidence.affected.front().relay))};
}

std::optional<Verdict> publisher_left(const Evidence& evidence) {
    if (evidence.family != Family::ingest || !any_is(evidence, Kind::ingest_lost))
        return std::nullopt;
    return Verdict{{},
                   Culprit::encoder,
                   words_of_leaving(evidence),
                   {},
                   "if you did not stop it yourself, see its log and its network; start "
                   "publishing again"};
}

std::optional<Verdict> encoder_gap(const Evidence& evidence) {
    if (evidence.family != Family::ingest || !any_is(evidence, Kind::ingest_gap))
        return std::nullopt;
    return Verdict{{},
                   Culprit::encoder,
                   words_of_gap(evidence),
                   {},
                   "see its own statistics (OBS: View, Stats: dropped frames are its network, "
                   "missed and skipped frames its machine)"};
}

std::optional<Verdict> encoder_thin(const Evidence& evidence) {
    if (evidence.family != Family::ingest) return std::nullopt;
    return Verdict{{},
                   Culprit::encoder,
                   words_of_thin(evidence),
                   {},
                   "see its own statistics (OBS: View, Stats: missed and skipped frames are its "
                   "machine, dropped frames its network)"};
}

std::optional<Verdict> key_refused(const Evidence& evidence) {
    if (!all_are(evidence, Kind::refused)) return std::nullopt;
    return Verdict{
        {}, Culprit::destination, words_of_reason(evidence), {}, remedy_of_reason(evidence)};
}

std::optional<Verdict> uplink_and_ingest(const Evidence& evidence) {
    if (count_destinations(evidence) < 2 || count_comparable(evidence) > 0) return std::nullopt;
    if (is_ingest_steady(evidence)) return std::nullopt;
    return Verdict{{},
                   Culprit::unknown,
                   words_of_both(evidence),
                   "to know whether the encoder reaches this machine over the same line: then it "
                   "is that line",
                   "look at the router and the line; 'restream explain' once more when the ingest "
                   "is steady"};
}

std::optional<Verdict> uplink(const Evidence& evidence) {
    if (count_destinations(evidence) < 2 || count_comparable(evidence) > 0) return std::nullopt;
    if (!all_lie(evidence.affected, Place::remote)) return std::nullopt;
    return Verdict{{}, Culprit::uplink, words_of_uplink(evidence), {}, remedy_of_uplink(evidence)};
}

/// A server that answers in person, or closes one session of many, speaks for itself.
std::optional<Verdict> destination_alone(const Evidence& evidence) {
    if (count_destinations(evidence) != 1) return std::nullopt;
    const Witness& one = evidence.affected.front();
    const bool is_local = one.place == Place::this_machine;
    const bool have_answered = std::ranges::all_of(evidence.affected, [](const Witness& each) {
        return has_answered(each) || each.trouble->code == "closed";
    });
    if (count_comparable(evidence) == 0 && !is_local && !have_answered) return std::nullopt;
    return Verdict{{},
                   Culprit::destination,
                   words_of_destination(evidence),
                   {},
                   remedy_of_destination(evidence)};
}

std::optional<Verdict> destinations_some(const Evidence& evidence) {
    if (count_destinations(evidence) < 2) return std::nullopt;
    return Verdict{{},
                   Culprit::unknown,
                   words_of_some(evidence),
                   "the same again: where it is always the same ones, it is their platforms; where "
                   "it changes, the uplink is at its limit",
                   remedy_of_uplink(evidence)};
}

std::optional<Verdict> only_destination(const Evidence& evidence) {
    return Verdict{{},
                   Culprit::unknown,
                   words_of_only(evidence),
                   "a second remote destination to compare with: were it steady at the same time, "
                   "it would be this platform; else the uplink",
                   remedy_of_destination(evidence)};
}

constexpr std::array table = {
    Rule{"worker_died", worker_died},
    Rule{"disk_failed", disk_failed},
    Rule{"configuration_invalid", configuration_invalid},
    Rule{"ingest_server_down", ingest_server_down},
    Rule{"machine_busy", machine_busy},
    Rule{"file_slow", file_slow},
    Rule{"ingest_missed_by_some", ingest_missed_by_some},
    Rule{"publisher_left", publisher_left},
    Rule{"encoder_gap", encoder_gap},
    Rule{"encoder_thin", encoder_thin},
    Rule{"key_refused", key_refused},
    Rule{"uplink_and_ingest", uplink_and_ingest},
    Rule{"uplink", uplink},
    Rule{"destination_alone", destination_alone},
    Rule{"destinations_some", destinations_some},
    Rule{"only_destination", only_destination},
};

}  // namespace

std::string_view culprit_name(Culprit culprit) {
    switch (culprit) {
        case Culprit::encoder:
            return "encoder";
        case Culprit::machine:
            return "machine";
        case Culprit::uplink:
            return "uplink";
        case Culprit::destination:
            return "destination";
        case Culprit::unknown:
            break;
    }
    return "unknown";
}

std::span<const Rule> rules() { return table; }

std::set<std::string> independent_failures(const Evidence& evidence) {
    std::set<std::string> alone;
    if (evidence.family != Family::way || count_destinations(evidence) < 2) return alone;
    const auto is_of_same_way = [](const Witness& one, const Witness& other) {
        return other.place == Place::remote || other.place == one.place;
    };
    for (const auto& each : evidence.affected) {
        const bool is_settled_by_others =
            std::ranges::any_of(evidence.steady, [&](const Witness& other) {
                return other.place != Place::file && is_of_same_way(each, other);
            });
        // A line that is full slows sessions down and breaks them. It does not answer for a
        // server, nor keep one name from being found while another session runs.
        const Kind kind = each.trouble->kind;
        const bool has_own_cause =
            kind == Kind::unreachable || kind == Kind::refused || each.trouble->code == "closed";
        if (has_own_cause && (is_settled_by_others || has_answered(each))) {
            alone.emplace(destination_of(each.relay));
        }
    }
    return alone;
}

Verdict judge(const Evidence& evidence) {
    for (const Rule& rule : table) {
        if (auto verdict = rule.judge(evidence)) {
            verdict->rule = rule.name;
            return *verdict;
        }
    }
    return {};
}

}  // namespace restream
