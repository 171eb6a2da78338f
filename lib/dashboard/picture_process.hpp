// The process that decodes the ingest's picture, as the dashboard keeps it.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "dashboard/commands.hpp"
#include "system/process.hpp"

namespace restream {

/// A running `restream-thumbnail --serve`. Asked by a line with the ingest's URL on its standard
/// input, it answers on its standard output with one of
///
///     picture LENGTH COST\n      and LENGTH bytes of JPEG; COST: milliseconds of processor
///     none REASON\n
///
/// and says nothing else. It decodes what a publisher sends, so nothing that it says is believed
/// that breaks this: then, and where it is late, it is Broken and good for nothing any more. It
/// ends with its standard input.
class PictureProcess {
  public:
    /// Without the variables of these names. `means` must outlive it. **Throws**: Error{refused}
    /// where it cannot be started.
    PictureProcess(const CommandMeans& means, std::vector<std::string> without_variables);
    /// Kills it, with all that it may have started.
    ~PictureProcess();
    PictureProcess(const PictureProcess&) = delete;
    PictureProcess& operator=(const PictureProcess&) = delete;

    struct Picture {
        std::string jpeg;
        Milliseconds cost{0};  ///< of processor; as it says, at most a minute
    };
    struct None {};
    struct Broken {};
    using Made = std::variant<Picture, None, Broken>;

    /// **Blocks**: until it has answered, at most until the deadline, and not long after
    /// `is_cancelled` (asked every 50 ms) says so.
    Made make(const std::string& url, const Deadline& deadline);

    const std::vector<std::string>& without_variables() const { return without_variables_; }

  private:
    const CommandMeans& means_;
    const std::vector<std::string> without_variables_;
    Fd requests_;
    Fd answers_;
    ChildProcess child_;
};

/// What the beginning of an answer says; nothing where more has to come.
std::optional<PictureProcess::Made> read_picture(const std::string& bytes);

}  // namespace restream
