// What a command line changes, and the line about it in the audit log.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "command_line.hpp"

namespace restream {

/// A command that is in the audit log if it changes something. Made before the options are parsed.
class AuditedCommand {
  public:
    /// Declares an option that no user needs: on whose behalf the dashboard runs the command.
    AuditedCommand(std::string_view verb, CommandLine& line);

    /// Call it when the command has ended. If the command changes something, this appends one line
    /// with the command in words: "enable youtube", "add main --service youtube --key-stdin". The
    /// line has no value that may be a secret; if the command failed because of its arguments, it
    /// has no names either.
    /// Returns why the line could not be written; no value if it was, or if nothing is to be
    /// logged: for commands that only look, for the healing by a timer, and for a command that was
    /// refused before there was a state folder.
    std::optional<std::string> note(int status) const;

  private:
    std::string verb_;
    const CommandLine& line_;
    std::shared_ptr<std::string> asked_by_ = std::make_shared<std::string>();
};

}  // namespace restream
