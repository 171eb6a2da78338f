#include "state/absence.hpp"

#include <filesystem>

namespace restream {

namespace fs = std::filesystem;

namespace {

/// A relay writes its record once a second: an older one is from before the wish.
bool is_from_before_wish(const Layout& layout, std::string_view relay) {
    std::error_code error;
    const auto written = fs::last_write_time(layout.relay_record(relay), error);
    if (error) return true;
    const auto wished = fs::last_write_time(layout.wanted(relay), error);
    return !error && written < wished;
}

}  // namespace

Absence absence_of(const Registry& registry, std::string_view relay) {
    if (!registry.is_wanted(relay)) return Absence::off;
    if (registry.is_down(relay)) return Absence::stopped;
    const auto last = registry.last_record(relay);
    const bool was_started = last && last->guardian.boot_id == this_process().boot_id &&
                             !is_from_before_wish(registry.layout(), relay);
    return was_started ? Absence::dead : Absence::not_started;
}

}  // namespace restream
