#include "selftest/local_sink.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/error.hpp"
#include "net/socket_watch.hpp"
#include "rtmp/server.hpp"
#include "selftest/picture.hpp"
#include "selftest/system.hpp"
#include "server/connection_socket.hpp"
#include "system/random.hpp"

namespace restream::selftest {

namespace {

constexpr const char* loopback = "127.0.0.1";
/// **Source**: RtmpServer::Setup.
constexpr std::size_t random_size = 1528;
/// Then the others have their turn.
constexpr int most_reads_a_turn = 16;

bool does_read(Manner manner) { return manner != Manner::stalls && manner != Manner::vanishes; }

}  // namespace

/// One who publishes here. The loop's thread's own.
class LocalSink::Connection {
  public:
    Connection(LocalSink& sink, Fd socket, std::size_t session)
        : sink_(sink),
          session_(session),
          socket_(std::move(socket)),
          watch_(
              sink.loop_, socket_, [this] { readable(); }, [this] { writable(); }) {
        follow(sink.manner_);
    }

    bool is_over() const { return is_over_; }
    /// The platform behaves like this from now on.
    void follow(Manner manner) {
        if (manner == Manner::is_closed) {
            reset_on_close(socket_);
            end();
            return;
        }
        if (manner == Manner::vanishes) sink_.can_vanish_ = drop_arrivals(socket_);
        if (has_wish_) answer(manner);
        if (does_read(manner)) listen();
    }

  private:
    void listen() {
        if (is_listening_ || is_over_) return;
        is_listening_ = true;
        watch_.await_readable();
    }
    void readable() {
        is_listening_ = false;
        for (int i = 0; i < most_reads_a_turn && !is_over_ && !has_wish_; ++i) {
            if (!does_read(sink_.manner_)) return;
            if (!read_once()) break;
        }
        write();
        if (!has_wish_) listen();
    }
    /// False where nothing more is there.
    bool read_once() {
        const auto spaces = rtmp_.spaces();
        if (spaces[0].size() + spaces[1].size() == 0) {
            end();
            return false;
        }
        const Moved moved = read_gathered(socket_, spaces);
        if (moved.how == Moved::How::ended || moved.how == Moved::How::broken) end();
        if (moved.how != Moved::How::some) return false;
        rtmp_.commit(moved.bytes);
        take_events();
        return true;
    }
    void take_events() {
        while (!is_over_ && !has_wish_) {
            const auto event = rtmp_.next();
            if (std::holds_alternative<RtmpServer::NeedMore>(event)) return;
            if (const auto* tag = std::get_if<Tag>(&event)) {
                take(*tag);
            } else if (std::holds_alternative<RtmpServer::PublishWish>(event)) {
                has_wish_ = true;
                answer(sink_.manner_);
            } else if (std::holds_alternative<RtmpServer::PlayWish>(event)) {
                rtmp_.refuse("NetStream.Play.Failed", "there is nothing to play here");
            } else if (std::holds_alternative<RtmpServer::Left>(event)) {
                change([](Session& session) { session.said_goodbye = true; });
            } else {
                write();
                end();
            }
        }
    }
    void answer(Manner manner) {
        if (manner == Manner::ponders) return;
        has_wish_ = false;
        if (manner == Manner::refuses) {
            rtmp_.refuse("NetStream.Publish.BadName", "the self-test refuses this key");
        } else {
            rtmp_.accept();
        }
        write();
        listen();
    }
    void take(const Tag& tag) {
        const auto stamp = stamp_of(tag);
        if (!stamp) return;
        const SteadyTime now = SteadyClock::now();
        const bool is_picture = tag.type == TagType::video;
        const auto facts = is_picture ? video_facts(tag.bytes()) : std::nullopt;
        change([&](Session& session) {
            session.arrivals.push_back({is_picture ? Arrival::What::picture : Arrival::What::sound,
                                        stamp->number, stamp->sent, now});
            if (facts && facts->is_keyframe && !session.first_keyframe) {
                session.first_keyframe = now;
            }
        });
        if (is_picture) ++sink_.pictures_;
    }
    void writable() {
        is_awaiting_writable_ = false;
        write();
    }
    void write() {
        std::array<std::span<const std::uint8_t>, 16> pieces;
        while (!is_over_) {
            const std::size_t count = rtmp_.output().gather(pieces);
            if (count == 0) return;
            const Moved moved = write_gathered(socket_, std::span(pieces).first(count));
            if (moved.how == Moved::How::some) {
                rtmp_.output().consume(moved.bytes);
                continue;
            }
            if (moved.how != Moved::How::would_block) {
                end();
            } else if (!std::exchange(is_awaiting_writable_, true)) {
                watch_.await_writable();
            }
            return;
        }
    }
    void end() {
        is_over_ = true;
        change([](Session& session) { session.has_ended = true; });
    }
    template <typename Change>
    void change(const Change& how) {
        const std::lock_guard lock(sink_.mutex_);
        how(sink_.sessions_[session_]);
    }

    LocalSink& sink_;
    const std::size_t session_;
    Fd socket_;
    RtmpServer rtmp_{{.random = random_bytes(random_size)}};
    SocketWatch watch_;
    bool has_wish_ = false;
    bool is_listening_ = false;
    bool is_awaiting_writable_ = false;
    bool is_over_ = false;
};

/// Who listens, and everybody who is connected. The loop's thread's own.
class LocalSink::Door {
  public:
    Door(LocalSink& sink, std::vector<Fd> listeners)
        : sink_(sink), listeners_(std::move(listeners)) {}
    /// **Throws**: Error{refused} where the port cannot be had, or waited for.
    void follow(Manner manner) {
        if (manner == followed_) return;
        if (manner == Manner::is_closed) {
            watches_.clear();
            listeners_.clear();
        } else {
            if (listeners_.empty()) listeners_ = listen_at(loopback, sink_.port_);
            while (watches_.size() < listeners_.size()) watch(watches_.size());
        }
        for (const Fd& each : listeners_) {
            if (manner == Manner::vanishes) sink_.can_vanish_ = drop_arrivals(each);
            if (followed_ == Manner::vanishes) take_arrivals(each);
        }
        for (const auto& each : connections_) {
            // Who was connected when the machine vanished is gone when it is back.
            each->follow(followed_ == Manner::vanishes ? Manner::is_closed : manner);
        }
        followed_ = manner;
    }
    void forget_ended() {
        std::erase_if(connections_, [](const auto& each) { return each->is_over(); });
    }

  private:
    void watch(std::size_t at) {
        watches_.push_back(std::make_unique<SocketWatch>(sink_.loop_, listeners_[at],
                                                         [this, at] { accept_all(at); }));
        watches_.back()->await_readable();
    }
    void accept_all(std::size_t at) {
        for (;;) {
            auto accepted = accept_connection(listeners_[at]);
            if (auto* const came = std::get_if<Accepted>(&accepted)) {
                welcome(std::move(came->socket));
            } else if (std::get<NotAccepted>(accepted) != NotAccepted::gone) {
                break;
            }
        }
        watches_[at]->await_readable();
    }
    void welcome(Fd socket) {
        try {
            connections_.push_back(
                std::make_unique<Connection>(sink_, std::move(socket), new_session()));
        } catch (const Error&) {  // no room to wait for it: it is closed, and comes again
        }
    }
    std::size_t new_session() {
        const std::lock_guard lock(sink_.mutex_);
        sink_.sessions_.emplace_back();
        return sink_.sessions_.size() - 1;
    }

    LocalSink& sink_;
    std::optional<Manner> followed_;
    std::vector<Fd> listeners_;
    std::vector<std::unique_ptr<SocketWatch>> watches_;
    std::vector<std::unique_ptr<Connection>> connections_;
};

LocalSink::LocalSink(Manner manner) : manner_(manner) {
    auto listeners = listen_at(loopback, 0);
    port_ = port_of(listeners.front());
    thread_ = std::thread([this, found = std::make_shared<std::vector<Fd>>(
                                     std::move(listeners))]() mutable { run(std::move(*found)); });
}

LocalSink::~LocalSink() {
    is_ending_ = true;
    loop_.wake();
    thread_.join();
}

std::string LocalSink::url() const { return fmt::format("rtmp://{}:{}/live", loopback, port_); }

void LocalSink::behave(Manner manner) {
    manner_ = manner;
    loop_.wake();
}

/// Where the system has no room for a connection, or somebody else has the port for a moment, the
/// next turn tries again; whoever waits for this destination has a deadline.
void LocalSink::run(std::vector<Fd> listeners) {
    Door door(*this, std::move(listeners));
    while (!is_ending_) {
        try {
            door.follow(manner_);
            door.forget_ended();
            loop_.run_once(Deadline::after(Milliseconds(200)));
        } catch (const Error&) {
            wait_until(Deadline::after(Milliseconds(20)), [this] { return is_ending_.load(); });
        }
    }
    door.follow(Manner::is_closed);
}

std::size_t LocalSink::session_count() const {
    const std::lock_guard lock(mutex_);
    return sessions_.size();
}

LocalSink::Session LocalSink::last_session() const {
    const std::lock_guard lock(mutex_);
    return sessions_.empty() ? Session{} : sessions_.back();
}

std::vector<Arrival> LocalSink::arrivals() const {
    const std::lock_guard lock(mutex_);
    std::vector<Arrival> all;
    for (const Session& each : sessions_) {
        all.insert(all.end(), each.arrivals.begin(), each.arrivals.end());
    }
    return all;
}

}  // namespace restream::selftest
