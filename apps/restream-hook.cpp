// Tells a user's hook of a change of a relay's state: started for relays, which hand it one job a
// line; see lib/relay/hook_keeper.hpp.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "command.hpp"
#include "hook/run_hook.hpp"
#include "system/fd.hpp"
#include "system/process.hpp"

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

/// The hooks that may be run, one a line: where the relay's word alone does not count, because it
/// reads what strangers send. Nothing where it does.
std::optional<std::vector<std::string>> known_hooks() {
    const Fd from = inherited_descriptor(0);
    if (!from.is_open()) return std::nullopt;
    std::vector<std::string> lines;
    std::string unread;
    while (auto line = next_line(from, unread)) lines.push_back(std::move(*line));
    return lines;
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
    const auto known = known_hooks();
    std::string unread;
    while (const auto line = next_line(input, unread)) {
        const auto job = hook_job_from_line(*line);
        if (!job) throw Error(ErrorKind::usage, "is started by relays; see restream.toml(5)");
        const bool is_known =
            !known || std::ranges::find(*known, to_line(job->hook)) != known->end();
        const std::string words =
            is_known ? run_hook(*job) : "the configuration has another hook now";
        // Where the relay has gone, nobody hears it.
        write_all(output, one_line(words) + "\n");
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    return run_command("hook", "Tells a hook of a relay's new state. Started by relays.", argc,
                       argv, [](Arguments&) -> CommandBody { return work; });
}
