// restream VERB …: starts restream-VERB.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/text.hpp"
#include "system/paths.hpp"
#include "system/process.hpp"
#include "system/terminal.hpp"

namespace {

using restream::StandardHandle;

struct Verb {
    std::string_view name;
    std::string_view does;
};

constexpr std::array verbs = {
    Verb{"add", "add a destination"},
    Verb{"remove", "stop and delete a destination"},
    Verb{"key", "replace a destination's stream key"},
    Verb{"enable", "switch destinations on"},
    Verb{"disable", "switch destinations off"},
    Verb{"start", "start every wanted relay"},
    Verb{"stop", "stop every relay; destinations stay switched on"},
    Verb{"restart", "stop relays and start them again"},
    Verb{"status", "show what every destination does now"},
    Verb{"explain", "show what went wrong earlier, and where the cause was"},
    Verb{"doctor", "find out what is wrong now, and how to fix it"},
    Verb{"selftest", "test that restream works on this machine"},
    Verb{"probe", "show what arrives at the ingest"},
    Verb{"ingest", "start, stop, reload or restart the ingest server"},
    Verb{"dashboard", "serve the web page: http://127.0.0.1:5000"},
    Verb{"logs", "print a relay's log, or who changed what"},
    Verb{"service", "start wanted relays after a reboot or a crash"},
    Verb{"services", "list the platforms known by name"},
};

/// Lines for people: broken between words on a terminal, whole in a pipe.
void print_to(std::FILE* to, std::string_view text) {
    const auto handle = to == stderr ? StandardHandle::error : StandardHandle::output;
    fmt::print(to, "{}", restream::wrapped_lines(text, restream::line_width(handle)));
}

void print_help(std::FILE* to) {
    const auto width =
        restream::line_width(to == stderr ? StandardHandle::error : StandardHandle::output);
    const auto print = [&](std::string_view begin, std::string_view text, std::size_t indent) {
        fmt::print(to, "{}", restream::wrapped(begin, text, width, indent));
    };
    constexpr std::size_t indent = 13;
    print("", "One live ingest, many destinations, each switched on and off at will.\n", 0);
    print("", "Usage: restream COMMAND [OPTION]... [NAME]...\n", 2);
    for (const Verb& each : verbs) print(fmt::format("  {:<10} ", each.name), each.does, indent);
    fmt::print(to, "\n");
    print("",
          "'restream help COMMAND' shows a command's manual page, 'restream COMMAND --help' its "
          "options.",
          0);
    print("",
          "First steps: restream dashboard, or restream add, restream ingest start, restream "
          "enable.",
          0);
}

/// What the output took: a full disk or a closed output must not pass as success.
int finish() { return std::fflush(stdout) == 0 && std::ferror(stdout) == 0 ? 0 : 5; }

bool is_verb(std::string_view word) {
    return std::ranges::any_of(verbs, [&](const Verb& each) { return each.name == word; });
}

int unknown(std::string_view word) {
    std::vector<std::string_view> names = {"help"};
    for (const Verb& each : verbs) names.push_back(each.name);
    const bool is_option = word.starts_with('-');
    if (is_option) names = {"--help", "--version"};
    const auto nearest = restream::nearest(word, names);
    std::string advice = "; see 'restream --help'";
    if (nearest) advice = fmt::format("; did you mean '{}'?", *nearest);
    if (is_option && !nearest)
        advice = "; options stand behind the command: restream COMMAND --help";
    print_to(stderr, fmt::format("restream: there is no {} '{}'{}\n",
                                 is_option ? "option" : "command", word, advice));
    return 2;
}

int run(std::string_view verb, const std::vector<std::string>& arguments) {
    const auto program = restream::program_directory() / fmt::format("restream-{}", verb);
    const int error = restream::exec_program(program, arguments);
    print_to(stderr, fmt::format("restream: {}: {}; install restream again\n", program.string(),
                                 std::generic_category().message(error)));
    return 5;
}

/// The page that was built or installed with this program; nothing where there is none.
std::optional<std::filesystem::path> manual_page(std::string_view name, int section) {
    const auto folder =
        restream::program_directory() / ".." / "share" / "man" / fmt::format("man{}", section);
    for (const char* packed : {"", ".gz"}) {
        const auto page = folder / fmt::format("{}.{}{}", name, section, packed);
        std::error_code error;
        if (std::filesystem::exists(page, error)) return page.lexically_normal();
    }
    return std::nullopt;
}

/// Returns only where no manual page can be shown here.
void show_manual(std::string_view name, int section) {
    if (!restream::is_terminal(StandardHandle::output)) return;
    const auto page = manual_page(name, section);
    const auto man = restream::find_in_path("man");
    if (page && man) restream::exec_program(*man, {page->string()});
}

/// restream help [COMMAND [SUBCOMMAND]]
int help(std::vector<std::string> words) {
    if (words.empty() || words.front() == "--help" || words.front() == "-h") {
        print_help(stdout);
        return finish();
    }
    const std::string verb = words.front();
    if (verb == "restream" || verb == "help") {
        show_manual("restream", 1);
        print_help(stdout);
        return finish();
    }
    if (verb == "restream.toml") {
        show_manual("restream.toml", 5);
        print_to(stderr,
                 "restream: help restream.toml: this manual page needs a terminal, 'man', "
                 "and an installed restream; its source is docs/man/restream.toml.5.scd\n");
        return 5;
    }
    if (!is_verb(verb)) return unknown(verb);
    if (words.size() == 1) show_manual("restream-" + verb, 1);
    words.erase(words.begin());
    words.emplace_back("--help");
    return run(verb, words);
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view verb = argc > 1 ? argv[1] : "";
    if (verb.empty()) {
        print_help(stderr);
        return 2;
    }
    if (verb == "--help" || verb == "-h") return help({});
    if (verb == "help") return help({argv + 2, argv + argc});
    if (verb == "--version") {
        fmt::print("restream {}\n", RESTREAM_VERSION);
        return finish();
    }
    if (!is_verb(verb)) return unknown(verb);
    return run(verb, {argv + 2, argv + argc});
}
