#include <arpa/inet.h>
#include <linux/filter.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <string>
#include <system_error>

#include "selftest/system.hpp"
#include "system/paths.hpp"

namespace restream::selftest {

bool drop_arrivals(const Fd& socket) {
    sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
    const sock_fprog program{1, &nothing};
    return ::setsockopt(static_cast<int>(socket.native()), SOL_SOCKET, SO_ATTACH_FILTER, &program,
                        sizeof program) == 0;
}

void take_arrivals(const Fd& socket) {
    const int ignored = 0;
    ::setsockopt(static_cast<int>(socket.native()), SOL_SOCKET, SO_DETACH_FILTER, &ignored,
                 sizeof ignored);
}

std::optional<std::string> why_none_can_vanish() {
    const Fd here(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const Fd there(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const int receiver = static_cast<int>(here.native());
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (::bind(receiver, any, size) != 0 || ::getsockname(receiver, any, &size) != 0) {
        return std::generic_category().message(errno);
    }
    if (!drop_arrivals(here)) {
        return "this system refuses socket filters: " + std::generic_category().message(errno);
    }
    const char byte = 0;
    ::sendto(static_cast<int>(there.native()), &byte, 1, 0, any, size);
    pollfd waiting{receiver, POLLIN, 0};
    if (::poll(&waiting, 1, 50) > 0) return "this system does not obey socket filters";
    return std::nullopt;
}

void adopt_orphans() { ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

std::uint64_t resident_bytes(const ProcessId& process) {
    const auto path = std::filesystem::path("/proc") / std::to_string(process.pid) / "statm";
    const auto text = try_read_file(path, 4096);
    // proc(5): the second number, in pages.
    const auto space = text ? text->find(' ') : std::string::npos;
    if (space == std::string::npos || identify(process.pid) != process) return 0;
    std::uint64_t pages = 0;
    std::from_chars(text->data() + space + 1, text->data() + text->size(), pages);
    return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace restream::selftest
