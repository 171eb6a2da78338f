// restream VERB …: starts restream-VERB.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/paths.hpp"
#include "base/process.hpp"
#include "base/text.hpp"

namespace {

struct Verb {
    std::string_view name;
    std::string_view does;
};

constexpr std::array verbs = {
    Verb{"add", "add a destination"},
    Verb{"remove", "stop and delete a destination"},
    Verb{"key", "replace a destination's stream key"},
    Verb{"enable", "put the live picture on destinations"},
    Verb{"disable", "take it off"},
    Verb{"start", "start every wanted relay"},
    Verb{"stop", "stop every running relay, wishes are kept"},
    Verb{"restart", "stop and start again"},
    Verb{"status", "what every destination does now"},
    Verb{"explain", "what went wrong, and who it was"},
    Verb{"doctor", "find out what is wrong, and what helps"},
    Verb{"selftest", "prove on this machine that it works"},
    Verb{"probe", "look at what arrives at the ingest"},
    Verb{"ingest", "start, stop, reload or restart the ingest server"},
    Verb{"dashboard", "the web page: http://127.0.0.1:5000"},
    Verb{"logs", "a relay's log"},
    Verb{"service", "start again what is wanted, also after a reboot"},
    Verb{"services", "the platforms known by name"},
};

void print_help(std::FILE* to) {
    fmt::print(to,
               "One live ingest, many destinations, each switched on and off at will.\n\n"
               "Usage: restream COMMAND [OPTION]... [NAME]...\n\n");
    for (const Verb& each : verbs) fmt::print(to, "  {:<10} {}\n", each.name, each.does);
    fmt::print(to,
               "\n'restream COMMAND --help' tells a command's options.\n"
               "First steps: restream add, restream ingest start, restream enable.\n");
}

int unknown(std::string_view verb) {
    std::vector<std::string_view> names;
    for (const Verb& each : verbs) names.push_back(each.name);
    const auto nearest = restream::nearest(verb, names);
    fmt::print(stderr, "restream: no command '{}'{}; see 'restream --help'\n", verb,
               nearest ? fmt::format("; did you mean '{}'?", *nearest) : "");
    return 2;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view verb = argc > 1 ? argv[1] : "";
    if (verb.empty()) {
        print_help(stderr);
        return 2;
    }
    if (verb == "--help" || verb == "-h" || verb == "help") {
        print_help(stdout);
        return std::fflush(stdout) == 0 ? 0 : 5;
    }
    if (verb == "--version") {
        fmt::print("restream {}\n", RESTREAM_VERSION);
        return std::fflush(stdout) == 0 ? 0 : 5;
    }
    const bool is_known =
        std::ranges::any_of(verbs, [&](const Verb& each) { return each.name == verb; });
    if (!is_known) return unknown(verb);
    const auto program = restream::program_directory() / fmt::format("restream-{}", verb);
    const int error = restream::exec_program(program, {argv + 2, argv + argc});
    fmt::print(stderr, "restream: {}: {}; install restream again\n", program.string(),
               std::generic_category().message(error));
    return 5;
}
