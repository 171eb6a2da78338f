// The file of a relay's flight recorder: bounded, appended to, read by whoever explains.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <vector>

#include "state/flight_event.hpp"

namespace restream {

/// Two halves: NAME.events, which is appended to, and NAME.events.1, the one before it. When the
/// first is full it replaces the second, so the last events are always there and the file never
/// grows beyond both. One writer at a time; a reader sees whole lines but for the last one, which
/// may be torn, now or for ever after a crash.
class FlightFile {
  public:
    /// **Source**: measured, a line of flow has about 240 bytes: a half holds 90 minutes of one
    /// each 10 s.
    static constexpr std::uint64_t half_bytes = std::uint64_t(128) * 1024;

    explicit FlightFile(std::filesystem::path path) : path_(std::move(path)) {}

    /// Appends whole lines, behind a line end where the file does not end with one. Returns what
    /// failed; a part may have been written.
    [[nodiscard]] std::error_code append(std::string_view lines);

  private:
    std::filesystem::path path_;
    bool is_torn_ = true;  ///< the last line may have no end
};

/// All that can be read of both halves, by time. Lines that are no events are left out, and so is
/// what lies further back than the two halves may hold.
std::vector<FlightEvent> read_flight(const std::filesystem::path& path);

}  // namespace restream
