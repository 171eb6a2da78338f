#include <arpa/inet.h>
#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <set>
#include <sstream>

#include "system/paths.hpp"
#include "system/tcp.hpp"

namespace restream {

namespace fs = std::filesystem;

namespace {

constexpr std::uintmax_t longest_table_bytes = 8 * 1024 * 1024;

/// An address, and whether it stands for all addresses of its family.
struct Address {
    std::vector<std::uint8_t> bytes;  ///< 4 or 16, in network order; empty: not known

    bool is_any() const {
        return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
    }
};

/// IPv4 inside of IPv6 is IPv4.
Address unmapped(Address address) {
    constexpr std::array<std::uint8_t, 12> prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (address.bytes.size() != 16) return address;
    if (!std::equal(prefix.begin(), prefix.end(), address.bytes.begin())) return address;
    address.bytes.erase(address.bytes.begin(), address.bytes.begin() + std::ssize(prefix));
    return address;
}

/// A numeric address; not known for a name.
Address to_address(std::string host) {
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    std::vector<std::uint8_t> bytes(4);
    if (::inet_pton(AF_INET, host.c_str(), bytes.data()) == 1) return {bytes};
    bytes.resize(16);
    if (::inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1) return unmapped({bytes});
    return {};
}

/// As /proc/net/tcp has it: 32-bit words, each printed as this machine reads it.
Address from_table(std::string_view hex) {
    Address address;
    for (; hex.size() >= 8; hex.remove_prefix(8)) {
        std::uint32_t word = 0;
        std::from_chars(hex.data(), hex.data() + 8, word, 16);
        std::array<std::uint8_t, 4> bytes{};
        std::memcpy(bytes.data(), &word, sizeof word);
        address.bytes.insert(address.bytes.end(), bytes.begin(), bytes.end());
    }
    return unmapped(std::move(address));
}

/// Whether a listener at one keeps another from the other. An IPv6 socket for all addresses mostly
/// takes IPv4, too; whether it does, the table does not say.
bool are_in_conflict(const Address& wanted, const Address& taken) {
    if (wanted.bytes.empty() || taken.bytes.empty()) return true;
    const bool is_same_family = wanted.bytes.size() == taken.bytes.size();
    if (is_same_family) {
        return wanted.is_any() || taken.is_any() || wanted.bytes == taken.bytes;
    }
    const Address& six = wanted.bytes.size() == 16 ? wanted : taken;
    return six.is_any();
}

/// A listening socket. **Source**: proc(5), /proc/net/tcp.
struct Listener {
    std::string inode;
    unsigned user = 0;
};

std::vector<Listener> listeners_at(const Address& wanted, int port) {
    constexpr std::string_view state_listen = "0A";
    std::vector<Listener> found;
    for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
        std::istringstream lines(try_read_file(table, longest_table_bytes).value_or(""));
        std::string line;
        while (std::getline(lines, line)) {
            std::istringstream fields(line);
            std::string slot, local, remote, state, queues, timer, retransmits, timeout;
            Listener each;
            fields >> slot >> local >> remote >> state >> queues >> timer >> retransmits >>
                each.user >> timeout >> each.inode;
            const auto colon = local.rfind(':');
            if (state != state_listen || colon == std::string::npos) continue;
            int number = 0;
            std::from_chars(local.data() + colon + 1, local.data() + local.size(), number, 16);
            if (number != port) continue;
            const Address taken = from_table(std::string_view(local).substr(0, colon));
            if (are_in_conflict(wanted, taken)) found.push_back(std::move(each));
        }
    }
    return found;
}

/// The PIDs this user may see, from /proc.
std::vector<int> all_pids() {
    std::vector<int> pids;
    std::error_code error;
    for (fs::directory_iterator entry("/proc", error), end; !error && entry != end;
         entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        int pid = 0;
        const auto [stop, failure] = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (failure == std::errc() && stop == name.data() + name.size()) pids.push_back(pid);
    }
    std::ranges::sort(pids);
    return pids;
}

bool has_socket(int pid, const std::set<std::string>& inodes) {
    std::error_code error;
    const fs::path folder = fs::path("/proc") / std::to_string(pid) / "fd";
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
        char target[64];
        const ssize_t length = ::readlink(entry->path().c_str(), target, sizeof target);
        std::string_view text(target, length > 0 ? static_cast<std::size_t>(length) : 0);
        if (!text.starts_with("socket:[") || !text.ends_with(']')) continue;
        text.remove_prefix(8);
        text.remove_suffix(1);
        if (inodes.contains(std::string(text))) return true;
    }
    return false;
}

/// The parent's PID. Source: proc(5), /proc/PID/stat, counted behind the name, which may hold
/// anything.
int parent_of(int pid) {
    const auto stat = try_read_file(fs::path("/proc") / std::to_string(pid) / "stat", 4096);
    const auto name_end = stat ? stat->rfind(')') : std::string::npos;
    if (name_end == std::string::npos) return 0;
    std::istringstream fields(stat->substr(name_end + 1));
    char state = 0;
    int parent = 0;
    fields >> state >> parent;
    return parent;
}

std::string name_of(int pid) {
    std::string name =
        try_read_file(fs::path("/proc") / std::to_string(pid) / "comm", 64).value_or("");
    while (!name.empty() && name.back() == '\n') name.pop_back();
    return name;
}

bool hides_descriptors(int pid) {
    std::error_code error;
    const fs::directory_iterator ignored(fs::path("/proc") / std::to_string(pid) / "fd", error);
    return error == std::errc::permission_denied;
}

/// Whose a process is. The owner of its folder does not say: of one that hides its descriptors that
/// is root.
std::optional<unsigned> user_of(int pid) {
    std::istringstream lines(
        try_read_file(fs::path("/proc") / std::to_string(pid) / "status", 65536).value_or(""));
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with("Uid:")) continue;
        std::istringstream fields(line.substr(4));
        unsigned real = 0, effective = 0;
        if (fields >> real >> effective) return effective;
    }
    return std::nullopt;
}

std::string user_name(unsigned user) {
    const passwd* entry = ::getpwuid(user);
    return entry != nullptr ? entry->pw_name : std::to_string(user);
}

}  // namespace

std::optional<PortHolder> find_port_holder(const std::string& host, int port) {
    const std::vector<Listener> listeners = listeners_at(to_address(host), port);
    if (listeners.empty()) return std::nullopt;
    std::set<std::string> inodes;
    for (const auto& each : listeners) inodes.insert(each.inode);
    const unsigned owner = listeners.front().user;
    std::vector<int> hidden;
    for (const int pid : all_pids()) {
        if (has_socket(pid, inodes)) return PortHolder{pid, name_of(pid), user_name(owner)};
        if (owner == ::geteuid() && user_of(pid) == owner && hides_descriptors(pid)) {
            hidden.push_back(pid);
        }
    }
    // A program that guards secrets, such as another server of restream, hides its descriptors from
    // its own user, too.
    const auto is_server = [](int pid) { return name_of(pid).starts_with("restream-"); };
    if (std::ranges::any_of(hidden, is_server)) std::erase_if(hidden, std::not_fn(is_server));
    if (hidden.size() == 1) {
        return PortHolder{hidden.front(), name_of(hidden.front()), user_name(owner)};
    }
    return PortHolder{0, "", user_name(owner)};
}

std::string PortHolder::describe() const {
    return pid == 0 ? "a program of user " + user : fmt::format("{} (PID {})", name, pid);
}

std::vector<ProcessId> children_of(int pid) {
    std::vector<ProcessId> children;
    for (const int each : all_pids()) {
        if (parent_of(each) != pid) continue;
        if (auto id = identify(each)) children.push_back(std::move(*id));
    }
    return children;
}

}  // namespace restream
