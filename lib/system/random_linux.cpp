#include <sys/random.h>

#include <cerrno>

#include "base/error.hpp"
#include "system/random.hpp"

namespace restream {

std::vector<std::uint8_t> random_bytes(std::size_t count) {
    std::vector<std::uint8_t> bytes(count);
    std::size_t done = 0;
    while (done < count) {
        const ssize_t got = ::getrandom(bytes.data() + done, count - done, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw_system_error("asking the system for random bytes", errno);
        done += static_cast<std::size_t>(got);
    }
    return bytes;
}

}  // namespace restream
