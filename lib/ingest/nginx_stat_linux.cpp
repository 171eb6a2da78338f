#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "ingest/nginx_stat.hpp"
#include "system/fd.hpp"
#include "system/fd_linux.hpp"

namespace restream {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t longest_answer_bytes = 1024 * 1024;

/// A socket's address holds 107 bytes; a state folder may lie deeper. The path through the folder's
/// descriptor is always short.
Fd connect_to(const fs::path& nginx_directory) {
    const Fd folder(::open(nginx_directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!folder.is_open() || !socket.is_open()) return {};
    const std::string path = "/proc/self/fd/" + std::to_string(number(folder)) + "/stat.sock";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    // A local socket connects at once, or not at all: EAGAIN where too many wait already.
    if (::connect(number(socket), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
        0) {
        return {};
    }
    return socket;
}

/// Everything until the other side closes; nothing where it takes too long or is too much.
std::optional<std::string> read_to_end(const Fd& socket, const Deadline& deadline) {
    std::string answer;
    char block[16 * 1024];
    while (answer.size() <= longest_answer_bytes) {
        pollfd entry{number(socket), POLLIN, 0};
        const int ready = ::poll(&entry, 1, static_cast<int>(deadline.left().count()));
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) return std::nullopt;
        const ssize_t got = ::recv(number(socket), block, sizeof block, 0);
        if (got == 0) return answer;
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (got < 0) return std::nullopt;
        answer.append(block, static_cast<std::size_t>(got));
    }
    return std::nullopt;
}

}  // namespace

std::optional<NginxStat> ask_nginx(const fs::path& nginx_directory, const Deadline& deadline) {
    const Fd socket = connect_to(nginx_directory);
    if (!socket.is_open()) return std::nullopt;
    // HTTP/1.0, so that the answer is not chunked and ends with the connection.
    constexpr std::string_view question = "GET /stat HTTP/1.0\r\nHost: localhost\r\n\r\n";
    const ssize_t sent = ::send(number(socket), question.data(), question.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(question.size())) return std::nullopt;
    const auto answer = read_to_end(socket, deadline);
    const auto body = answer ? http_body(*answer) : std::nullopt;
    return body ? parse_nginx_stat(*body) : std::nullopt;
}

}  // namespace restream
