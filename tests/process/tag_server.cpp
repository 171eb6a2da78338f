#include "process/tag_server.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <span>

#include "process/patience.hpp"
#include "rtmp/chunk_reader.hpp"
#include "rtmp/server.hpp"
#include "system/fd_linux.hpp"
#include "system/random.hpp"

namespace restream::test {

namespace {

/// C0, C1 and C2: what comes before the first chunk.
constexpr std::size_t handshake_bytes = 1 + 2 * 1536;

}  // namespace

struct TagServer::Connection {
    Fd socket;
    std::size_t session = 0;  ///< its place among the sessions
    RtmpServer rtmp{{.random = random_bytes(1528)}};
    /// Reads beside it until the first command, whose arguments it does not tell.
    std::optional<ChunkReader> first = ChunkReader();
    std::size_t bytes = 0;

    void look_for_connect(std::span<const std::uint8_t> block, Session& into);
    void take(Session& into);
    void read(Session& into);
    void write();
};

void TagServer::Connection::look_for_connect(std::span<const std::uint8_t> block, Session& into) {
    const std::size_t skipped = bytes < handshake_bytes ? handshake_bytes - bytes : 0;
    bytes += block.size();
    if (!first || skipped >= block.size()) return;
    first->feed(block.subspan(skipped));
    for (;;) {
        const auto next = first->next();
        const auto* message = std::get_if<Message>(&next);
        if (message == nullptr) return;
        into.connect = read_command(*message);
        if (!into.connect) continue;
        first.reset();
        return;
    }
}

void TagServer::Connection::take(Session& into) {
    for (;;) {
        auto event = rtmp.next();
        if (auto* tag = std::get_if<Tag>(&event)) {
            into.tags.push_back(std::move(*tag));
            into.arrivals.push_back(SteadyClock::now());
        } else if (const auto* wish = std::get_if<RtmpServer::PublishWish>(&event)) {
            into.name = wish->name.reveal();
            into.is_publishing = !into.name.starts_with("bad-");
            if (into.is_publishing) {
                rtmp.accept();
            } else {
                rtmp.refuse("NetStream.Publish.BadName", "no such key");
            }
        } else if (std::holds_alternative<RtmpServer::PlayWish>(event)) {
            rtmp.refuse("NetStream.Play.Failed", "there is nothing to play here");
        } else if (std::holds_alternative<RtmpServer::Left>(event)) {
            into.has_left = true;
        } else {
            into.has_ended |= std::holds_alternative<RtmpEnding>(event);
            return;
        }
    }
}

void TagServer::Connection::read(Session& into) {
    std::array<std::uint8_t, 65536> block;
    const ssize_t got = ::recv(number(socket), block.data(), block.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
        into.has_ended = true;
        return;
    }
    const std::span<const std::uint8_t> bytes_read(block.data(), static_cast<std::size_t>(got));
    look_for_connect(bytes_read, into);
    rtmp.feed(bytes_read);
    take(into);
    write();
}

void TagServer::Connection::write() {
    std::array<std::span<const std::uint8_t>, 1> piece;
    while (rtmp.output().gather(piece) > 0) {
        const ssize_t sent =
            ::send(number(socket), piece[0].data(), piece[0].size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent <= 0) return;
        rtmp.output().consume(static_cast<std::size_t>(sent));
    }
}

std::vector<std::string> TagServer::Session::fourccs() const {
    std::vector<std::string> all;
    const AmfValue* list = connect ? connect->object.find("fourCcList") : nullptr;
    if (list == nullptr) return all;
    for (const AmfValue& each : list->items) all.emplace_back(each.as_string().value_or("?"));
    return all;
}

TagServer::TagServer(std::string address)
    : address_(std::move(address)), listener_(address_.c_str()), wake_(make_pipe()) {
    thread_ = std::thread([this] { run(); });
}

TagServer::~TagServer() {
    {
        const std::lock_guard lock(mutex_);
        is_ending_ = true;
    }
    write_all(wake_.write_end, "x");
    thread_.join();
}

std::string TagServer::url() const { return fmt::format("rtmp://{}:{}/live", address_, port()); }

std::vector<TagServer::Session> TagServer::sessions() const {
    const std::lock_guard lock(mutex_);
    return sessions_;
}

bool TagServer::wait_for(const std::function<bool(const std::vector<Session>&)>& is_so,
                         Milliseconds longest) const {
    std::unique_lock lock(mutex_);
    return wait_until(changed_, lock, Patience(longest), [&] { return is_so(sessions_); });
}

bool TagServer::wait_tags(std::size_t count) const {
    return wait_for([count](const auto& sessions) {
        return !sessions.empty() && sessions.back().tags.size() >= count;
    });
}

void TagServer::accept_one() {
    Fd socket = listener_.accept();
    if (!socket.is_open()) return;
    auto connection = std::make_unique<Connection>();
    connection->socket = std::move(socket);
    connection->session = sessions_.size();
    sessions_.emplace_back();
    connections_.push_back(std::move(connection));
}

void TagServer::turn() {
    std::vector<pollfd> entries = {{number(wake_.read_end), POLLIN, 0},
                                   {number(listener_.fd()), POLLIN, 0}};
    for (const auto& each : connections_) entries.push_back({number(each->socket), POLLIN, 0});
    ::poll(entries.data(), entries.size(), -1);
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 2; i < entries.size(); ++i) {
        Connection& each = *connections_[i - 2];
        if (entries[i].revents != 0) each.read(sessions_[each.session]);
    }
    std::erase_if(connections_,
                  [&](const auto& each) { return sessions_[each->session].has_ended; });
    if (entries[1].revents != 0) accept_one();
}

void TagServer::run() {
    for (;;) {
        turn();
        changed_.notify_all();
        const std::lock_guard lock(mutex_);
        if (is_ending_) break;
    }
    connections_.clear();
}

}  // namespace restream::test
