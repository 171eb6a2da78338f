// The frame of every command: options, help, errors to exit status, output really written.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "command_line.hpp"
#include "system/terminal.hpp"

namespace restream {

/// What a command does after its options are parsed; returns the exit status.
using CommandBody = std::function<int()>;

/// Runs a command, and returns its exit status. `declare` declares the arguments and returns the
/// body. The status is 0 after --help, which is printed on stdout, and 2 after wrong usage. An
/// Error is printed on stderr after the program's name, and its kind is the status. Any other
/// exception is a bug (70). If output could not be written, the status is 5. A command that changes
/// something writes one line to the audit log, see AuditedCommand.
int run_command(std::string_view verb, std::string_view description, int argc, char** argv,
                const std::function<CommandBody(Arguments&)>& declare);

/// "restream-enable: text" on stderr, wrapped as print_lines does.
void complain(std::string_view verb, std::string_view text);

/// Prints lines for people: broken between words on a terminal, whole in a pipe, so that scripts
/// can search them.
void print_lines(StandardHandle handle, std::string_view text);

}  // namespace restream
