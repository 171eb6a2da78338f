// Reading a stream key from where the user keeps it.
#include "key_input.hpp"

#include <cstdio>
#include <filesystem>
#include <optional>

#include "base/error.hpp"
#include "base/terminal.hpp"
#include "config/key_text.hpp"

namespace restream {

namespace {

/// The first line of standard input, at most a little more than any key can have.
Secret read_input_line() {
    constexpr std::size_t longest_bytes = 5000;
    std::string line;
    line.reserve(longest_bytes);  // no copies of a secret left behind by growing
    for (int c = std::getchar(); c != EOF && c != '\n' && line.size() < longest_bytes;
         c = std::getchar()) {
        line += static_cast<char>(c);
    }
    return Secret(std::move(line));
}

KeyText checked(const Secret& line) {
    const auto key = trimmed_key(line.reveal());
    if (const auto problem = key_text_problem(key)) {
        throw Error(ErrorKind::usage, "the stream key " + *problem);
    }
    return KeyText{Secret(std::string(key))};
}

}  // namespace

bool KeyOptions::is_any_given() const {
    return from_stdin || !file.empty() || !variable.empty() || !command.empty();
}

void declare_key_options(CLI::App& app, KeyOptions& options) {
    auto* group = app.add_option_group("stream key", "Where the stream key comes from; one of");
    group->add_flag("--key-stdin", options.from_stdin, "a line of standard input; it is stored");
    group->add_option("--key-file", options.file, "this file, read for every session")
        ->type_name("PATH");
    group->add_option("--key-env", options.variable, "this environment variable")
        ->type_name("NAME");
    group->add_option("--key-command", options.command, "what this shell command prints")
        ->type_name("COMMAND");
    group->require_option(0, 1);
}

KeyReference read_key_input(const KeyOptions& options) {
    if (!options.file.empty()) {
        std::error_code error;
        const auto path = std::filesystem::absolute(options.file, error);
        if (error) {
            throw Error(ErrorKind::refused,
                        "--key-file is a relative path, and the current folder "
                        "is unknown: " +
                            error.message() + "; give an absolute path");
        }
        return KeyFile{path.lexically_normal()};
    }
    if (!options.variable.empty()) return KeyEnv{options.variable};
    if (!options.command.empty()) return KeyCommand{options.command};
    if (!options.from_stdin) return std::monostate();
    if (can_ask_for_key()) return ask_for_key("Stream key: ");
    return checked(read_input_line());
}

bool can_ask_for_key() {
    return is_terminal(StandardHandle::input) && is_terminal(StandardHandle::error);
}

KeyReference ask_for_key(const std::string& prompt) {
    const auto line = read_hidden_line(prompt);
    if (!line) throw Error(ErrorKind::no, "cancelled; nothing was changed");
    if (trimmed_key(line->reveal()).empty()) return std::monostate();
    return checked(*line);
}

}  // namespace restream
