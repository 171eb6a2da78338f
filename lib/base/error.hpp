// What stops a command: one exception class, whose kind is the exit status.
#pragma once

#include <stdexcept>
#include <string>
#include <system_error>

namespace restream {

/// Why a command could not be done. The value is the exit status, the same in every command.
enum class ErrorKind : int {
    no = 1,       ///< the answer is no: not live, findings, cancelled
    usage = 2,    ///< wrong usage: unknown option, bad name
    config = 3,   ///< the configuration is invalid
    busy = 4,     ///< another command holds the lock
    refused = 5,  ///< the ingest, a destination or the system refused
    bug = 70,     ///< a bug in restream
};

/// What stops a command. Never subclassed: nobody branches on it but the command's frame, on its
/// kind. The message says what was attempted, on what, why it failed, and what would work; it
/// starts in lower case, without the program's name.
class Error : public std::runtime_error {
  public:
    Error(ErrorKind kind, const std::string& message, std::error_code cause = {})
        : std::runtime_error(message), kind_(kind), cause_(cause) {}

    ErrorKind kind() const noexcept { return kind_; }
    const std::error_code& cause() const noexcept { return cause_; }

  private:
    ErrorKind kind_;
    std::error_code cause_;
};

/// Throws Error{refused} for a failed system call: "`attempted`: strerror(`error_number`)".
[[noreturn]] void throw_system_error(const std::string& attempted, int error_number);

}  // namespace restream
