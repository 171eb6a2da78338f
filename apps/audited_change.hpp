// What a command line changes, and the line about it in the audit log.
#pragma once

#include <CLI/App.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace restream {

/// A command that is in the audit log if it changes something. Made before the options are parsed.
class AuditedCommand {
  public:
    /// Declares an option that no user needs: on whose behalf the dashboard runs the command.
    AuditedCommand(std::string_view verb, CLI::App& app);

    /// Call it when the command has ended: if it changes something, appends one line, with what
    /// was done in the words of the command line: "enable youtube", "add main --service youtube
    /// --key-stdin". Values are only those that can be no secret; where the command failed because
    /// of what it was given, names are none.
    /// Returns why that was not possible, in words; no value if it was, or nothing is to be
    /// logged: commands that only look, the healing that a timer does, and what was refused before
    /// there was a state folder.
    std::optional<std::string> note(int status) const;

  private:
    std::string verb_;
    const CLI::App& app_;
    std::shared_ptr<std::string> asked_by_ = std::make_shared<std::string>();
};

}  // namespace restream
