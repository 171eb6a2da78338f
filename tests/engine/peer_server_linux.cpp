#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <csignal>
#include <utility>

#include "engine/peer_server.hpp"

namespace restream::test {

using How = Wire::Moved::How;

PeerServer::PeerServer(Script script) : script_(std::move(script)), wake_(make_pipe()) {
    if (script_.receive_bytes > 0) {
        // Of the listener, before the handshake: the window is agreed on then.
        ::setsockopt(static_cast<int>(listener_.fd().native()), SOL_SOCKET, SO_RCVBUF,
                     &script_.receive_bytes, sizeof script_.receive_bytes);
    }
    thread_ = std::thread([this] { run(); });
}

PeerServer::~PeerServer() {
    {
        const std::lock_guard lock(mutex_);
        is_ending_ = true;
    }
    write_all(wake_.write_end, "x");
    thread_.join();
}

PeerServer::Seen PeerServer::seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
}

bool PeerServer::wait_for(const std::function<bool(const Seen&)>& is_so) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_until(lock, long_enough().at(), [&] { return is_so(seen_); });
}

void PeerServer::order(std::function<void()> work) {
    std::unique_lock lock(mutex_);
    order_ = std::move(work);
    write_all(wake_.write_end, "x");
    changed_.wait(lock, [&] { return !order_; });
}

void PeerServer::stop_reading() {
    order([this] { reads_ = false; });
}
void PeerServer::go_on_reading() {
    order([this] { reads_ = true; });
}
void PeerServer::close() {
    order([this] {
        if (wire_) wire_->close();
        wire_.reset();
    });
}
void PeerServer::reset() {
    order([this] {
        if (wire_) wire_->reset();
        wire_.reset();
    });
}
void PeerServer::vanish() {
    order([this] { wire_->vanish(); });
}
void PeerServer::change_keys() {
    order([this] { wire_->change_keys(); });
}
void PeerServer::send(const Tag& tag) {
    order([this, &tag] {
        rtmp_->send(tag);
        write();
    });
}

void PeerServer::run() {
    // Only here: OpenSSL writes without caring. The client has to do without.
    sigset_t broken_pipe;
    ::sigemptyset(&broken_pipe);
    ::sigaddset(&broken_pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
    std::unique_lock lock(mutex_);
    while (!is_ending_) {
        lock.unlock();
        turn();
        lock.lock();
        if (order_) std::exchange(order_, {})();
        changed_.notify_all();
    }
}

void PeerServer::turn() {
    std::array<pollfd, 3> entries{};
    for (auto& each : entries) each.fd = -1;
    entries[0] = {static_cast<int>(wake_.read_end.native()), POLLIN, 0};
    if (!seen_.has_connection) {
        entries[1] = {static_cast<int>(listener_.fd().native()), POLLIN, 0};
    }
    if (wire_ && !is_silent_) {
        const bool writes = rtmp_ && !rtmp_->output().is_empty();
        entries[2] = {wire_->fd(),
                      static_cast<short>((reads_ ? POLLIN : 0) | (writes ? POLLOUT : 0)), 0};
        if (entries[2].events == 0) entries[2].fd = -1;
    }
    ::poll(entries.data(), entries.size(), -1);
    if (entries[0].revents != 0) {
        std::array<char, 64> nothing;
        read_some(wake_.read_end, nothing);
    }
    const std::lock_guard lock(mutex_);
    if (entries[1].revents != 0) {
        wire_ = std::make_unique<Wire>(listener_.accept(), script_.identity, script_.newest_tls);
        rtmp_ = std::make_unique<RtmpServer>(
            RtmpServer::Setup{.random = std::vector<std::uint8_t>(1528, 7)});
        seen_.has_connection = true;
        (void)act_where_it_is_time();
    }
    if (entries[2].revents != 0) serve();
}

void PeerServer::serve() {
    if ((!reads_ || seen_.has_ended) && !rtmp_->output().is_empty()) write();
    while (wire_ && reads_ && !is_silent_) {
        std::array<std::uint8_t, 16384> block;
        const Wire::Moved step = wire_->read(block);
        if (step.how == How::blocked) break;
        if (step.how == How::some) {
            seen_.bytes += step.bytes;
            rtmp_->feed({block.data(), step.bytes});
            take_events();
            continue;
        }
        seen_.has_ended = true;
        seen_.is_broken = step.how == How::broken;
        seen_.was_told_end = wire_->was_told_end();
        reads_ = false;
        if (script_.minds_the_end || seen_.is_broken) {
            wire_->close();
            wire_.reset();
        }
    }
    if (wire_) write();
}

/// True where there is no going on.
bool PeerServer::act_where_it_is_time() {
    if (script_.at != rtmp_->step() || seen_.has_acted) return is_silent_ || !wire_;
    const Act act = script_.act;
    if (act == Act::serve || act == Act::refuse || act == Act::refuse_and_go) return false;
    write();
    seen_.has_acted = true;
    if (act == Act::fall_silent) {
        is_silent_ = true;
        return true;
    }
    act == Act::close ? wire_->close() : wire_->reset();
    wire_.reset();
    return true;
}

void PeerServer::take_events() {
    while (!act_where_it_is_time()) {
        RtmpServer::Event event = rtmp_->next();
        if (std::holds_alternative<RtmpServer::NeedMore>(event)) return;
        if (auto* tag = std::get_if<Tag>(&event)) {
            seen_.tags.push_back(std::move(*tag));
        } else if (std::holds_alternative<RtmpServer::Left>(event)) {
            seen_.has_left = true;
        } else if (std::holds_alternative<RtmpEnding>(event)) {
            return;
        } else if (script_.act == Act::refuse || script_.act == Act::refuse_and_go) {
            rtmp_->refuse("NetStream.Publish.BadName", "no such key here");
            write();
            seen_.has_acted = true;
            if (script_.act == Act::refuse_and_go) {
                wire_->close();
                wire_.reset();
            }
        } else {
            rtmp_->accept();
            seen_.is_accepted = true;
            if (rtmp_->step() != Step::playing) continue;
            for (const Tag& each : script_.tags) rtmp_->send(each);
            if (script_.says_publisher_left) rtmp_->tell_publisher_left();
        }
    }
}

void PeerServer::write() {
    OutputQueue& queue = rtmp_->output();
    std::vector<std::uint8_t> block;
    while (wire_ && !queue.is_empty()) {
        // In one piece, so that a message arrives in one.
        std::array<std::span<const std::uint8_t>, 16> pieces;
        block.clear();
        for (const auto& each : std::span(pieces.data(), queue.gather(pieces))) {
            block.insert(block.end(), each.begin(), each.end());
        }
        const Wire::Moved step = wire_->write(block);
        if (step.how != How::some) return;
        queue.consume(step.bytes);
    }
}

}  // namespace restream::test
