// Whose turn it is, where a backup server is used only while the primary one fails.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/clock.hpp"
#include "state/record.hpp"
#include "state/registry.hpp"

namespace restream {

enum class Turn { stand_by, carry };

/// What the backup's relay sees of the primary's. A value.
struct PrimaryView {
    /// Nothing where it does not live, or does not say what it does.
    std::optional<State> state;
    bool confirmed = false;
    bool is_stuck = false;  ///< it is live, and its server takes nothing more
    Milliseconds lasts{0};  ///< for how long it has been seen in this state, stuck or not
};

/// A connection to the primary that takes longer has not failed yet, but viewers wait.
constexpr Milliseconds longest_connecting = std::chrono::seconds(2);
/// A relay that is being started or that has crashed is back within this.
constexpr Milliseconds longest_silence = std::chrono::seconds(1);
/// A server that takes nothing for longer may be gone: its session ends only by the write deadline.
constexpr Milliseconds longest_stall = std::chrono::seconds(3);
/// Flow for this long ends a backup's turn; as long as a session takes to be confirmed.
constexpr Milliseconds proof_of_flow = std::chrono::seconds(10);

/// The backup carries from the primary's failure on, until the primary is confirmed again: never
/// for nothing else, so that one that comes and goes costs the viewers nothing. Where nobody knows
/// whether the primary carries, the backup does.
Turn next_turn(Turn turn, const PrimaryView& primary);

/// Makes views of one record after another. A value: the clocks are passed in.
class PrimarySight {
  public:
    /// `record`: nothing where the primary's relay does not live. `now` never goes back.
    PrimaryView look(const std::optional<Record>& record, WallTime wall, SteadyTime now);

  private:
    void follow_bytes(const Record& record, SteadyTime now);

    PrimaryView seen_;
    std::optional<SteadyTime> seen_since_;
    std::uint64_t bytes_sent_ = 0;
    SteadyTime moved_at_{};  ///< when that was last another
};

/// Looks at the primary's record four times a second, on a thread of its own: a slow disk does not
/// hold up the media.
class PrimaryWatch {
  public:
    /// `wake` is called, on that thread, when the turn has changed. Begins by standing by. All
    /// references must outlive it.
    PrimaryWatch(const Registry& registry, std::string primary, std::function<void()> wake);
    ~PrimaryWatch();
    PrimaryWatch(const PrimaryWatch&) = delete;
    PrimaryWatch& operator=(const PrimaryWatch&) = delete;

    Turn turn() const;

  private:
    void run();

    const Registry& registry_;
    const std::string primary_;
    const std::function<void()> wake_;
    PrimarySight sight_;  ///< the thread's own
    mutable std::mutex mutex_;
    std::condition_variable ending_;
    bool is_ending_ = false;
    Turn turn_ = Turn::stand_by;
    std::thread thread_;
};

}  // namespace restream
