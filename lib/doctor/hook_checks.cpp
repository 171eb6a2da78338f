#include "doctor/hook_checks.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <compare>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "config/key.hpp"
#include "doctor/found.hpp"
#include "system/process.hpp"

namespace restream {

namespace fs = std::filesystem;

namespace {

/// What the shell does itself; all else that a line begins with is a program.
constexpr std::array shell_words = {".",    ":",     "case",  "cd",    "command", "eval",
                                    "exec", "exit",  "for",   "if",    "read",    "set",
                                    "trap", "umask", "unset", "until", "while",   "export"};

/// The program that a command line begins with; empty where it begins with something else.
std::string program_of(const std::string& line) {
    const auto word = line.substr(0, line.find_first_of(" \t\n;|&<>("));
    const auto is_plain = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
               std::string_view("._/+-").find(c) != std::string_view::npos;
    };
    const bool is_program = std::ranges::all_of(word, is_plain) &&
                            std::ranges::find(shell_words, word) == shell_words.end();
    return is_program ? word : "";
}

bool can_run(const fs::path& file) {
    std::error_code error;
    const auto status = fs::status(file, error);
    constexpr auto anybody = fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec;
    return !error && fs::is_regular_file(status) &&
           (status.permissions() & anybody) != fs::perms::none;
}

/// What keeps a hook from working: what its webhook's URL has, or the program that is not there.
struct HookProblem {
    std::string words{};    ///< of the URL, with what helps
    std::string program{};  ///< of a command
    std::string folder{};

    auto operator<=>(const HookProblem&) const = default;
};

std::optional<HookProblem> hook_problem(const StateHook& hook) {
    if (const auto* webhook = std::get_if<Webhook>(&hook.what)) {
        const auto url = resolve_webhook(*webhook);
        const auto* problem = std::get_if<KeyProblem>(&url);
        return problem == nullptr ? std::nullopt : std::optional(HookProblem{problem->message});
    }
    const auto* command = std::get_if<HookCommand>(&hook.what);
    if (command == nullptr) return std::nullopt;
    const std::string program = program_of(command->line);
    if (program.empty()) return std::nullopt;
    const bool is_there = program.find('/') == std::string::npos
                              ? find_in_path(program).has_value()
                              : can_run(command->folder / program);
    if (is_there) return std::nullopt;
    return HookProblem{"", program, command->folder.string()};
}

Diagnosis tell_hook_problem(const HookProblem& problem, const std::vector<std::string>& names) {
    if (problem.program.empty()) {
        return found(Severity::warning, "hook_url_unusable", names, problem.words);
    }
    return found(Severity::warning, "hook_program_missing", names, problem.program, problem.folder);
}

}  // namespace

std::vector<Diagnosis> check_hooks(const Config& config) {
    // A hook for all destinations has its problem once.
    std::map<HookProblem, std::vector<std::string>> problems;
    for (const auto& each : config.destinations) {
        if (const auto problem = hook_problem(each.on_state)) {
            problems[*problem].push_back(each.name);
        }
    }
    if (const auto problem = hook_problem(config.ingest.on_state)) {
        problems[*problem].push_back("[ingest]");
    }
    std::vector<Diagnosis> result;
    for (const auto& [problem, names] : problems) {
        result.push_back(tell_hook_problem(problem, names));
    }
    return result;
}

}  // namespace restream
