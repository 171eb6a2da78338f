// restream logs NAME: a relay's log.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "base/error.hpp"
#include "base/inbox.hpp"
#include "base/paths.hpp"
#include "command.hpp"
#include "config/config.hpp"
#include "state/layout.hpp"
#include "state/relay_name.hpp"

namespace {

using namespace restream;

struct Options {
    std::string name;
    bool follow = false;
    int lines = 50;
};

/// One relay's log. A destination with a backup has two.
struct Log {
    std::filesystem::path path;
    std::string_view mark;  ///< said behind the time of each line: whose it is
};

/// "2026-01-31T20:14:03.120Z backup: text"
std::string marked(const std::string& line, const Log& log) {
    const auto end_of_time = line.find(' ');
    if (log.mark.empty() || end_of_time == std::string::npos) return line;
    return fmt::format("{} {}:{}", line.substr(0, end_of_time), log.mark, line.substr(end_of_time));
}

std::string_view time_of(const std::string& line) {
    return std::string_view(line).substr(0, line.find(' '));
}

std::vector<std::string> read_lines(const std::filesystem::path& path, const Log& log) {
    std::vector<std::string> lines;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) lines.push_back(marked(line, log));
    return lines;
}

/// The last lines, those of the rotated file before them where the current one has too few.
std::vector<std::string> tail_of(const Log& log, std::size_t count) {
    auto lines = read_lines(log.path, log);
    if (lines.size() < count) {
        auto older = read_lines(log.path.string() + ".1", log);
        older.insert(older.end(), lines.begin(), lines.end());
        lines = std::move(older);
    }
    if (lines.size() > count) lines.erase(lines.begin(), lines.end() - std::ptrdiff_t(count));
    return lines;
}

/// The last lines of all logs together, by time: each line begins with it.
void print_tail(const std::vector<Log>& logs, std::size_t count) {
    std::vector<std::string> lines;
    for (const auto& log : logs) {
        const auto middle = std::ssize(lines);
        for (auto& line : tail_of(log, count)) lines.push_back(std::move(line));
        std::ranges::inplace_merge(lines, lines.begin() + middle, {}, time_of);
    }
    const std::size_t first = lines.size() > count ? lines.size() - count : 0;
    for (std::size_t i = first; i < lines.size(); ++i) fmt::print("{}\n", lines[i]);
}

/// What is appended to one log from now on, also over a rotation.
class Follower {
  public:
    explicit Follower(Log log) : log_(std::move(log)) {
        std::error_code error;
        const auto size = std::filesystem::file_size(log_.path, error);
        at_ = error ? 0 : size;
    }

    /// Prints what is new, whole lines only.
    void print_new() {
        std::error_code error;
        const auto size = std::filesystem::file_size(log_.path, error);
        if (error || size == at_) return;
        if (size < at_) at_ = 0;  // rotated
        std::ifstream file(log_.path, std::ios::binary);
        file.seekg(static_cast<std::streamoff>(at_));
        std::string text(static_cast<std::size_t>(size - at_), '\0');
        file.read(text.data(), static_cast<std::streamsize>(text.size()));
        text.resize(static_cast<std::size_t>(file.gcount()));
        text.resize(text.rfind('\n') + 1);
        at_ += text.size();
        std::istringstream lines(text);
        for (std::string line; std::getline(lines, line);) fmt::print("{}\n", marked(line, log_));
    }

  private:
    Log log_;
    std::uintmax_t at_ = 0;
};

/// Until Ctrl-C.
int follow(const std::vector<Log>& logs) {
    Inbox inbox;
    std::vector<Follower> followers(logs.begin(), logs.end());
    for (;;) {
        for (auto& each : followers) each.print_new();
        if (std::fflush(stdout) != 0) return 0;
        if (inbox.wait(Deadline::after(Milliseconds(200))) == Inbox::What::stop) return 0;
    }
}

int logs(const Options& options) {
    if (const auto problem = name_problem(options.name)) throw Error(ErrorKind::usage, *problem);
    const Layout layout(state_directory());
    const std::vector<Log> logs = {{layout.log(options.name), ""},
                                   {layout.log(backup_relay(options.name)), "backup"}};
    const bool is_any_there =
        std::ranges::any_of(logs, [](const Log& log) { return std::filesystem::exists(log.path); });
    if (!is_any_there) {
        load_config(config_directory())
            .at(options.name);  // a name that is not known is told as such
        fmt::print(stderr,
                   "restream-logs: {}: nothing logged yet; it begins with 'restream enable {}'\n",
                   options.name, options.name);
        if (!options.follow) return 0;
    }
    print_tail(logs, static_cast<std::size_t>(options.lines));
    return options.follow ? follow(logs) : 0;
}

}  // namespace

int main(int argc, char** argv) {
    return run_command(
        "logs", "Shows a relay's log.", argc, argv, [](CLI::App& app) -> CommandBody {
            auto options = std::make_shared<Options>();
            app.add_option("NAME", options->name, "the destination")->required();
            app.add_flag("-f,--follow", options->follow,
                         "go on with what is appended, until Ctrl-C");
            app.add_option("-n,--lines", options->lines, "how many of the last lines (50)")
                ->check(CLI::Range(0, 1'000'000));
            return [options] { return logs(*options); };
        });
}
