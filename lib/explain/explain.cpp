#include "explain/explain.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "state/relay_name.hpp"

namespace restream {

namespace {

using Family = Evidence::Family;
using Kind = Trouble::Kind;

/// Troubles that begin within this of the first are one incident: a stall is felt by one relay's
/// queue sooner than by another's.
constexpr Milliseconds at_the_same_time = std::chrono::seconds(10);
/// Around an incident, for figures: a second's report comes after what it reports.
constexpr Milliseconds around = std::chrono::seconds(2);
/// Of what lasts longer, its begin tells who it was.
constexpr Milliseconds longest_look = std::chrono::minutes(1);

Family family_of(Kind kind) {
    switch (kind) {
        case Kind::ingest_lost:
        case Kind::ingest_gap:
        case Kind::ingest_thin:
            return Family::ingest;
        case Kind::disk:
        case Kind::configuration:
        case Kind::late:
        case Kind::died:
            return Family::machine;
        case Kind::slow:
        case Kind::closed:
        case Kind::unreachable:
        case Kind::refused:
            break;
    }
    return Family::way;
}

/// What one relay is told in person says nothing about others. Deaths and delays do.
bool is_of_one(Kind kind) { return kind == Kind::refused || kind == Kind::configuration; }

/// Within a family, what may be of one cause.
bool can_be_one(const Trouble& a, const Trouble& b) {
    if (family_of(a.kind) != family_of(b.kind)) return false;
    if (is_of_one(a.kind) || is_of_one(b.kind)) return false;
    if (family_of(a.kind) == Family::machine && a.kind != b.kind) return false;
    return b.begin - a.begin <= at_the_same_time;
}

/// What says more stands for a relay that had several troubles at once: losing the ingest says more
/// than the gap before it, an end more than the queue before it.
bool says_more(const Trouble& a, const Trouble& b) {
    if (a.code.empty() != b.code.empty()) return !a.code.empty();
    return a.kind < b.kind;
}

const RelayHistory& history_of(std::span<const RelayHistory> all, const std::string& name) {
    return *std::ranges::find(all, name, &RelayHistory::name);
}

/// The evidence about a group of troubles that began together.
class Gathering {
  public:
    Gathering(std::span<const RelayHistory> histories, std::span<const Trouble> troubles)
        : histories_(histories), troubles_(troubles) {
        for (const auto& each : histories) usual_.emplace(each.name, usual_of(each));
    }

    Evidence gather(const std::vector<Trouble>& group) const {
        Evidence evidence;
        evidence.family = family_of(group.front().kind);
        evidence.begin = group.front().begin;
        for (const auto& each : group) {
            evidence.end = std::max(evidence.end, each.end);
            evidence.is_ongoing = evidence.is_ongoing || each.is_ongoing;
            take(evidence, each);
        }
        const WallTime end = look_end(evidence);
        for (auto& each : evidence.affected) fill(each, evidence.begin, end);
        for (const auto& history : histories_) {
            if (is_steady(history, evidence, end)) {
                evidence.steady.push_back({history.name, history.place, std::nullopt, {}, {}});
                fill(evidence.steady.back(), evidence.begin, end);
            }
        }
        return evidence;
    }

  private:
    static WallTime look_end(const Evidence& evidence) {
        return std::min(evidence.end, evidence.begin + longest_look);
    }
    void take(Evidence& evidence, const Trouble& trouble) const {
        const auto known = std::ranges::find(evidence.affected, trouble.relay, &Witness::relay);
        if (known == evidence.affected.end()) {
            const Place place = history_of(histories_, trouble.relay).place;
            evidence.affected.push_back({trouble.relay, place, trouble, {}, {}});
        } else if (says_more(trouble, *known->trouble)) {
            known->trouble = trouble;
        }
    }
    void fill(Witness& witness, WallTime begin, WallTime end) const {
        const RelayHistory& history = history_of(histories_, witness.relay);
        witness.worst = worst_between(history, begin - around, end + around);
        witness.usual = usual_.at(witness.relay);
    }
    bool is_steady(const RelayHistory& history, const Evidence& evidence, WallTime end) const {
        if (std::ranges::find(evidence.affected, history.name, &Witness::relay) !=
            evidence.affected.end()) {
            return false;
        }
        if (!was_connected(history, evidence.begin, end)) return false;
        return std::ranges::none_of(troubles_, [&](const Trouble& each) {
            return each.relay == history.name && each.begin <= end + at_the_same_time &&
                   each.end >= evidence.begin - at_the_same_time;
        });
    }

    std::span<const RelayHistory> histories_;
    std::span<const Trouble> troubles_;
    std::map<std::string, Flow> usual_;
};

/// Puts together what began together.
std::vector<std::vector<Trouble>> grouped(const std::vector<Trouble>& troubles) {
    std::vector<std::vector<Trouble>> groups;
    for (const auto& each : troubles) {
        const auto of_it = std::ranges::find_if(
            groups, [&](const auto& group) { return can_be_one(group.front(), each); });
        if (of_it == groups.end()) {
            groups.push_back({each});
        } else {
            of_it->push_back(each);
        }
    }
    return groups;
}

/// Takes out of a group what only began at the same time: a group for each destination that failed
/// by itself, then the rest.
std::vector<std::vector<Trouble>> split_up(const std::vector<Trouble>& group,
                                           const std::set<std::string>& alone) {
    std::map<std::string, std::vector<Trouble>> own;
    std::vector<Trouble> rest;
    for (const auto& each : group) {
        const std::string destination(destination_of(each.relay));
        (alone.contains(destination) ? own[destination] : rest).push_back(each);
    }
    std::vector<std::vector<Trouble>> groups;
    for (auto& [destination, troubles] : own) groups.push_back(std::move(troubles));
    if (!rest.empty()) groups.push_back(std::move(rest));
    return groups;
}

bool overlap(const Evidence& a, const Evidence& b) {
    return a.begin <= b.end + at_the_same_time && b.begin <= a.end + at_the_same_time;
}

/// A machine that was busy is one incident, whatever the relays felt of it.
bool was_told(const std::vector<Incident>& incidents, const Incident& now) {
    if (now.verdict.rule != "machine_busy") return false;
    return std::ranges::any_of(incidents, [&](const Incident& each) {
        return each.verdict.rule == now.verdict.rule && overlap(each.evidence, now.evidence);
    });
}

bool concerns(const Incident& incident, std::span<const std::string> names) {
    return names.empty() ||
           std::ranges::any_of(incident.evidence.affected, [&](const Witness& each) {
               return std::ranges::find(names, destination_of(each.relay)) != names.end();
           });
}

RelaySummary summary_of(const RelayHistory& history, WallTime since, WallTime now) {
    RelaySummary summary;
    summary.name = history.name;
    summary.is_alive = history.is_alive;
    for (const auto& event : history.events) {
        if (event.at < since || event.at > now) continue;
        if (summary.events++ == 0) summary.first = event.at;
    }
    summary.usual = usual_of(history);
    summary.worst = worst_between(history, since, now);
    return summary;
}

}  // namespace

Explanation explain(std::span<const RelayHistory> histories, WallTime since, WallTime now,
                    std::span<const std::string> names) {
    Explanation explanation{since, now, {}, {}};
    std::vector<Trouble> troubles;
    for (const auto& history : histories) {
        explanation.relays.push_back(summary_of(history, since, now));
        for (auto& each : find_troubles(history, now)) {
            if (each.end >= since) troubles.push_back(std::move(each));
        }
    }
    std::ranges::stable_sort(troubles, {}, &Trouble::begin);
    const Gathering gathering(histories, troubles);
    for (const auto& began_together : grouped(troubles)) {
        const auto alone = independent_failures(gathering.gather(began_together));
        for (const auto& group : split_up(began_together, alone)) {
            Incident incident{gathering.gather(group), {}};
            incident.verdict = judge(incident.evidence);
            if (concerns(incident, names) && !was_told(explanation.incidents, incident)) {
                explanation.incidents.push_back(std::move(incident));
            }
        }
    }
    return explanation;
}

}  // namespace restream
