#include "doctor/turned_away.hpp"

#include <algorithm>
#include <chrono>

#include "doctor/found.hpp"
#include "ingest/refusal_words.hpp"

namespace restream {

namespace {

/// What is older is in the log.
constexpr auto told_for = std::chrono::hours(1);
constexpr auto lately = std::chrono::minutes(10);
constexpr std::size_t most_told = 4;

std::chrono::seconds since(WallTime when, WallTime now) {
    return std::max(std::chrono::duration_cast<std::chrono::seconds>(now - when),
                    std::chrono::seconds(0));
}

std::string who(const std::string& address, const std::string& software) {
    return software.empty() ? address : address + " (" + software + ")";
}

Diagnosis describe(const IngestRefusal& each, WallTime now) {
    return found(Severity::ok, "refused_lately", who(each.address, each.software),
                 since(each.when, now), each.times,
                 Term{std::string(code_of_refusal(each.problem)), each.problem});
}

Diagnosis describe(const CutOff& each, WallTime now) {
    const bool matters = each.role == CutOff::Role::publisher ||
                         each.role == CutOff::Role::client || each.code == "tls";
    const auto severity = matters && now - each.when <= lately ? Severity::warning : Severity::ok;
    return found(severity, "cut_off_lately", who(each.address, each.software),
                 since(each.when, now), each.times, Term{each.code, describe_cut_off(each)});
}

template <typename Each>
void add_latest(const std::vector<Each>& list, WallTime now, std::vector<Diagnosis>& result) {
    std::size_t told = 0;
    for (const Each& each : list) {
        if (now - each.when > told_for || told++ == most_told) break;
        result.push_back(describe(each, now));
    }
}

}  // namespace

std::vector<Diagnosis> check_turned_away(const PublicationsRecord& record, WallTime now) {
    std::vector<Diagnosis> result;
    add_latest(record.refusals, now, result);
    add_latest(record.cut_offs, now, result);
    return result;
}

}  // namespace restream
