// Who it was: a short list of rules over what all relays saw at one time.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "explain/history.hpp"
#include "explain/trouble.hpp"

namespace restream {

enum class Culprit {
    encoder,      ///< or its network, up to the ingest server
    machine,      ///< this one
    uplink,       ///< between this machine and all remote destinations
    destination,  ///< that one: its platform, or the way that only it uses
    unknown,      ///< the evidence does not suffice
};

/// "encoder"; what scripts see, never renamed.
std::string_view culprit_name(Culprit culprit);

/// One relay at the time of an incident.
struct Witness {
    std::string relay;
    Place place = Place::remote;
    std::optional<Trouble> trouble;  ///< nothing: it was connected, and all was well
    Flow worst;                      ///< then; see worst_between
    Flow usual;
};

/// All that is known about one incident. A value.
struct Evidence {
    /// Incidents of different families are never one.
    enum class Family { machine, ingest, way };
    Family family = Family::way;
    WallTime begin{};
    WallTime end{};
    bool is_ongoing = false;
    std::vector<Witness> affected;  ///< never empty
    std::vector<Witness> steady;    ///< connected, and without trouble
};

struct Verdict {
    std::string_view rule;  ///< what scripts see, never renamed
    Culprit culprit = Culprit::unknown;
    std::string words;   ///< a sentence or two, with figures
    std::string needs;   ///< what would decide it, where the evidence does not suffice
    std::string remedy;  ///< may be empty
};

/// A rule: a verdict where it applies. A pure function.
struct Rule {
    std::string_view name;
    std::optional<Verdict> (*judge)(const Evidence&);
};

/// The destinations whose trouble began at the same time as others' and has a cause of its own: its
/// server answered, or no session could be made while others went on. Each is an incident of its
/// own.
std::set<std::string> independent_failures(const Evidence& evidence);

/// In the order in which they are asked: the first that applies decides.
std::span<const Rule> rules();

/// The verdict of the first rule that applies; the last one always does.
Verdict judge(const Evidence& evidence);

/// This machine kept a relay waiting: its turn came late by as much, and by a fourth at least of
/// what messages or the ingest were delayed, …
constexpr std::uint32_t noticeable_late_ms = 400;
/// … or it could run and had no processor for half of a look of 5 s, …
constexpr std::uint32_t noticeable_wait_ms = 2500;
/// … or another virtual machine had as much of its processors.
constexpr std::uint32_t noticeable_stolen_percent = 30;
/// Below these, a figure says nothing about why a session failed: it stands in every healthy one.
constexpr std::uint32_t noticeable_queue_ms = 400;
constexpr std::uint32_t noticeable_retransmits = 10;
/// A round trip that has become as many times as long, and longer than any way on earth needs.
constexpr std::uint32_t far_growth = 3;
constexpr std::uint32_t far_rtt_ms = 200;

}  // namespace restream
