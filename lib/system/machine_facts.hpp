// How busy this machine is, and how long this process has waited for it.
#pragma once

#include <cstdint>
#include <optional>

namespace restream {

/// Counters since the machine, or this process, began: two of them and their difference tell. What
/// the system does not tell stays 0.
struct MachineCounters {
    std::uint64_t ticks = 0;         ///< of all processors together
    std::uint64_t busy_ticks = 0;    ///< neither idle nor waiting for a disk
    std::uint64_t stolen_ticks = 0;  ///< wanted by us, given to another virtual machine
    /// This process's first thread could run and had no processor.
    std::uint64_t waited_ns = 0;

    bool operator==(const MachineCounters&) const = default;
};

/// Reads two small files of the system: tens of microseconds.
MachineCounters machine_counters();

/// Shares of the time between two looks, in percent, 0 to 100.
struct MachineShares {
    std::uint32_t busy = 0;
    std::uint32_t stolen = 0;
};
MachineShares shares_between(const MachineCounters& before, const MachineCounters& after);

}  // namespace restream
