// Tells a user's hook of a change of a relay's state: started by relays, which hand it one job a
// line; see lib/relay/hook_keeper.hpp.
#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/process.hpp"
#include "command.hpp"
#include "hook/run_hook.hpp"

namespace {

using namespace restream;

constexpr std::size_t longest_line_bytes = 64 * 1024;

/// Nothing at the end, and where a line is too long to be a job.
std::optional<std::string> next_line(const Fd& from, std::string& unread) {
    for (;;) {
        const auto end = unread.find('\n');
        if (end != std::string::npos) {
            std::string line = unread.substr(0, end);
            unread.erase(0, end + 1);
            return line;
        }
        std::array<char, 4096> block{};
        const std::size_t got = read_some(from, block);
        if (got == 0 || unread.size() + got > longest_line_bytes) return std::nullopt;
        unread.append(block.data(), got);
    }
}

/// Its first line: what a relay reads.
std::string one_line(std::string text) {
    std::ranges::replace(text, '\n', ' ');
    return text.empty() ? "done" : text;
}

int work() {
    forbid_core_dumps();
    const Fd input(0);
    const Fd output(1);
    std::string unread;
    while (const auto line = next_line(input, unread)) {
        const auto job = hook_job_from_line(*line);
        if (!job) throw Error(ErrorKind::usage, "is started by relays; see restream.toml(5)");
        // Where the relay has gone, nobody hears it.
        write_all(output, one_line(run_hook(*job)) + "\n");
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    return run_command("hook", "Tells a hook of a relay's new state. Started by relays.", argc,
                       argv, [](CLI::App&) -> CommandBody { return work; });
}
