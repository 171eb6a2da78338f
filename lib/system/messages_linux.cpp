#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/error.hpp"
#include "system/fd_linux.hpp"
#include "system/messages.hpp"

namespace restream {

namespace {

/// Room for the descriptors of one message, as cmsg(3) wants it.
struct alignas(cmsghdr) Room {
    std::array<char, CMSG_SPACE(most_handed_on * sizeof(int))> bytes{};
};

std::vector<Fd> descriptors_in(msghdr& header) {
    std::vector<Fd> found;
    for (cmsghdr* each = CMSG_FIRSTHDR(&header); each != nullptr;
         each = CMSG_NXTHDR(&header, each)) {
        if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (each->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int descriptor = -1;
            std::memcpy(&descriptor, CMSG_DATA(each) + i * sizeof(int), sizeof descriptor);
            found.emplace_back(descriptor);
        }
    }
    return found;
}

}  // namespace

MessageEnds make_message_ends() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        throw_system_error("making a socket pair", errno);
    }
    return {Fd(ends[0]), Fd(ends[1])};
}

void send_message(const Fd& end, std::string_view text, const std::vector<const Fd*>& handed_on) {
    if (text.empty() || text.size() > longest_message_bytes || handed_on.size() > most_handed_on) {
        throw Error(ErrorKind::refused, "a message to another process is too long");
    }
    std::array<char, longest_message_bytes> bytes;
    std::memcpy(bytes.data(), text.data(), text.size());
    iovec part{bytes.data(), text.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    Room room;
    if (!handed_on.empty()) {
        header.msg_control = room.bytes.data();
        header.msg_controllen = CMSG_SPACE(handed_on.size() * sizeof(int));
        cmsghdr* const rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(handed_on.size() * sizeof(int));
        for (std::size_t i = 0; i < handed_on.size(); ++i) {
            const int descriptor = number(*handed_on[i]);
            std::memcpy(CMSG_DATA(rights) + i * sizeof(int), &descriptor, sizeof descriptor);
        }
    }
    ssize_t sent = 0;
    do {
        sent = ::sendmsg(number(end), &header, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) throw_system_error("asking another process", errno);
}

std::optional<ProcessMessage> receive_message(const Fd& end) {
    std::array<char, longest_message_bytes> bytes;
    iovec part{bytes.data(), bytes.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    Room room;
    header.msg_control = room.bytes.data();
    header.msg_controllen = room.bytes.size();
    ssize_t got = 0;
    do {
        got = ::recvmsg(number(end), &header, MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    if (got <= 0) return std::nullopt;
    return ProcessMessage{{bytes.data(), static_cast<std::size_t>(got)}, descriptors_in(header)};
}

}  // namespace restream
