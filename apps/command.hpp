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

/// Runs a command: `declare` declares its arguments and returns the body. Help goes to stdout and
/// ends with 0; wrong usage is 2; an Error is told on stderr behind the program's name and ends
/// with its kind; any other exception is a bug (70); output that could not be written is 5. What
/// changes something leaves one line in the audit log, see AuditedCommand.
int run_command(std::string_view verb, std::string_view description, int argc, char** argv,
                const std::function<CommandBody(Arguments&)>& declare);

/// "restream-enable: text" on stderr, wrapped as print_lines does.
void complain(std::string_view verb, std::string_view text);

/// Prints lines for people: broken between words on a terminal, whole in a pipe, so that scripts
/// can search them.
void print_lines(StandardHandle handle, std::string_view text);

}  // namespace restream
