// Runs a program and keeps what it prints.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "process/patience.hpp"
#include "system/fd.hpp"
#include "system/process.hpp"

namespace restream::test {

/// How a program is to be run.
struct CommandLine {
    std::filesystem::path program;
    std::vector<std::string> arguments = {};
    std::string input = {};  ///< its standard input
    std::vector<std::pair<std::string, std::string>> variables = {};
    std::vector<std::string> without_variables = {};
};

/// What came of it.
struct Outcome {
    int status = -1;  ///< as ChildProcess::try_wait; -1: still running at the deadline
    std::string output;
    std::string error;
    Milliseconds elapsed{0};
    Milliseconds counted{0};  ///< the same in counted time (see CountedTime): for what must be quick

    /// Everything about it, for a test's message.
    std::string describe() const;
};

/// A program that runs. The destructor kills it if it still does, and waits for it.
class CommandRun {
  public:
    explicit CommandRun(const CommandLine& line);
    CommandRun(CommandRun&&) noexcept = default;
    CommandRun& operator=(CommandRun&&) = delete;
    ~CommandRun();

    /// **Blocks**: until it has ended or the deadline; then it is left running and its status is
    /// -1.
    Outcome wait(Milliseconds longest = std::chrono::seconds(30));
    bool has_ended() { return child_->try_wait().has_value(); }
    bool interrupt() const;  ///< what Ctrl-C does
    bool ask(Ask what) const { return child_->ask(what); }
    int pid() const { return child_->id().pid; }
    /// What it has printed up to now.
    std::string output() const;
    std::string error() const;

  private:
    Fd output_;
    Fd error_;
    std::optional<ChildProcess> child_;
    SteadyTime begun_;
    CountedTime counted_;
};

Outcome run_command_line(const CommandLine& line, Milliseconds longest = std::chrono::seconds(30));

}  // namespace restream::test
