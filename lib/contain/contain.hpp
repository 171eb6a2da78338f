// What a process gives up for good before it reads the first byte from others.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

namespace restream {

/// Which system calls are left to a process and to what it starts.
enum class SystemCalls {
    /// To compute, and to read and write what is open: no file, no socket, no other process.
    of_a_decoder,
    /// All but those that a server has no use for: no program is run, no other process is looked
    /// into, nothing of the system is changed.
    of_a_server,
    /// As of_a_server, and it connects to no socket of a file.
    of_a_player,
    /// As of_a_server, and it makes no socket but to the kernel's own tables: it takes connections
    /// where it listens already.
    of_a_listener,
};

/// What is left to a process. Everything else is refused by the system: a call fails as if a
/// permission were missing, and nothing is killed for trying. The processes that it starts have no
/// more.
///
/// A list without a value restricts nothing. If the kernel has no Landlock, or an old one,
/// `readable`, `writable` and `ports` have no effect; the rest still applies.
struct Containment {
    using Paths = std::vector<std::filesystem::path>;

    SystemCalls calls = SystemCalls::of_a_decoder;
    /// Files, and folders with all that is below; a path that is missing counts for nothing.
    std::optional<Paths> readable;
    std::optional<Paths> writable;
    /// TCP ports that may be connected to, at any address.
    std::optional<std::vector<std::uint16_t>> ports;
    /// Whether it may end processes: children of its own, say. Else it signals only itself.
    bool may_signal = false;
    /// Memory beyond what it has now. Not where it was built with a sanitizer, which maps
    /// terabytes.
    std::optional<std::uint64_t> memory_bytes;
    /// Of processor, from its start on; then it is ended.
    std::optional<std::chrono::seconds> processor;
};

/// What came of it.
struct Contained {
    bool has_no_new_privileges = false;
    int landlock = 0;  ///< the version of its interface; 0: there is none
    bool has_filter = false;
    bool has_limits = false;
};

/// Contains this process. To be called when it has opened all that it needs. Landlock holds for the
/// calling thread and those that it starts later, all else for every thread: call it before there
/// are others. What the system lacks is left out: no relay fails for that. Cannot be undone.
Contained contain(const Containment& what) noexcept;

/// What contain() can do on this system: a child process tries it.
Contained containment_here() noexcept;

/// What looking up a host's name and checking a certificate read. Nothing below a home.
Containment::Paths paths_of_the_network();

}  // namespace restream
