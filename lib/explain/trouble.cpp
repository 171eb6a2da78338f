#include "explain/trouble.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "state/session_end.hpp"

namespace restream {

namespace {

using Kind = Trouble::Kind;

/// A relay says that the ingest is silent once nothing has come for so long.
constexpr Milliseconds noticed_silence(1500);

/// What the end of a session, or the reason of a state, is to us; nothing where nothing is wrong.
std::optional<Kind> kind_of(std::string_view name) {
    const auto code = parse_end_code(name);
    if (!code) return std::nullopt;
    switch (*code) {
        case EndCode::stopped:
        case EndCode::tracks_changed:
        case EndCode::standby:
        case EndCode::no_record:
        case EndCode::session_held:  // ours: what the end before it left behind
            return std::nullopt;
        case EndCode::ingest_gone:
        case EndCode::ingest_down:
        case EndCode::ingest_refused:
        case EndCode::no_publisher:
        case EndCode::waiting_for_keyframe:
        case EndCode::waiting_for_picture:
        case EndCode::waiting_for_sound:
            return Kind::ingest_lost;
        case EndCode::ingest_silent:
            return Kind::ingest_gap;
        case EndCode::app_refused:
        case EndCode::publish_refused:
        case EndCode::already_published:
        case EndCode::login_needed:
        case EndCode::login_refused:
        case EndCode::redirect_refused:
        case EndCode::closed_early:
        case EndCode::passphrase_refused:
        case EndCode::srt_refused:
        case EndCode::not_supported:
            return Kind::refused;
        case EndCode::closed:
        case EndCode::reset:
        case EndCode::failed:
            return Kind::closed;
        case EndCode::stalled:
        case EndCode::too_slow:
            return Kind::slow;
        case EndCode::disk_full:
        case EndCode::file_failed:
            return Kind::disk;
        case EndCode::config_invalid:
        case EndCode::key_unavailable:
        case EndCode::passphrase_unavailable:
            return Kind::configuration;
        case EndCode::worker_crashed:
            return Kind::died;
        case EndCode::name_not_found:
        case EndCode::connection_refused:
        case EndCode::unreachable:
        case EndCode::connect_timed_out:
        case EndCode::tls_wrong_host:
        case EndCode::tls_expired:
        case EndCode::tls_untrusted:
        case EndCode::tls_failed:
        case EndCode::handshake_timed_out:
        case EndCode::not_rtmp:
            return Kind::unreachable;
    }
    return std::nullopt;
}

/// Walks through a relay's events.
class Search {
  public:
    Search(const RelayHistory& history, WallTime now)
        : history_(history), usual_(usual_of(history)), now_(now) {}

    std::vector<Trouble> run() {
        for (const auto& event : history_.events) {
            if (event.at > now_ + same_trouble) continue;  // a clock that was wrong for a while
            std::visit([&](const auto& what) { see(event.at, what); }, event.what);
            last_at_ = event.at;
        }
        end();
        std::ranges::stable_sort(found_, {}, &Trouble::begin);
        return merged();
    }

  private:
    void see(WallTime at, const Began& began) {
        if (last_at_ && !has_left_in_order_) {
            const bool is_reboot = began.boot_id != boot_id_;
            close(at);
            found_.push_back({history_.name,
                              Kind::died,
                              *last_at_,
                              at,
                              false,
                              is_reboot            ? "rebooted"
                              : began.restarts > 0 ? "crashed"
                                                   : "killed",
                              {}});
        }
        boot_id_ = began.boot_id;
        has_left_in_order_ = false;
    }
    void see(WallTime at, const Entered& entered) {
        has_left_in_order_ = entered.state == State::stopped;
        if (entered.state == State::live || entered.state == State::stopped) {
            close(at);
            was_live_ = entered.state == State::live;
        } else if (!entered.code.empty()) {
            take_reason(at, entered.code, entered.message);
        }
    }
    void see(WallTime at, const SessionEnded& ended) {
        has_left_in_order_ = ended.code == end_code_name(EndCode::stopped);
        take_reason(at, ended.code, ended.message);
    }
    void see(WallTime at, const Unwritten& unwritten) {
        found_.push_back(
            {history_.name, Kind::disk, at, at, false, "unwritten", unwritten.message});
    }
    void see(WallTime at, const Flow& flow) {
        const auto since = [&](std::uint32_t ms) {
            return at - Milliseconds(std::min<std::uint32_t>(ms, 3'600'000));
        };
        if (open_) return;  // already known, and by its reason
        if (flow.gap_ms >= long_gap_ms) add(Kind::ingest_gap, since(flow.gap_ms), at);
        if (is_thin(flow)) add(Kind::ingest_thin, since(flow.span_ms), at);
        if (flow.queue_ms >= long_queue_ms || flow.drops > 0) {
            const auto waited = std::max(flow.queue_ms, std::min(flow.span_ms, 1000U));
            add(Kind::slow, since(waited), at);
        }
        if (flow.late_ms >= harmful_late_ms) add(Kind::late, since(flow.late_ms), at);
    }

    bool is_thin(const Flow& flow) const {
        if (flow.span_ms < 900) return false;
        const std::uint64_t rate = std::uint64_t(flow.in_messages) * 1000 / flow.span_ms;
        const bool has_few = rate * 100 < std::uint64_t(usual_.in_messages) * thin_percent;
        const bool is_slow = flow.fps > 0 && std::uint64_t(flow.fps) * 100 <
                                                 std::uint64_t(usual_.fps) * thin_percent;
        return has_few || is_slow;
    }

    void add(Kind kind, WallTime begin, WallTime end) {
        found_.push_back({history_.name, kind, begin, end, false, {}, {}});
    }

    /// A reason why it is not live.
    void take_reason(WallTime at, const std::string& code, const std::string& message) {
        const auto kind = kind_of(code);
        if (!kind) return;
        // Before anything was live, an ingest without publisher is what one expects.
        const bool is_ingest = *kind == Kind::ingest_lost || *kind == Kind::ingest_gap;
        if (is_ingest && !was_live_) {
            close(at);
            return;
        }
        // What first looked like a close turns out to be a refusal.
        const bool is_second_look =
            open_ && open_->kind != *kind && at - open_->begin < std::chrono::seconds(1);
        if (open_ && open_->kind != *kind && !is_second_look) close(at);
        const WallTime begin =
            code == end_code_name(EndCode::ingest_silent) ? at - noticed_silence : at;
        if (!open_) open_ = Trouble{history_.name, *kind, begin, at, false, {}, {}};
        open_->kind = *kind;
        open_->code = code;
        open_->message = message;
    }

    void close(WallTime at) {
        if (!open_) return;
        open_->end = std::max(at, open_->begin);
        found_.push_back(*std::exchange(open_, std::nullopt));
    }

    void end() {
        if (!last_at_) return;
        if (!history_.is_alive && !has_left_in_order_) {
            close(*last_at_);
            found_.push_back({history_.name, Kind::died, *last_at_, now_, true, "gone", {}});
        } else if (open_) {
            open_->is_ongoing = history_.is_alive;
            close(history_.is_alive ? now_ : *last_at_);
        }
    }

    std::vector<Trouble> merged() const {
        std::vector<Trouble> all;
        for (const auto& each : found_) {
            const auto before = std::ranges::find_if(all, [&](const Trouble& other) {
                return other.kind == each.kind && each.begin - other.end <= same_trouble &&
                       each.kind != Kind::died;
            });
            if (before == all.end()) {
                all.push_back(each);
                continue;
            }
            before->end = std::max(before->end, each.end);
            before->is_ongoing = before->is_ongoing || each.is_ongoing;
            if (!each.code.empty()) before->code = each.code;
            if (!each.message.empty()) before->message = each.message;
        }
        return all;
    }

    const RelayHistory& history_;
    const Flow usual_;
    const WallTime now_;
    std::vector<Trouble> found_;
    std::optional<Trouble> open_;  ///< of a state that is not over
    std::optional<WallTime> last_at_;
    std::string boot_id_;
    bool was_live_ = false;
    bool has_left_in_order_ = false;
};

}  // namespace

std::vector<Trouble> find_troubles(const RelayHistory& history, WallTime now) {
    return Search(history, now).run();
}

}  // namespace restream
