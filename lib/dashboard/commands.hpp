// Runs restream's commands for the page: it does what they do, by doing it with them.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "dashboard/message.hpp"
#include "state/audit_entry.hpp"

namespace restream {

/// Where the commands are, and what they must know.
struct CommandMeans {
    std::filesystem::path programs;
    std::filesystem::path config;
    std::filesystem::path state;
    std::filesystem::path share;
    std::vector<std::string> without_variables;  ///< with secrets that are not theirs
    /// Asked while one that only looks is waited for: true, and it is ended. For several threads.
    std::function<bool()> is_cancelled = {};
};

/// What a command was asked and said.
struct CommandRun {
    std::string verb;
    std::vector<std::string> arguments;  ///< never a secret: others can see them
    Milliseconds patience = std::chrono::seconds(60);
    /// It changes something, and goes on where the dashboard is killed meanwhile.
    bool is_change = true;
    /// Of one that changes something: who asked for it, as the audit log has it.
    std::optional<Actor> asked_by = std::nullopt;
};

/// Runs it; the answer is its --json document with two members more: "exit_status", and "messages",
/// its lines on standard error without its name before them. A command that printed no document
/// failed, and its words are the error's.
/// **Blocks**: until it has ended; after `patience` it is killed.
Answer run_command_for(const CommandMeans& means, const CommandRun& run);

/// The same for what only looks: its document as it is, whatever its exit status.
Answer run_query_for(const CommandMeans& means, const CommandRun& run);

}  // namespace restream
