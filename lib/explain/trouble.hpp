// What went wrong as one relay saw it, before anybody asks why.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "explain/history.hpp"

namespace restream {

struct Trouble {
    enum class Kind {
        // the ingest
        ingest_lost,  ///< after it was live: the publisher or its server left
        ingest_gap,   ///< nothing arrived, and nobody left
        ingest_thin,  ///< fewer messages or frames than usual
        // the way to the destination, and the destination
        slow,         ///< messages waited or were dropped; nothing moved
        closed,       ///< a session that ran was closed or broke
        unreachable,  ///< no session could be made
        refused,      ///< only the user can mend it
        // this machine
        disk,
        configuration,
        late,  ///< the relay had no processor when it had to
        died,
    };
    std::string relay;
    Kind kind = Kind::slow;
    WallTime begin{};
    WallTime end{};  ///< where it goes on: now
    bool is_ongoing = false;
    std::string code;     ///< of the last reason, or empty
    std::string message;  ///< likewise
};

/// Nothing arrived for as long. An encoder sends sound about every 23 ms, and pictures at least
/// every 100 ms; what it stores before it sends is far below this.
constexpr std::uint32_t long_gap_ms = 1000;
/// Messages waited for as long: viewers' players have a second or two.
constexpr std::uint32_t long_queue_ms = 1000;
/// Of the usual number of messages, or of the frame rate, in percent. A bitrate that falls alone is
/// none: a picture that stands still needs few bits.
constexpr std::uint32_t thin_percent = 60;
/// A turn of the relay that came as late harmed whoever watched, whatever else was seen.
constexpr std::uint32_t harmful_late_ms = 1000;
/// Troubles of one kind are one where no more than this lies between them: retries, and sessions
/// that end again within seconds.
constexpr Milliseconds same_trouble = std::chrono::seconds(15);

/// All that went wrong, by begin.
std::vector<Trouble> find_troubles(const RelayHistory& history, WallTime now);

}  // namespace restream
