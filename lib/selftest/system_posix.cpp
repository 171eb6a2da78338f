#include <linux/filter.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <string>

#include "base/paths.hpp"
#include "selftest/system.hpp"

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
