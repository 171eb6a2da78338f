#include "worker/flight_recorder.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "system/log.hpp"
#include "system/process.hpp"

namespace restream {

namespace {

constexpr Milliseconds usual_interval = std::chrono::seconds(10);
constexpr Milliseconds odd_interval = std::chrono::seconds(1);
/// What lasts for longer is told less often, or a bad hour would not fit into the file.
constexpr Milliseconds longest_odd = std::chrono::seconds(15);
constexpr Milliseconds lasting_interval = std::chrono::seconds(5);
constexpr Milliseconds machine_interval = std::chrono::seconds(5);

/// Events that wait for the disk. Minutes of the worst second by second.
constexpr std::size_t most_waiting = 300;
constexpr std::size_t longest_text_bytes = 300;

// What is out of the ordinary: it only decides how often is written, never what it means.
constexpr std::uint32_t odd_gap_ms = 700;
constexpr std::uint32_t odd_queue_ms = 400;
constexpr std::uint32_t odd_retransmits = 5;
constexpr std::uint32_t odd_late_ms = 200;
constexpr std::uint32_t odd_wait_ms = 500;
constexpr double odd_share = 0.6;  ///< of the usual bitrate or frame rate
constexpr double odd_rtt_growth = 3;
constexpr std::uint32_t odd_rtt_ms = 150;

std::uint32_t bounded(double value) {
    if (!(value > 0)) return 0;
    constexpr double most = std::numeric_limits<std::uint32_t>::max();
    return static_cast<std::uint32_t>(std::lround(std::min(value, most)));
}
std::uint32_t bounded(Milliseconds span) { return bounded(static_cast<double>(span.count())); }

std::uint32_t kbps(std::uint64_t bytes, Milliseconds span) {
    if (span.count() <= 0) return 0;
    return bounded(static_cast<double>(bytes) * 8 / static_cast<double>(span.count()));
}

/// Counted over a connection's life: less than before is another connection.
std::uint32_t grown(std::uint32_t before, std::uint32_t now) {
    return now >= before ? now - before : now;
}

/// Follows slowly, from the first value on.
void follow(double& usual, double value) {
    if (value <= 0) return;
    usual = usual > 0 ? usual + (value - usual) / 60 : value;
}

}  // namespace

FlightRecorder::FlightRecorder(std::filesystem::path file, std::uint32_t restarts)
    : file_(std::move(file)), counters_(machine_counters()) {
    add(Began{restarts, this_process().boot_id});
}

void FlightRecorder::hide(const Secret& secret) {
    const std::lock_guard lock(mutex_);
    if (std::ranges::find(hidden_, secret) == hidden_.end()) hidden_.push_back(secret);
}

std::string FlightRecorder::masked_text(const std::string& text) const {
    std::string out = text;
    for (const Secret& each : hidden_) out = masked(out, each);
    if (out.size() > longest_text_bytes) out.resize(longest_text_bytes);
    return out;
}

void FlightRecorder::entered(State state, const std::optional<SessionEnd>& why) {
    const std::lock_guard lock(mutex_);
    state_ = state;
    Entered event{state, {}, {}};
    if (why) {
        event.code = end_code_name(why->code);
        event.message = masked_text(describe(*why));
    }
    add(std::move(event));
}

void FlightRecorder::ended(const SessionEnd& end) {
    const std::lock_guard lock(mutex_);
    if (summed_since_ && flow_.span_ms > 0) add_flow(*summed_since_ + Milliseconds(flow_.span_ms));
    // What comes between two sessions is neither's: it would look like an ingest that sends less.
    summed_since_.reset();
    odd_since_.reset();
    before_ = {};
    add(SessionEnded{std::string(end_code_name(end.code)), masked_text(describe(end))});
}

/// The mutex is held, or nobody else has it yet.
void FlightRecorder::add(decltype(FlightEvent::what) what) {
    if (waiting_.size() >= most_waiting) {
        waiting_.pop_front();
        ++first_waiting_;
        ++unwritten_;
    }
    waiting_.push_back({std::chrono::system_clock::now(), std::move(what)});
}

void FlightRecorder::measured(const SessionFigures& figures, const std::optional<MediaFacts>& media,
                              const FlowFacts& flow, SteadyTime now) {
    const std::lock_guard lock(mutex_);
    if (!summed_since_) {
        const bool is_known = flow.ingest.span > Milliseconds(0);
        summed_since_ = now - (is_known ? flow.ingest.span : odd_interval);
    }
    sum(figures, flow);
    flow_.span_ms = bounded(std::chrono::duration_cast<Milliseconds>(now - *summed_since_));
    if (media && media->video) flow_.fps = bounded(media->video->fps.value_or(0));
    const std::uint32_t in_kbps = kbps(flow.ingest.bytes, flow.ingest.span);
    const bool is_thin = state_ == State::live &&
                         (in_kbps < usual_kbps_ * odd_share || flow_.fps < usual_fps_ * odd_share);
    follow(usual_kbps_, in_kbps);
    follow(usual_fps_, flow_.fps);
    const bool is_odd = is_thin || is_out_of_the_ordinary();
    if (is_odd && !odd_since_) odd_since_ = now;
    if (is_due(now, is_odd)) add_flow(now);
    if (!is_odd) odd_since_.reset();
}

void FlightRecorder::sum(const SessionFigures& figures, const FlowFacts& flow) {
    // Another session counts from its own begin.
    if (figures.bytes_sent < before_.bytes_sent || figures.started != before_.started) before_ = {};
    in_bytes_ += flow.ingest.bytes;
    out_bytes_ += figures.bytes_sent - before_.bytes_sent;
    flow_.in_messages += flow.ingest.messages;
    flow_.gap_ms = std::max(flow_.gap_ms, bounded(flow.ingest.longest_gap));
    flow_.queue_ms = std::max(flow_.queue_ms, figures.queue_ms);
    if (figures.dropped_messages > before_.dropped_messages) {
        flow_.drops +=
            bounded(static_cast<double>(figures.dropped_messages - before_.dropped_messages));
    }
    before_ = figures;
    if (const auto& tcp = flow.ingest_tcp) {
        flow_.in_rtt_ms = std::max(flow_.in_rtt_ms, bounded(tcp->rtt_ms));
        flow_.in_retransmits += grown(ingest_before_.retransmits, tcp->retransmits);
        ingest_before_ = *tcp;
    }
    if (const auto& tcp = flow.destination_tcp) {
        flow_.rtt_ms = std::max(flow_.rtt_ms, bounded(tcp->rtt_ms));
        if (tcp->rtt_ms > 0) {
            least_rtt_ms_ = least_rtt_ms_ > 0 ? std::min(least_rtt_ms_, tcp->rtt_ms) : tcp->rtt_ms;
        }
        flow_.retransmits += grown(destination_before_.retransmits, tcp->retransmits);
        flow_.unsent_bytes = std::max(flow_.unsent_bytes, tcp->unsent_bytes);
        flow_.delivery_kbps = tcp->delivery_kbps;
        destination_before_ = *tcp;
    }
}

bool FlightRecorder::is_out_of_the_ordinary() const {
    // While it holds, nothing arrives: the state has said so.
    const bool has_gap = flow_.gap_ms >= odd_gap_ms && state_ != State::holding;
    const bool is_far =
        flow_.rtt_ms >= odd_rtt_ms && flow_.rtt_ms >= least_rtt_ms_ * odd_rtt_growth;
    return has_gap || is_far || flow_.queue_ms >= odd_queue_ms || flow_.drops > 0 ||
           flow_.retransmits >= odd_retransmits || late_ms_ >= odd_late_ms ||
           wait_ms_ >= odd_wait_ms;
}

/// What is odd is told at once, and so is its end.
bool FlightRecorder::is_due(SteadyTime now, bool is_odd) const {
    const auto since = now - *summed_since_;
    if (since >= usual_interval) return true;
    if (!odd_since_) return false;
    const bool lasts = is_odd && now - *odd_since_ > longest_odd;
    // The turns come a little before or after their second.
    return since + Milliseconds(100) >= (lasts ? lasting_interval : odd_interval);
}

void FlightRecorder::add_flow(SteadyTime now) {
    const Milliseconds span(flow_.span_ms);
    flow_.in_kbps = kbps(in_bytes_, span);
    flow_.out_kbps = kbps(out_bytes_, span);
    flow_.late_ms = std::exchange(late_ms_, 0);
    flow_.wait_ms = std::exchange(wait_ms_, 0);
    flow_.busy_percent = machine_.busy;
    flow_.stolen_percent = machine_.stolen;
    add(std::exchange(flow_, {}));
    in_bytes_ = out_bytes_ = 0;
    summed_since_ = now;
}

void FlightRecorder::look_at_machine() {
    const auto now = SteadyClock::now();
    if (looked_at_ && now - *looked_at_ < machine_interval) return;
    const MachineCounters counters = machine_counters();
    if (looked_at_) {
        const std::lock_guard lock(mutex_);
        machine_ = shares_between(counters_, counters);
        if (counters.waited_ns > counters_.waited_ns) {
            wait_ms_ +=
                bounded(static_cast<double>(counters.waited_ns - counters_.waited_ns) / 1e6);
        }
    }
    counters_ = counters;
    looked_at_ = now;
}

void FlightRecorder::write(Milliseconds late) {
    look_at_machine();
    std::deque<FlightEvent> events;
    std::uint64_t first = 0;
    std::uint32_t unwritten = 0;
    {
        const std::lock_guard lock(mutex_);
        late_ms_ = std::max(late_ms_, bounded(late));
        events = waiting_;
        first = first_waiting_;
        unwritten = unwritten_;
    }
    if (events.empty()) return;
    std::string lines;
    if (unwritten > 0) lines = to_json_line({failed_at_, Unwritten{unwritten, why_unwritten_}});
    for (const auto& each : events) lines += to_json_line(each);
    const std::error_code error = file_.append(lines);
    const std::lock_guard lock(mutex_);
    if (error) {
        if (unwritten_ == 0) failed_at_ = events.front().at;
        why_unwritten_ = error.message();
        unwritten_ = std::max(unwritten_, 1U);  // that there was no room is told in any case
        return;
    }
    unwritten_ -= unwritten;
    const std::uint64_t end = first + events.size();  // what came meanwhile stays
    while (!waiting_.empty() && first_waiting_ < end) {
        waiting_.pop_front();
        ++first_waiting_;
    }
}

}  // namespace restream
