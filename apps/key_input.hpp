// The options with which add and key take a stream key: never as an argument, which others can see.
#pragma once

#include <string>

#include "command_line.hpp"
#include "config/destination.hpp"

namespace restream {

struct KeyOptions {
    bool from_stdin = false;
    std::string file;
    std::string variable;
    std::string command;

    bool is_any_given() const;
};

/// Adds --key-stdin, --key-file, --key-env and --key-command, of which one can be given.
void declare_key_options(Arguments& arguments, KeyOptions& options);

/// Adds --passphrase-stdin and so on, likewise.
void declare_passphrase_options(Arguments& arguments, KeyOptions& options);

/// The same as read_key_input() for SRT's passphrase, which may hold blanks.
KeyReference read_passphrase_input(const KeyOptions& options);

/// The reference that the options ask for; reads standard input for --key-stdin. std::monostate
/// where none was given. **Throws**: Error{usage} where standard input holds no key.
KeyReference read_key_input(const KeyOptions& options);

/// Whether there is somebody to ask.
bool can_ask_for_key();

/// Asks for the key, unseen. std::monostate where the user typed nothing.
/// **Throws**: Error{no} where the user broke off.
KeyReference ask_for_key(const std::string& prompt);

}  // namespace restream
