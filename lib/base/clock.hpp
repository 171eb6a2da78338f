// Time: a steady clock for waiting, a wall clock for people, deadlines, durations as users write
// them.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace restream {

using SteadyClock = std::chrono::steady_clock;
using SteadyTime = SteadyClock::time_point;
using WallTime = std::chrono::system_clock::time_point;
using Milliseconds = std::chrono::milliseconds;

/// The moment at which waiting ends.
class Deadline {
  public:
    explicit Deadline(SteadyTime at) : at_(at) {}
    static Deadline after(SteadyClock::duration span) {
        return Deadline(SteadyClock::now() + span);
    }
    static Deadline never() { return Deadline(SteadyTime::max()); }

    SteadyTime at() const { return at_; }
    bool has_passed() const { return SteadyClock::now() >= at_; }
    /// What is left, at least zero, at most a day.
    Milliseconds left() const;

  private:
    SteadyTime at_;
};

/// Asks `is_true` again and again until it is, or the deadline has passed; returns its last answer.
/// **Blocks**: until then. For a state that another process changes and no handle announces.
bool wait_until(const Deadline& deadline, const std::function<bool()>& is_true,
                Milliseconds between = Milliseconds(5));

/// `2026-01-31T20:14:03.120Z`.
std::string to_iso8601(WallTime time);
/// Reads what to_iso8601 writes, with or without the fraction, of the years 1678 to 2261.
std::optional<WallTime> from_iso8601(std::string_view text);

/// `500ms`, `30s`, `1.5s`, `2m`, `8h`; nothing for anything else, negative, or over 10,000 hours.
std::optional<Milliseconds> parse_duration(std::string_view text);
/// The shortest exact form that parse_duration reads: `1500ms`, `30s`, `2m`.
std::string format_duration(Milliseconds span);
/// For people: `14 s`, `3 min`, `2 h 05 min`, `4 d 3 h`.
std::string describe_duration(std::chrono::seconds span);

}  // namespace restream
