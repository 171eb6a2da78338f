// The system calls themselves: glibc has no functions for them, and Debian 12's header knows less
// than newer kernels do.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

#include "contain/landlock.hpp"
#include "system/fd.hpp"

namespace restream {

namespace {

// Source: linux/landlock.h of 6.12.
enum Files : std::uint64_t {
    execute = 1U << 0,
    write_content = 1U << 1,
    read_content = 1U << 2,
    read_folder = 1U << 3,
    remove_folder = 1U << 4,
    remove_file = 1U << 5,
    make_character_device = 1U << 6,
    make_folder = 1U << 7,
    make_file = 1U << 8,
    make_socket = 1U << 9,
    make_fifo = 1U << 10,
    make_block_device = 1U << 11,
    make_link = 1U << 12,
    move_elsewhere = 1U << 13,  // version 2
    truncate_file = 1U << 14,   // version 3
};
enum Ports : std::uint64_t { bind_tcp = 1U << 0, connect_tcp = 1U << 1 };
enum Scopes : std::uint64_t { abstract_sockets = 1U << 0, signals = 1U << 1 };

constexpr std::uint64_t reading = read_content | read_folder;
constexpr std::uint64_t writing =
    write_content | remove_folder | remove_file | make_character_device | make_folder | make_file |
    make_socket | make_fifo | make_block_device | make_link | move_elsewhere | truncate_file;
/// Of a folder's: what a rule about a file must not name.
constexpr std::uint64_t of_files = execute | write_content | read_content | truncate_file;

constexpr int version_with_moves = 2;
constexpr int version_with_truncation = 3;
constexpr int version_with_ports = 4;
constexpr int version_with_scopes = 6;

struct Ruleset {
    std::uint64_t files = 0;
    std::uint64_t ports = 0;
    std::uint64_t scopes = 0;
};
struct __attribute__((packed)) FileRule {
    std::uint64_t allowed = 0;
    std::int32_t parent = -1;
};
struct PortRule {
    std::uint64_t allowed = 0;
    std::uint64_t port = 0;
};
constexpr int of_a_path = 1;
constexpr int of_a_port = 2;
constexpr unsigned ask_version = 1;

// The numbers are the same on every architecture.
constexpr long create_ruleset = 444;
constexpr long add_rule = 445;
constexpr long restrict_self = 446;

/// What this version knows of `ruleset`, and how long its form of it is.
std::size_t cut_to_version(Ruleset& ruleset, int version) {
    if (version < version_with_moves) ruleset.files &= ~std::uint64_t(move_elsewhere);
    if (version < version_with_truncation) ruleset.files &= ~std::uint64_t(truncate_file);
    if (version < version_with_ports) return sizeof ruleset.files;
    if (version < version_with_scopes) return sizeof ruleset.files + sizeof ruleset.ports;
    return sizeof ruleset;
}

/// False where the kernel did not take the rule. What is missing needs none.
bool allow(const Fd& rules, const std::filesystem::path& path, std::uint64_t what) noexcept {
    const Fd place(::open(path.c_str(), O_PATH | O_CLOEXEC));
    if (!place.is_open()) return true;
    struct stat facts {};
    const int number = static_cast<int>(place.native());
    if (::fstat(number, &facts) != 0) return false;
    if (!S_ISDIR(facts.st_mode)) what &= of_files;
    const FileRule rule{what, number};
    return ::syscall(add_rule, rules.native(), of_a_path, &rule, 0) == 0;
}

bool allow(const Fd& rules, const Containment::Paths& paths, std::uint64_t what) noexcept {
    return std::ranges::all_of(paths, [&](const auto& path) { return allow(rules, path, what); });
}

bool allow(const Fd& rules, std::uint16_t port) noexcept {
    const PortRule rule{connect_tcp, port};
    return ::syscall(add_rule, rules.native(), of_a_port, &rule, 0) == 0;
}

}  // namespace

int landlock_version() noexcept {
    const long version = ::syscall(create_ruleset, nullptr, 0, ask_version);
    return version < 0 ? 0 : static_cast<int>(version);
}

int apply_landlock(const Containment& what) noexcept {
    const int version = landlock_version();
    if (version == 0) return 0;
    Ruleset ruleset{execute, bind_tcp, abstract_sockets | signals};
    if (what.readable) ruleset.files |= reading;
    if (what.writable) ruleset.files |= writing;
    if (what.ports) ruleset.ports |= connect_tcp;
    const std::size_t length = cut_to_version(ruleset, version);
    const Fd rules(::syscall(create_ruleset, &ruleset, length, 0));
    if (!rules.is_open()) return 0;
    if (what.readable && !allow(rules, *what.readable, reading)) return 0;
    if (what.writable && !allow(rules, *what.writable, writing & ruleset.files)) return 0;
    if (what.ports && version >= version_with_ports) {
        for (const std::uint16_t port : *what.ports) {
            if (!allow(rules, port)) return 0;
        }
    }
    return ::syscall(restrict_self, rules.native(), 0) == 0 ? version : 0;
}

}  // namespace restream
