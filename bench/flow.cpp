// The load of the benchmarks: one publisher with marked pictures, and a server that takes any
// number of destinations and tells when each picture arrived.
//
// Usage: bench_flow CLIP.flv PORT
//   CLIP.flv  H.264 and AAC; repeated without an end
//   PORT      where destinations are taken, any app, the stream key is the destination's name
// Commands on standard input, one a line; each answers with one line of JSON:
//   publish URL      begins to publish in real time; may be said again, for another server
//   report           figures since the last report, and begins anew
//   (end of input)   ends
// Each first keyframe and first sound of a session is told at once:
//   {"destination": NAME, "session": N, "first": "video", "at": SECONDS}
// Times are CLOCK_MONOTONIC, which Python calls time.monotonic().
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "rtmp/client.hpp"
#include "rtmp/endpoint.hpp"
#include "rtmp/flv.hpp"
#include "rtmp/server_connection.hpp"

namespace {

using namespace restream;
using nlohmann::json;

std::int64_t now_ns() { return SteadyClock::now().time_since_epoch().count(); }

std::vector<std::uint8_t> random_bytes() {
    std::vector<std::uint8_t> bytes(1528);
    std::ifstream("/dev/urandom", std::ios::binary)
        .read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return bytes;
}

[[noreturn]] void fail(const std::string& what) {
    std::fprintf(stderr, "bench_flow: %s\n", what.c_str());
    std::_Exit(5);
}

/// A line of standard output, whole although two threads write.
void tell(const json& line) {
    static std::mutex mutex;
    const std::lock_guard lock(mutex);
    const std::string text = line.dump() + "\n";
    if (::write(1, text.data(), text.size()) < 0) std::_Exit(5);
}

/// Number and time of a picture as a user-data SEI behind its slices: valid H.264, and copied by
/// whoever copies the picture. Four bits a byte, so that no start code can come about.
class Mark {
  public:
    static constexpr std::size_t data_bytes = 32;
    static constexpr std::array<std::uint8_t, 16> id = {0x72, 0x65, 0x73, 0x74, 0x72, 0x65,
                                                        0x61, 0x6d, 0x2d, 0x62, 0x65, 0x6e,
                                                        0x63, 0x68, 0x2d, 0x31};

    static std::vector<std::uint8_t> nal(std::uint64_t number, std::uint64_t at) {
        std::vector<std::uint8_t> bytes = {0, 0, 0, 0, 0x06, 0x05, id.size() + data_bytes};
        bytes.insert(bytes.end(), id.begin(), id.end());
        put(bytes, number);
        put(bytes, at);
        bytes.push_back(0x80);
        bytes[3] = static_cast<std::uint8_t>(bytes.size() - 4);
        return bytes;
    }
    /// Number and time, where the payload ends with a mark.
    static std::optional<std::pair<std::uint64_t, std::uint64_t>> find(
        std::span<const std::uint8_t> payload) {
        constexpr std::size_t size = id.size() + data_bytes + 1;
        if (payload.size() < size) return std::nullopt;
        const auto tail = payload.last(size);
        if (!std::equal(id.begin(), id.end(), tail.begin())) return std::nullopt;
        return std::pair(take(tail.subspan(id.size())), take(tail.subspan(id.size() + 16)));
    }

  private:
    static void put(std::vector<std::uint8_t>& bytes, std::uint64_t value) {
        for (int shift = 60; shift >= 0; shift -= 4) {
            bytes.push_back(static_cast<std::uint8_t>(0x40 | (value >> shift & 15)));
        }
    }
    static std::uint64_t take(std::span<const std::uint8_t> bytes) {
        std::uint64_t value = 0;
        for (int i = 0; i < 16; ++i) value = value << 4 | (bytes[i] & 15);
        return value;
    }
};

bool is_picture(const Tag& tag) {
    const auto facts = video_facts(tag.bytes());
    return tag.type == TagType::video && facts && !facts->is_sequence_header &&
           !facts->is_end_of_sequence;
}

bool is_keyframe(const Tag& tag) { return is_picture(tag) && video_facts(tag.bytes())->is_keyframe; }

bool is_sound(const Tag& tag) {
    const auto facts = audio_facts(tag.bytes());
    return tag.type == TagType::audio && facts && !facts->is_sequence_header;
}

std::vector<Tag> read_clip(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    FlvReader reader;
    reader.feed({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
    std::vector<Tag> tags;
    for (;;) {
        auto next = reader.next();
        if (auto* tag = std::get_if<Tag>(&next))
            tags.push_back(std::move(*tag));
        else
            break;
    }
    std::erase_if(tags, [](const Tag& tag) {
        const auto facts = video_facts(tag.bytes());
        return tag.type == TagType::video && facts && facts->is_end_of_sequence;
    });
    if (tags.size() < 100) fail(path + ": no clip");
    return tags;
}

void write_all_of(int socket, OutputQueue& out) {
    std::array<std::span<const std::uint8_t>, 64> pieces;
    while (!out.is_empty()) {
        std::array<iovec, 64> vectors;
        const std::size_t count = out.gather(pieces);
        for (std::size_t i = 0; i < count; ++i) {
            vectors[i] = {const_cast<std::uint8_t*>(pieces[i].data()), pieces[i].size()};
        }
        const ssize_t wrote = ::writev(socket, vectors.data(), static_cast<int>(count));
        if (wrote < 0) fail(std::string("writing: ") + std::strerror(errno));
        out.consume(static_cast<std::size_t>(wrote));
    }
}

/// Publishes the clip in real time, for ever.
class Publisher {
  public:
    Publisher(const std::vector<Tag>& clip, const std::string& url) : clip_(clip) {
        const auto endpoint = publish_endpoint(url, Secret());
        if (!endpoint) fail(url + ": no RTMP URL");
        RtmpClient::Setup setup;
        setup.endpoint = *endpoint;
        setup.role = RtmpRole::publish;
        setup.random = random_bytes();
        client_.emplace(std::move(setup));
        connect(endpoint->port);
        thread_ = std::thread([this] { run(); });
    }

    std::uint64_t sent() const { return number_.load(); }

  private:
    void connect(int port) {
        socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(port));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
            fail(std::string("connecting the publisher: ") + std::strerror(errno));
        }
        const int yes = 1;
        ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
        for (;;) {
            write_all_of(socket_, client_->output());
            for (;;) {
                const auto event = client_->next();
                if (std::holds_alternative<RtmpClient::Accepted>(event)) return;
                if (const auto* end = std::get_if<RtmpEnding>(&event)) {
                    fail("the ingest refused the publisher: " + end->detail);
                }
                if (std::holds_alternative<RtmpClient::NeedMore>(event)) break;
            }
            write_all_of(socket_, client_->output());
            take(0);
        }
    }

    void take(int flags) {
        const auto spaces = client_->spaces();
        std::array<iovec, 2> vectors = {iovec{spaces[0].data(), spaces[0].size()},
                                        iovec{spaces[1].data(), spaces[1].size()}};
        msghdr header{};
        header.msg_iov = vectors.data();
        header.msg_iovlen = 2;
        const ssize_t got = ::recvmsg(socket_, &header, flags);
        if (got == 0) fail("the ingest closed the publisher");
        if (got < 0 && errno != EAGAIN) fail(std::string("publisher: ") + std::strerror(errno));
        if (got > 0) client_->commit(static_cast<std::size_t>(got));
    }

    void run() {
        const SteadyTime begun = SteadyClock::now();
        const std::int32_t length = clip_.back().time.since(RtmpTime(0)) + 33;
        for (std::int32_t offset = 0;; offset += length) {
            for (const Tag& each : clip_) {
                Tag tag = each;
                tag.time = each.time.plus(offset);
                std::this_thread::sleep_until(begun + Milliseconds(tag.time.ms()));
                if (is_picture(tag)) tag.payload = marked(tag);
                client_->send(tag);
                write_all_of(socket_, client_->output());
                take(MSG_DONTWAIT);
                (void)client_->next();
            }
        }
    }

    Payload marked(const Tag& tag) {
        const auto mark = Mark::nal(number_.fetch_add(1), static_cast<std::uint64_t>(now_ns()));
        PayloadBuffer buffer(tag.bytes().size() + mark.size());
        auto at = std::ranges::copy(tag.bytes(), buffer.bytes().begin()).out;
        std::ranges::copy(mark, at);
        return buffer.freeze();
    }

    const std::vector<Tag>& clip_;
    std::optional<RtmpClient> client_;
    int socket_ = -1;
    std::atomic<std::uint64_t> number_{0};
    std::thread thread_;
};

/// What arrived of one destination since the last report.
struct Arrived {
    std::uint64_t pictures = 0;
    std::uint64_t lost_pictures = 0;
    std::uint64_t sounds = 0;
    std::uint64_t lost_sounds = 0;
    std::uint64_t bytes = 0;
    std::uint64_t sessions = 0;
};

/// One destination's connection.
struct Session {
    explicit Session(RtmpServerConnection::Setup setup) : connection(std::move(setup)) {}
    RtmpServerConnection connection;
    int socket = -1;
    std::string name;
    std::uint64_t number = 0;
    bool has_picture = false;
    bool has_sound = false;
    std::optional<std::uint64_t> last_picture;
    std::optional<RtmpTime> last_sound;
};

/// Takes all destinations on one thread.
class Server {
  public:
    explicit Server(int port) : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
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
        watch(listener_, nullptr);
        thread_ = std::thread([this] { run(); });
    }

    json report() {
        const std::lock_guard lock(mutex_);
        json destinations = json::object();
        for (auto& [name, each] : arrived_) {
            destinations[name] = {{"pictures", each.pictures},
                                  {"lost_pictures", each.lost_pictures},
                                  {"sounds", each.sounds},
                                  {"lost_sounds", each.lost_sounds},
                                  {"bytes", each.bytes},
                                  {"sessions", each.sessions}};
        }
        std::ranges::sort(latencies_);
        const auto at = [&](double share) -> json {
            if (latencies_.empty()) return nullptr;
            const auto index = static_cast<std::size_t>(share * double(latencies_.size() - 1));
            return double(latencies_[index]) / 1e6;
        };
        json result = {{"destinations", destinations}, {"messages", latencies_.size()},
                       {"p50_ms", at(0.5)},            {"p90_ms", at(0.9)},
                       {"p99_ms", at(0.99)},           {"p999_ms", at(0.999)},
                       {"max_ms", at(1)}};
        latencies_.clear();
        for (auto& [name, each] : arrived_) each = Arrived();
        return result;
    }

  private:
    void watch(int socket, Session* session) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = session;
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event);
    }

    void run() {
        std::array<epoll_event, 64> events;
        for (;;) {
            const int count = ::epoll_wait(epoll_, events.data(), events.size(), -1);
            for (int i = 0; i < count; ++i) {
                auto* session = static_cast<Session*>(events[i].data.ptr);
                if (session == nullptr)
                    accept_all();
                else if (!take(*session))
                    drop(*session);
            }
        }
    }

    void accept_all() {
        for (;;) {
            const int socket =
                ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
            if (socket < 0) return;
            const int yes = 1;
            ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
            RtmpServerConnection::Setup setup;
            setup.random = random_bytes();
            auto session = std::make_unique<Session>(std::move(setup));
            session->socket = socket;
            watch(socket, session.get());
            sessions_[session.get()] = std::move(session);
        }
    }

    void drop(Session& session) {
        ::close(session.socket);
        sessions_.erase(&session);
    }

    bool take(Session& session) {
        auto& connection = session.connection;
        for (;;) {
            const auto spaces = connection.spaces();
            std::array<iovec, 2> vectors = {iovec{spaces[0].data(), spaces[0].size()},
                                            iovec{spaces[1].data(), spaces[1].size()}};
            const ssize_t got = ::readv(session.socket, vectors.data(), 2);
            if (got < 0) return errno == EAGAIN;
            if (got == 0) return false;
            connection.commit(static_cast<std::size_t>(got));
            const std::int64_t now = now_ns();
            if (!handle_events(session, now)) return false;
            if (static_cast<std::size_t>(got) < spaces[0].size() + spaces[1].size()) return true;
        }
    }

    bool handle_events(Session& session, std::int64_t now) {
        auto& connection = session.connection;
        for (;;) {
            auto event = connection.next();
            if (std::holds_alternative<RtmpServerConnection::NeedMore>(event)) break;
            if (std::holds_alternative<RtmpEnding>(event)) return false;
            if (const auto* wish = std::get_if<RtmpServerConnection::PublishWish>(&event)) {
                session.name = wish->name.reveal();
                if (const auto query = session.name.find('?'); query != std::string::npos) {
                    session.name.resize(query);
                }
                connection.accept();
                const std::lock_guard lock(mutex_);
                session.number = ++begun_[session.name];
                ++arrived_[session.name].sessions;
            }
            if (const auto* tag = std::get_if<Tag>(&event)) count(session, *tag, now);
        }
        write_all_of(session.socket, connection.output());
        return true;
    }

    void count(Session& session, const Tag& tag, std::int64_t now) {
        const std::lock_guard lock(mutex_);
        Arrived& arrived = arrived_[session.name];
        arrived.bytes += tag.bytes().size();
        if (is_picture(tag)) count_picture(session, arrived, tag, now);
        if (!is_sound(tag)) return;
        first(session, session.has_sound, "audio", now);
        ++arrived.sounds;
        // 1,024 samples of 48 kHz are 21.3 ms.
        if (session.last_sound) {
            const std::int32_t step = tag.time.since(*session.last_sound);
            if (step > 32) arrived.lost_sounds += static_cast<std::uint64_t>((step - 11) / 21);
        }
        session.last_sound = tag.time;
    }

    void count_picture(Session& session, Arrived& arrived, const Tag& tag, std::int64_t now) {
        if (is_keyframe(tag)) first(session, session.has_picture, "video", now);
        ++arrived.pictures;
        const auto mark = Mark::find(tag.bytes());
        if (!mark) return;
        if (session.last_picture && mark->first > *session.last_picture + 1) {
            arrived.lost_pictures += mark->first - *session.last_picture - 1;
        }
        session.last_picture = mark->first;
        latencies_.push_back(now - static_cast<std::int64_t>(mark->second));
    }

    void first(const Session& session, bool& has_had, const char* what, std::int64_t now) {
        if (has_had) return;
        has_had = true;
        tell({{"destination", session.name},
              {"session", session.number},
              {"first", what},
              {"at", double(now) / 1e9}});
    }

    int epoll_;
    int listener_ = -1;
    std::map<Session*, std::unique_ptr<Session>> sessions_;
    std::mutex mutex_;
    std::map<std::string, std::uint64_t> begun_;
    std::map<std::string, Arrived> arrived_;
    std::vector<std::int64_t> latencies_;
    std::thread thread_;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: bench_flow CLIP.flv PORT\n");
        return 2;
    }
    const std::vector<Tag> clip = read_clip(argv[1]);
    Server server(std::atoi(argv[2]));
    std::vector<std::unique_ptr<Publisher>> publishers;
    tell({{"ready", true}});
    std::string line;
    while (std::getline(std::cin, line)) {
        if (line.starts_with("publish ")) {
            publishers.push_back(std::make_unique<Publisher>(clip, line.substr(8)));
            tell({{"publishing", true}});
        } else if (line == "report") {
            auto report = server.report();
            report["published"] = publishers.empty() ? 0 : publishers.back()->sent();
            tell({{"report", std::move(report)}});
        } else {
            tell({{"problem", "no such command: " + line}});
        }
    }
    std::_Exit(0);  // the threads end with the process
}
