#include "base/local_time.hpp"

#include <fmt/chrono.h>

#include <ctime>

namespace restream {

ShownTime shown_time(WallTime at, Zone zone) {
    const std::time_t seconds =
        std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(at));
    const std::tm parts = zone == Zone::utc ? fmt::gmtime(seconds) : fmt::localtime(seconds);
    char name[32];
    const std::size_t length = std::strftime(name, sizeof name, "%Z", &parts);
    return {fmt::format("{:%Y-%m-%d}", parts), fmt::format("{:%H:%M:%S}", parts),
            zone == Zone::utc ? "UTC" : std::string(name, length)};
}

}  // namespace restream
