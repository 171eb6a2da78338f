// restream logs NAME: a relay's log.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <vector>

#include "base/error.hpp"
#include "base/inbox.hpp"
#include "base/paths.hpp"
#include "command.hpp"
#include "config/config.hpp"
#include "state/layout.hpp"

namespace {

using namespace restream;

struct Options {
    std::string name;
    bool follow = false;
    int lines = 50;
};

std::vector<std::string> read_lines(const std::filesystem::path& path) {
    std::vector<std::string> lines;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) lines.push_back(std::move(line));
    return lines;
}

/// The last lines, those of the rotated file before them where the current one has too few.
void print_tail(const std::filesystem::path& log, std::size_t count) {
    auto lines = read_lines(log);
    if (lines.size() < count) {
        auto older = read_lines(log.string() + ".1");
        older.insert(older.end(), lines.begin(), lines.end());
        lines = std::move(older);
    }
    const std::size_t first = lines.size() > count ? lines.size() - count : 0;
    for (std::size_t i = first; i < lines.size(); ++i) fmt::print("{}\n", lines[i]);
}

/// What is appended from now on, also over a rotation, until Ctrl-C.
int follow(const std::filesystem::path& log) {
    Inbox inbox;
    std::error_code ignored;
    std::uintmax_t at = std::filesystem::file_size(log, ignored);
    if (ignored) at = 0;
    for (;;) {
        const auto size = std::filesystem::file_size(log, ignored);
        if (!ignored && size < at) at = 0;  // rotated
        if (!ignored && size > at) {
            std::ifstream file(log, std::ios::binary);
            file.seekg(static_cast<std::streamoff>(at));
            std::string text(static_cast<std::size_t>(size - at), '\0');
            file.read(text.data(), static_cast<std::streamsize>(text.size()));
            text.resize(static_cast<std::size_t>(file.gcount()));
            at += text.size();
            fmt::print("{}", text);
        }
        if (std::fflush(stdout) != 0) return 0;
        if (inbox.wait(Deadline::after(Milliseconds(200))) == Inbox::What::stop) return 0;
    }
}

int logs(const Options& options) {
    if (const auto problem = name_problem(options.name)) throw Error(ErrorKind::usage, *problem);
    const auto log = Layout(state_directory()).log(options.name);
    if (!std::filesystem::exists(log)) {
        load_config(config_directory())
            .at(options.name);  // a name that is not known is told as such
        fmt::print(stderr,
                   "restream-logs: {}: nothing logged yet; it begins with 'restream enable {}'\n",
                   options.name, options.name);
        if (!options.follow) return 0;
    }
    print_tail(log, static_cast<std::size_t>(options.lines));
    return options.follow ? follow(log) : 0;
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
