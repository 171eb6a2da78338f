// TCP connections of a server: listening, accepting, gathered reads and writes that never block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "server/admission.hpp"
#include "system/fd.hpp"

namespace restream {

/// Sockets that listen at all addresses of `host`; IPv4 too where it is "::". Port 0: any that is
/// free. The addresses of a crashed server's last connections can be had at once.
/// **Throws**: Error{refused} that says who holds the port, and what would work. **Blocks**: while
/// a name is looked up.
std::vector<Fd> listen_at(const std::string& host, int port);
/// Where the ingest server listens, and what it does without.
struct Listening {
    std::vector<Fd> sockets;
    /// Why it does not listen at the other loopback address, which it would have liked; else empty.
    std::string problem;
};
/// At all of listen_places(). A machine without IPv6, or without the other loopback address, is no
/// problem; that address taken by another program is one that is told and not thrown.
/// **Throws**: as listen_at().
Listening listen_for_ingest(const std::string& host, int port);
/// Whether a listening socket can be reached from other machines.
bool is_beyond_loopback(const Fd& listener);
int port_of(const Fd& listener);

/// An accepted connection: it does not block, sends small messages at once, and is noticed to be
/// dead within half a minute.
struct Accepted {
    Fd socket;
    Visitor visitor;
};
enum class NotAccepted {
    nobody,          ///< nobody waits
    gone,            ///< he who waited is gone, or broken: ask again
    no_descriptors,  ///< this process or the system has no more
};
std::variant<Accepted, NotAccepted> accept_connection(const Fd& listener);

/// What a read or write has come to.
struct Moved {
    enum class How { some, would_block, ended, broken };
    How how = How::would_block;
    std::size_t bytes = 0;
};
/// Reads what is there into the spaces, in their order.
Moved read_gathered(const Fd& socket, std::span<const std::span<std::uint8_t>> spaces);
/// Writes what the system takes of the pieces, in their order. At most 64 of them.
Moved write_gathered(const Fd& socket, std::span<const std::span<const std::uint8_t>> pieces);
/// Says that nothing more comes; the other direction stays.
void end_writing(const Fd& socket);
/// Closing it now loses what waits, on both sides, and takes no time.
void reset_on_close(const Fd& socket);

/// Raises this process's limit of open descriptors to `wanted`, as far as it may. Returns the
/// limit.
std::size_t raise_descriptor_limit(std::size_t wanted);

}  // namespace restream
