#include "flow_server.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

namespace restream::bench {

using nlohmann::json;

namespace {

constexpr Milliseconds slow_interval(100);
/// 100 kbit/s.
constexpr std::size_t slow_bytes = 1250;
constexpr Milliseconds closes_after(3000);
/// The kernel takes no more for one that does not read: else it would hide seconds.
constexpr int bad_receive_buffer_bytes = 64 * 1024;
/// A publisher that sent nothing for longer than this was away.
constexpr std::int64_t away_ns = 500'000'000;

std::string text_before(std::string text, char end) {
    if (const auto at = text.find(end); at != std::string::npos) text.resize(at);
    return text;
}

/// The times of one track.
struct TrackClock {
    std::optional<RtmpTime> last;
    std::int64_t last_at = 0;

    void observe(RtmpTime time, std::int64_t now, Arrived& arrived) {
        if (last) {
            const std::int32_t step = time.since(*last);
            if (step <= 0) ++arrived.backward;
            // What the ingest had stored, and what waited, comes faster than it was made.
            const std::int64_t passed = now - last_at;
            if (passed > away_ns) {
                const auto off = std::abs(step - passed / 1'000'000);
                arrived.worst_clock_ms = std::max<std::int64_t>(arrived.worst_clock_ms, off);
            }
        }
        last = time;
        last_at = now;
    }
};

}  // namespace

Treatment treatment_of(const std::string& app) {
    if (app == "stalls") return Treatment::stalls;
    if (app == "slow") return Treatment::slow;
    if (app == "closes") return Treatment::closes;
    if (app == "refuses") return Treatment::refuses;
    return Treatment::good;
}

/// One destination's connection.
struct Server::Session {
    explicit Session(RtmpServer::Setup setup) : connection(std::move(setup)) {}
    RtmpServer connection;
    int socket = -1;
    std::string name;
    std::uint64_t number = 0;
    Treatment treatment = Treatment::good;
    SteadyTime turn = SteadyTime::max();  ///< when a bad one's treatment goes on

    bool has_picture = false;
    bool has_sound = false;
    bool awaits_keyframe = false;  ///< the publisher was away, and only inter frames came since
    std::optional<Mark> last_mark;
    std::optional<RtmpTime> last_sound;
    TrackClock picture_clock;
    TrackClock sound_clock;
};

Server::Server(int port) : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int yes = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
        ::listen(listener_, 512) != 0) {
        fail(std::string("listening: ") + std::strerror(errno));
    }
    epoll_event event{.events = EPOLLIN, .data = {}};
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event);
    thread_ = std::thread([this] { run(); });
}

Server::~Server() = default;

json Server::report() {
    const std::lock_guard lock(mutex_);
    json destinations = json::object();
    for (auto& [name, each] : arrived_) {
        destinations[name] = {{"pictures", each.pictures},
                              {"lost_pictures", each.lost_pictures},
                              {"sounds", each.sounds},
                              {"lost_sounds", each.lost_sounds},
                              {"bytes", each.bytes},
                              {"sessions", each.sessions},
                              {"sessions_in_all", begun_[name]},
                              {"backward", each.backward},
                              {"longest_gap_ms", seconds(each.longest_gap_ns) * 1000},
                              {"worst_clock_ms", each.worst_clock_ms}};
        each = Arrived();
    }
    std::ranges::sort(latencies_);
    const auto at = [&](double share) -> json {
        if (latencies_.empty()) return nullptr;
        const auto index = static_cast<std::size_t>(share * double(latencies_.size() - 1));
        return double(latencies_[index]) / 1e6;
    };
    json result = {{"destinations", destinations},
                   {"messages", latencies_.size()},
                   {"p50_ms", at(0.5)},
                   {"p90_ms", at(0.9)},
                   {"p99_ms", at(0.99)},
                   {"p999_ms", at(0.999)},
                   {"max_ms", at(1)}};
    latencies_.clear();
    return result;
}

void Server::run() {
    std::array<epoll_event, 64> events;
    for (;;) {
        const auto wait = std::chrono::ceil<Milliseconds>(next_turn() - SteadyClock::now());
        const auto most = std::clamp<std::int64_t>(wait.count(), 0, 1000);
        const int count =
            ::epoll_wait(epoll_, events.data(), events.size(), static_cast<int>(most));
        for (int i = 0; i < count; ++i) {
            auto* session = static_cast<Session*>(events[i].data.ptr);
            if (session == nullptr)
                accept_all();
            else if (!take(*session, SIZE_MAX))
                drop(*session);
        }
        take_turns(SteadyClock::now());
    }
}

SteadyTime Server::next_turn() const {
    SteadyTime turn = SteadyTime::max() - Milliseconds(1);
    for (const auto& [session, owned] : sessions_) turn = std::min(turn, session->turn);
    return turn;
}

void Server::take_turns(SteadyTime now) {
    std::vector<Session*> due;
    for (const auto& [session, owned] : sessions_) {
        if (session->turn <= now) due.push_back(session);
    }
    for (Session* session : due) {
        session->turn = now + slow_interval;
        if (session->treatment == Treatment::closes || !take(*session, slow_bytes)) drop(*session);
    }
}

void Server::accept_all() {
    for (;;) {
        const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (socket < 0) return;
        const int yes = 1;
        ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
        RtmpServer::Setup setup;
        setup.random = random_bytes();
        auto session = std::make_unique<Session>(std::move(setup));
        session->socket = socket;
        epoll_event event{.events = EPOLLIN, .data = {.ptr = session.get()}};
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event);
        sessions_[session.get()] = std::move(session);
    }
}

void Server::drop(Session& session) {
    ::close(session.socket);
    sessions_.erase(&session);
}

bool Server::take(Session& session, std::size_t most_bytes) {
    auto& connection = session.connection;
    for (;;) {
        const auto spaces = connection.spaces();
        const std::size_t first = std::min(spaces[0].size(), most_bytes);
        const std::size_t second = std::min(spaces[1].size(), most_bytes - first);
        std::array<iovec, 2> vectors = {iovec{spaces[0].data(), first},
                                        iovec{spaces[1].data(), second}};
        const ssize_t got = ::readv(session.socket, vectors.data(), 2);
        if (got < 0) return errno == EAGAIN;
        if (got == 0) return false;
        connection.commit(static_cast<std::size_t>(got));
        if (!handle_events(session, now_ns())) return false;
        if (session.treatment == Treatment::slow || session.treatment == Treatment::stalls ||
            static_cast<std::size_t>(got) < first + second) {
            return true;
        }
    }
}

bool Server::handle_events(Session& session, std::int64_t now) {
    auto& connection = session.connection;
    for (;;) {
        auto event = connection.next();
        if (std::holds_alternative<RtmpServer::NeedMore>(event)) break;
        if (std::holds_alternative<RtmpEnding>(event)) return false;
        const auto* wish = std::get_if<RtmpServer::PublishWish>(&event);
        if (wish && !answer(session, *wish)) return false;
        if (const auto* tag = std::get_if<Tag>(&event)) count(session, *tag, now);
    }
    return write_all_of(session.socket, connection.output());
}

/// False where the connection is to be closed.
bool Server::answer(Session& session, const RtmpServer::PublishWish& wish) {
    auto& connection = session.connection;
    session.treatment = treatment_of(wish.app.reveal());
    session.name = text_before(wish.name.reveal(), '?');
    if (session.treatment == Treatment::refuses) {
        connection.refuse("NetStream.Publish.BadName", "no such key");
        write_all_of(session.socket, connection.output());
        return false;
    }
    connection.accept();
    if (session.treatment == Treatment::closes) session.turn = SteadyClock::now() + closes_after;
    if (session.treatment == Treatment::slow || session.treatment == Treatment::stalls) {
        ::epoll_ctl(epoll_, EPOLL_CTL_DEL, session.socket, nullptr);
        ::setsockopt(session.socket, SOL_SOCKET, SO_RCVBUF, &bad_receive_buffer_bytes,
                     sizeof(bad_receive_buffer_bytes));
        if (session.treatment == Treatment::slow) session.turn = SteadyClock::now() + slow_interval;
    }
    if (session.treatment != Treatment::good) return true;
    const std::lock_guard lock(mutex_);
    session.number = ++begun_[session.name];
    ++arrived_[session.name].sessions;
    return true;
}

void Server::count(Session& session, const Tag& tag, std::int64_t now) {
    if (session.treatment != Treatment::good) return;
    const std::lock_guard lock(mutex_);
    Arrived& arrived = arrived_[session.name];
    arrived.bytes += tag.bytes().size();
    // A publisher that comes back begins with it.
    if (is_sound_header(tag)) session.last_sound.reset();
    if (is_sound(tag)) count_sound(session, arrived, tag, now);
    if (is_picture(tag)) count_picture(session, arrived, tag, now);
}

void Server::count_sound(Session& session, Arrived& arrived, const Tag& tag, std::int64_t now) {
    if (!std::exchange(session.has_sound, true)) {
        tell({{"destination", session.name},
              {"session", session.number},
              {"first", "audio"},
              {"at", seconds(now)}});
    }
    ++arrived.sounds;
    session.sound_clock.observe(tag.time, now, arrived);
    // 1,024 samples of 48 kHz are 21.3 ms.
    if (session.last_sound) {
        const std::int32_t step = tag.time.since(*session.last_sound);
        if (step > 32) arrived.lost_sounds += static_cast<std::uint64_t>((step - 11) / 21);
    }
    session.last_sound = tag.time;
}

void Server::count_picture(Session& session, Arrived& arrived, const Tag& tag, std::int64_t now) {
    if (is_keyframe(tag) && !std::exchange(session.has_picture, true)) {
        tell({{"destination", session.name},
              {"session", session.number},
              {"first", "video"},
              {"at", seconds(now)}});
    }
    ++arrived.pictures;
    if (session.picture_clock.last) {
        arrived.longest_gap_ns =
            std::max(arrived.longest_gap_ns, now - session.picture_clock.last_at);
    }
    session.picture_clock.observe(tag.time, now, arrived);
    count_mark(session, arrived, tag, now);
}

void Server::count_mark(Session& session, Arrived& arrived, const Tag& tag, std::int64_t now) {
    const auto mark = Mark::find(tag.bytes());
    if (!mark) return;
    if (const auto last = std::exchange(session.last_mark, mark)) {
        if (mark->number > last->number + 1) {
            arrived.lost_pictures += mark->number - last->number - 1;
        }
        session.awaits_keyframe |= mark->sent_ns - last->sent_ns > away_ns;
    }
    latencies_.push_back(now - mark->sent_ns);
    if (!session.awaits_keyframe || !is_keyframe(tag)) return;
    session.awaits_keyframe = false;
    tell({{"destination", session.name},
          {"session", session.number},
          {"again", mark->number},
          {"at", seconds(now)}});
}

}  // namespace restream::bench
