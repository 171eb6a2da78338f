#include "worker/retry.hpp"

#include <algorithm>
#include <utility>

namespace restream {

namespace {

Milliseconds part(Milliseconds whole, double factor) {
    return Milliseconds(static_cast<std::int64_t>(static_cast<double>(whole.count()) * factor));
}

}  // namespace

Milliseconds Backoff::next(double luck) {
    const Milliseconds wait = part(nominal_, 1.0 - luck);
    nominal_ = std::min(longest, part(nominal_, growth));
    return std::max(shortest, wait);
}

NextTry RetryPolicy::refused(SessionEnd end, const PlatformFacts& service) const {
    const bool is_mended_by_itself =
        end.code == EndCode::publish_refused || end.code == EndCode::closed_early ||
        end.code == EndCode::app_refused || end.code == EndCode::passphrase_refused ||
        end.code == EndCode::srt_refused;
    if (is_mended_by_itself && service.keys_last) {
        return {NextTry::Kind::after_long, rejected_wait, std::move(end)};
    }
    return {NextTry::Kind::after_user, Milliseconds(0), std::move(end)};
}

namespace {

/// What other destinations meet at the same moment where this machine's network fails.
bool is_of_the_network(EndCode code) {
    return code == EndCode::reset || code == EndCode::unreachable || code == EndCode::stalled ||
           code == EndCode::too_slow;
}

}  // namespace

NextTry RetryPolicy::after(const SessionEnd& ended, const SessionFacts& session,
                           const PlatformFacts& service, SteadyTime now, double luck) {
    SessionEnd end = ended;
    // Some platforms check the key only after they have accepted it. A second more than they are
    // known to take, for the way there and back.
    const bool was_closed = end.code == EndCode::closed || end.code == EndCode::reset;
    if (session.was_accepted && was_closed && service.late_refusal.count() > 0 &&
        session.lasted <= service.late_refusal + std::chrono::seconds(1)) {
        end.code = EndCode::closed_early;
    }
    early_closes_ = end.code == EndCode::closed_early ? early_closes_ + 1 : 0;
    if (session.was_confirmed) {
        backoff_.reset();
        has_changed_ = false;
    }
    if (is_nobodys_fault(end.code)) {
        if (session.said_goodbye) dirty_end_.reset();
        const bool is_loop = end.code == EndCode::tracks_changed && !session.was_confirmed &&
                             std::exchange(has_changed_, true);
        if (!is_loop) return {NextTry::Kind::at_once, Milliseconds(0), std::move(end)};
        return {NextTry::Kind::after, backoff_.next(luck), std::move(end)};
    }

    const bool is_quick_refusal =
        end.code == EndCode::publish_refused || end.code == EndCode::already_published ||
        end.code == EndCode::closed_early || end.code == EndCode::srt_refused;
    if (is_quick_refusal && dirty_end_ && now - *dirty_end_ < longest_held) {
        early_closes_ = 0;
        end.code = EndCode::session_held;
        const auto left =
            std::chrono::duration_cast<Milliseconds>(*dirty_end_ + longest_held - now);
        const auto wait = std::min(backoff_.next(luck) * 4, left);
        return {NextTry::Kind::after, std::max(wait, Milliseconds(1000)), std::move(end)};
    }
    if (is_refusal(end.code) || early_closes_ >= most_early_closes) {
        return refused(std::move(end), service);
    }
    if (session.was_accepted && !session.said_goodbye && end.code != EndCode::closed_early) {
        dirty_end_ = now;
        if (session.was_confirmed && is_of_the_network(end.code)) {
            return {NextTry::Kind::after, part(spread, luck), std::move(end)};
        }
        if (session.was_confirmed) return {NextTry::Kind::at_once, Milliseconds(0), std::move(end)};
    } else if (session.said_goodbye) {
        dirty_end_.reset();
    }
    return {NextTry::Kind::after, backoff_.next(luck), std::move(end)};
}

}  // namespace restream
