// Reading a stream key from where the user keeps it.
#include "key_input.hpp"

#include <cstdio>
#include <filesystem>
#include <optional>

#include "base/error.hpp"
#include "config/key_text.hpp"
#include "config/srt_options.hpp"
#include "system/terminal.hpp"

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

namespace {

/// `--NAME-stdin` and so on, of which one can be given.
void declare(Arguments& arguments, KeyOptions& options, const std::string& name,
             const std::string& what) {
    Arguments group = arguments.at_most_one(what, "Where the " + what + " comes from; one of");
    group.flag("--" + name + "-stdin", options.from_stdin,
               "a line of standard input; it is stored");
    group.value("--" + name + "-file", options.file, "this file, read for every session",
                {.type = "PATH"});
    group.value("--" + name + "-env", options.variable, "this environment variable",
                {.type = "NAME"});
    group.value("--" + name + "-command", options.command, "what this shell command prints",
                {.type = "COMMAND"});
}

/// The reference, unless it is standard input or nothing.
std::optional<KeyReference> named_by(const KeyOptions& options, const std::string& file_option) {
    if (!options.file.empty()) {
        std::error_code error;
        const auto path = std::filesystem::absolute(options.file, error);
        if (error) {
            throw Error(ErrorKind::refused,
                        file_option + " is a relative path, and the current folder is unknown: " +
                            error.message() + "; give an absolute path");
        }
        return KeyFile{path.lexically_normal()};
    }
    if (!options.variable.empty()) return KeyEnv{options.variable};
    if (!options.command.empty()) return KeyCommand{options.command};
    if (!options.from_stdin) return KeyReference();
    return std::nullopt;
}

}  // namespace

void declare_key_options(Arguments& arguments, KeyOptions& options) {
    declare(arguments, options, "key", "stream key");
}

void declare_passphrase_options(Arguments& arguments, KeyOptions& options) {
    declare(arguments, options, "passphrase", "SRT passphrase");
}

KeyReference read_key_input(const KeyOptions& options) {
    if (auto named = named_by(options, "--key-file")) return *named;
    if (can_ask_for_key()) return ask_for_key("Stream key: ");
    return checked(read_input_line());
}

KeyReference read_passphrase_input(const KeyOptions& options) {
    if (auto named = named_by(options, "--passphrase-file")) return *named;
    std::optional<Secret> line;
    if (!can_ask_for_key()) {
        line = read_input_line();
    } else {
        line = read_hidden_line("SRT passphrase: ");
        if (!line) throw Error(ErrorKind::no, "cancelled; nothing was changed");
    }
    std::string text = line->reveal();
    if (text.ends_with('\r')) text.pop_back();
    if (const auto problem = srt_passphrase_problem(text)) {
        throw Error(ErrorKind::usage, "the SRT passphrase " + *problem);
    }
    return KeyText{Secret(std::move(text))};
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
