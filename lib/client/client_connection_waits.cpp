// What a ClientConnection waits for: its socket, and the clock.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "client/client_connection_asio.hpp"
#include "system/tcp_facts.hpp"

namespace restream {

namespace {

using Cause = RtmpEnding::Cause;

/// How often a publisher's unacknowledged bytes are looked at: eight times in its deadline, and no
/// more than once a second while all is well.
Milliseconds between_looks(Milliseconds write_deadline) {
    return std::clamp(write_deadline / 8, Milliseconds(5), Milliseconds(1000));
}

std::string seconds(SteadyClock::duration span) {
    return fmt::format("{:.3g} s", std::chrono::duration<double>(span).count());
}

const char* awaited_answer(RtmpClient::Step step, RtmpRole role) {
    switch (step) {
        case RtmpClient::Step::connect:
            return "connect";
        case RtmpClient::Step::create:
            return "createStream";
        default:
            return role == RtmpRole::publish ? "publish" : "play";
    }
}

}  // namespace

void ClientConnection::Inside::await_readable() {
    if (is_awaiting_readable_) return;
    is_awaiting_readable_ = true;
    channel_->socket().async_wait(Channel::Socket::wait_read,
                                  [self = weak_from_this()](boost::system::error_code error) {
                                      const auto inside = self.lock();
                                      if (inside && !error) inside->on_readable();
                                  });
}

void ClientConnection::Inside::await_writable() {
    if (is_awaiting_writable_) return;
    is_awaiting_writable_ = true;
    channel_->socket().async_wait(Channel::Socket::wait_write,
                                  [self = weak_from_this()](boost::system::error_code error) {
                                      const auto inside = self.lock();
                                      if (inside && !error) inside->on_writable();
                                  });
}

void ClientConnection::Inside::on_readable() {
    is_awaiting_readable_ = false;
    switch (phase_) {
        case Phase::securing:
            secure();
            break;
        case Phase::talking:
            read();
            break;
        case Phase::leaving:
        case Phase::awaiting:
            discard();
            break;
        case Phase::connecting:
        case Phase::ended:
            break;
    }
}

void ClientConnection::Inside::on_writable() {
    is_awaiting_writable_ = false;
    switch (phase_) {
        case Phase::securing:
            secure();
            break;
        case Phase::talking:
            write();
            break;
        case Phase::leaving:
            leave();
            break;
        case Phase::connecting:
        case Phase::awaiting:
        case Phase::ended:
            break;
    }
}

void ClientConnection::Inside::look_again_at(SteadyTime at) {
    if (at >= timer_at_) return;  // it looks before then, and sees for itself
    timer_at_ = at;
    timer_.expires_at(at);
    timer_.async_wait([self = weak_from_this()](boost::system::error_code error) {
        const auto inside = self.lock();
        if (inside && !error && inside->phase_ != Phase::ended) inside->look_at_clock();
    });
}

bool ClientConnection::Inside::is_awaited() const {
    if (phase_ == Phase::securing) return true;
    if (phase_ != Phase::talking || is_accepted_) return false;
    // A player may wait for its publisher as long as it likes.
    return request_.role == RtmpRole::publish || client_->step() < RtmpClient::Step::begin;
}

void ClientConnection::Inside::look_at_clock() {
    timer_at_ = SteadyTime::max();
    const auto now = SteadyClock::now();
    if (phase_ == Phase::leaving || phase_ == Phase::awaiting) {
        if (now >= deadline_.at()) {
            end({Cause::stopped});
        } else {
            look_again_at(deadline_.at());
        }
    } else if (is_awaited()) {
        if (now >= deadline_.at()) {
            end(timed_out());
        } else {
            look_again_at(deadline_.at());
        }
    } else if (request_.role == RtmpRole::publish) {
        look_at_stall(now);
    } else if (has_heard_tag_) {
        look_at_silence(now);
    }
}

void ClientConnection::Inside::look_at_silence(SteadyTime now) {
    if (is_full()) {  // it is we who do not listen
        look_again_at(now + request_.longest_silence);
        return;
    }
    if (now - last_heard_ < request_.longest_silence) {
        look_again_at(last_heard_ + request_.longest_silence);
        return;
    }
    end({Cause::stalled,
         fmt::format("{}: sent nothing for {}", peer(), seconds(now - last_heard_))});
}

void ClientConnection::Inside::look_at_stall(SteadyTime now) {
    const std::size_t unacknowledged =
        unacknowledged_bytes(channel_->socket().native_handle()).value_or(0);
    const std::size_t waiting = client_->output().size() + channel_->unwritten_bytes();
    stall_.look(now, channel_->bytes_given(), unacknowledged, waiting);
    const auto standing = stall_.standing(now);
    if (standing >= request_.write_deadline) {
        end({Cause::stalled, fmt::format("{}: took nothing for {} while {} bytes waited", peer(),
                                         seconds(standing), unacknowledged + waiting)});
        return;
    }
    look_again_at(now + std::min<SteadyClock::duration>(between_looks(request_.write_deadline),
                                                        request_.write_deadline - standing));
}

RtmpEnding ClientConnection::Inside::given_up_by_system(RtmpEnding how) const {
    how.cause = Cause::stalled;
    // Its clock ran for the whole deadline; stall_, which looks only now and then, knows of less.
    if (stall_.standing(SteadyClock::now()) > SteadyClock::duration::zero()) {
        how.detail =
            fmt::format("{}: took nothing for {}", peer(), seconds(request_.write_deadline));
    }
    return how;
}

RtmpEnding ClientConnection::Inside::timed_out() const {
    const std::string after = seconds(request_.connect_deadline);
    if (phase_ == Phase::securing) {
        return {Cause::handshake_timed_out,
                fmt::format("{}: no answer to TLS's handshake in {}", peer(), after)};
    }
    if (client_->step() == RtmpClient::Step::handshake) {
        return {Cause::handshake_timed_out,
                fmt::format("{}: no answer to RTMP's handshake in {}", peer(), after)};
    }
    return {Cause::answer_timed_out,
            fmt::format("{}: no answer to {} in {}", peer(),
                        awaited_answer(client_->step(), request_.role), after)};
}

}  // namespace restream
