// What happened to a relay, kept for `restream explain`.
#pragma once

#include <deque>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/media_facts.hpp"
#include "base/secret.hpp"
#include "state/flight_event.hpp"
#include "state/flight_file.hpp"
#include "state/record.hpp"
#include "state/session_end.hpp"
#include "system/machine_facts.hpp"
#include "system/tcp_facts.hpp"
#include "worker/arrivals.hpp"

namespace restream {

/// How a session's two ends fared since it was told last.
struct FlowFacts {
    Arrivals ingest;
    std::optional<TcpFacts> ingest_tcp;
    std::optional<TcpFacts> destination_tcp;
};

/// Turns what a worker tells into events: states and ends of sessions at once; how it flows every
/// 10 s, and every second while something is out of the ordinary (every 5 s where that lasts).
/// Never a payload; texts with every hidden secret masked.
///
/// Nothing but write() touches the disk: the media's thread only adds to a short list in memory.
/// What cannot be written is counted, and the count is written when the disk has room again.
class FlightRecorder {
  public:
    FlightRecorder(std::filesystem::path file, std::uint32_t restarts);

    /// From now on this text is written as `***`.
    void hide(const Secret& secret);
    void entered(State state, const std::optional<SessionEnd>& why);
    void ended(const SessionEnd& end);
    /// About once a second while a session is connected. `figures` count from its begin.
    void measured(const SessionFigures& figures, const std::optional<MediaFacts>& media,
                  const FlowFacts& flow, SteadyTime now);

    /// Writes what waits. `late`: how late this turn comes, which was to come within a second.
    /// **Blocks**: for the disk. On one thread only, not the media's.
    void write(Milliseconds late);

  private:
    void add(decltype(FlightEvent::what) what);
    void add_flow(SteadyTime now);
    void sum(const SessionFigures& figures, const FlowFacts& flow);
    bool is_out_of_the_ordinary() const;
    bool is_due(SteadyTime now, bool is_odd) const;
    void look_at_machine();
    std::string masked_text(const std::string& text) const;

    mutable std::mutex mutex_;
    std::vector<Secret> hidden_;
    std::deque<FlightEvent> waiting_;
    std::uint64_t first_waiting_ = 0;  ///< the number of the first that waits
    std::uint32_t unwritten_ = 0;
    State state_ = State::waiting;

    // What has been summed since the last flow was added.
    Flow flow_;
    std::uint64_t in_bytes_ = 0;
    std::uint64_t out_bytes_ = 0;
    std::optional<SteadyTime> summed_since_;
    std::optional<SteadyTime> odd_since_;
    SessionFigures before_;  ///< of the same session
    TcpFacts ingest_before_;
    TcpFacts destination_before_;
    double usual_kbps_ = 0;  ///< of the ingest, over about the last minute; 0: not known yet
    double usual_fps_ = 0;
    double least_rtt_ms_ = 0;

    // write()'s own, but for machine_ and late_.
    FlightFile file_;
    MachineCounters counters_;
    std::optional<SteadyTime> looked_at_;
    std::string why_unwritten_;
    WallTime failed_at_{};
    MachineShares machine_;
    std::uint32_t late_ms_ = 0;
    std::uint32_t wait_ms_ = 0;
};

}  // namespace restream
