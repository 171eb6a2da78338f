#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <set>
#include <sstream>

#include "base/paths.hpp"
#include "ingest/tcp.hpp"

namespace restream {

namespace fs = std::filesystem;

namespace {

constexpr std::uintmax_t longest_table_bytes = 8 * 1024 * 1024;

/// The inodes of the sockets that listen at a port. Source: proc(5), /proc/net/tcp.
std::set<std::string> listening_inodes(int port) {
    constexpr std::string_view state_listen = "0A";
    std::set<std::string> inodes;
    for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
        std::istringstream lines(try_read_file(table, longest_table_bytes).value_or(""));
        std::string line;
        while (std::getline(lines, line)) {
            std::istringstream fields(line);
            std::string slot, local, remote, state, queues, timer, retransmits, user, timeout,
                inode;
            fields >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> user >>
                timeout >> inode;
            const auto colon = local.rfind(':');
            if (state != state_listen || colon == std::string::npos) continue;
            int number = 0;
            std::from_chars(local.data() + colon + 1, local.data() + local.size(), number, 16);
            if (number == port) inodes.insert(inode);
        }
    }
    return inodes;
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

}  // namespace

std::optional<PortHolder> find_port_holder(int port) {
    const auto inodes = listening_inodes(port);
    if (inodes.empty()) return std::nullopt;
    for (const int pid : all_pids()) {
        if (!has_socket(pid, inodes)) continue;
        std::string name =
            try_read_file(fs::path("/proc") / std::to_string(pid) / "comm", 64).value_or("");
        while (!name.empty() && name.back() == '\n') name.pop_back();
        return PortHolder{pid, std::move(name)};
    }
    return PortHolder{};
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
