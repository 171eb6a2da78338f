#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <vector>

#include "system/fd.hpp"
#include "system/machine_facts.hpp"

namespace restream {

namespace {

/// The numbers at the begin of a file, behind one word where there is one; only what its first
/// few hundred bytes hold.
std::vector<std::uint64_t> numbers_of(const char* path, std::string_view word) {
    const Fd file(::open(path, O_RDONLY | O_CLOEXEC));
    std::array<char, 512> bytes{};
    const ssize_t size =
        file.is_open() ? ::read(static_cast<int>(file.native()), bytes.data(), bytes.size()) : 0;
    std::string_view text(bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    std::vector<std::uint64_t> numbers;
    if (!text.starts_with(word)) return numbers;
    text.remove_prefix(word.size());
    text = text.substr(0, text.find('\n'));
    while (!text.empty()) {
        text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
        std::uint64_t number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc()) break;
        numbers.push_back(number);
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    }
    return numbers;
}

}  // namespace

MachineCounters machine_counters() {
    MachineCounters counters;
    // user nice system idle iowait irq softirq steal; what comes behind is part of user already.
    const auto ticks = numbers_of("/proc/stat", "cpu ");
    for (std::size_t i = 0; i < std::min<std::size_t>(ticks.size(), 8); ++i) {
        counters.ticks += ticks[i];
        if (i != 3 && i != 4) counters.busy_ticks += ticks[i];
    }
    if (ticks.size() > 7) counters.stolen_ticks = ticks[7];
    const auto own = numbers_of("/proc/self/schedstat", "");
    if (own.size() > 1) counters.waited_ns = own[1];
    return counters;
}

MachineShares shares_between(const MachineCounters& before, const MachineCounters& after) {
    if (after.ticks <= before.ticks) return {};
    const std::uint64_t all = after.ticks - before.ticks;
    const auto share = [all](std::uint64_t from, std::uint64_t to) {
        return to <= from ? 0
                          : static_cast<std::uint32_t>(
                                std::min((to - from) * 100 / all, std::uint64_t(100)));
    };
    return {share(before.busy_ticks, after.busy_ticks),
            share(before.stolen_ticks, after.stolen_ticks)};
}

}  // namespace restream
