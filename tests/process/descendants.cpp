#include "process/descendants.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <sstream>

#include "base/clock.hpp"
#include "process/patience.hpp"
#include "system/paths.hpp"

namespace restream::test {

namespace fs = std::filesystem;

namespace {

struct Entry {
    int pid = 0;
    int parent = 0;
    char state = '?';
};

std::optional<Entry> read_entry(int pid) {
    const auto stat = try_read_file(fs::path("/proc") / std::to_string(pid) / "stat", 4096);
    if (!stat) return std::nullopt;
    const auto name_end = stat->rfind(')');
    if (name_end == std::string::npos) return std::nullopt;
    std::istringstream rest(stat->substr(name_end + 1));
    Entry entry{pid};
    rest >> entry.state >> entry.parent;
    return entry;
}

std::string command_of(int pid) {
    std::string text =
        try_read_file(fs::path("/proc") / std::to_string(pid) / "cmdline", 65536).value_or("");
    while (!text.empty() && text.back() == '\0') text.pop_back();
    std::ranges::replace(text, '\0', ' ');
    return text;
}

std::vector<Entry> all_processes() {
    std::vector<Entry> entries;
    std::error_code error;
    for (const auto& each : fs::directory_iterator("/proc", error)) {
        const std::string name = each.path().filename().string();
        int pid = 0;
        const auto [end, failed] = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (failed != std::errc() || end != name.data() + name.size()) continue;
        if (const auto entry = read_entry(pid)) entries.push_back(*entry);
    }
    return entries;
}

}  // namespace

void adopt_orphans() {
    if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) std::abort();
}

std::vector<Descendant> living_descendants() {
    std::map<int, Entry> entries;
    for (const Entry& each : all_processes()) entries[each.pid] = each;
    const auto descends = [&](int pid) {
        for (int steps = 0; steps < 64; ++steps) {
            const auto found = entries.find(pid);
            if (found == entries.end()) return false;
            if (found->second.parent == ::getpid()) return true;
            pid = found->second.parent;
        }
        return false;
    };
    std::vector<Descendant> found;
    for (const auto& [pid, entry] : entries) {
        if (entry.state == 'Z' || entry.state == 'X' || !descends(pid)) continue;
        found.push_back({pid, command_of(pid)});
    }
    return found;
}

std::string describe(const std::vector<Descendant>& descendants) {
    std::string text;
    for (const auto& [pid, command] : descendants) {
        text += std::to_string(pid) + " " + command + "\n";
    }
    return text;
}

void reap_orphans() {
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
}

void end_descendants() {
    wait_until(Patience(std::chrono::seconds(10)), [] {
        const auto left = living_descendants();
        // Descendants of this program, looked up this moment: a PID cannot be another's already, as
        // nobody but this program can have reaped an orphan.
        for (const auto& each : left) ::kill(each.pid, SIGKILL);
        reap_orphans();
        return left.empty();
    });
}

}  // namespace restream::test
