// How a contained worker has programs run that the user's configuration names.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "config/key.hpp"
#include "system/fd.hpp"
#include "system/process.hpp"
#include "worker/errand.hpp"

namespace restream {

/// A worker reads what strangers send, so it may run no program. `restream-errands` runs the
/// programs for it: hooks, the commands that print secrets, and the maker of slates. That process
/// is started before the worker is contained, and reads nothing but the configuration and the
/// worker's errands. Whatever the worker says, it runs only programs that the configuration names,
/// or has named since the process was started. It ends when the worker has ended.
class Errands {
  public:
    /// Starts it, for this relay, without these variables of the environment: what its children
    /// need of them is the URL of this relay's webhook. **Throws**: Error{refused}.
    Errands(const std::filesystem::path& programs, const std::string& relay,
            std::vector<std::string> without_variables);

    /// Whether that process has ended, although it should not: nothing is run any more then.
    bool has_gone() const;
    /// The configuration was read again: what it names can be asked for from now on.
    void look() const noexcept;

    using StartHook = std::function<void(Fd input, Fd words)>;
    using StartSlate =
        std::function<void(const SlateShape& shape, const std::filesystem::path& picture,
                           const std::filesystem::path& file, Fd words)>;
    /// What starts restream-hook, restream-slate (with a file in the folder of slates), and the
    /// command of a secret: for as long as this lives. They throw Error{refused} where the process
    /// is gone.
    StartHook hook_starter() const;
    StartSlate slate_starter() const;
    /// `is_cancelled` is asked every 50 ms; then, and at the deadline, the command is killed.
    RunSecretCommand secret_runner(std::function<bool()> is_cancelled) const;

  private:
    std::variant<Secret, KeyProblem> secret(SecretOf which, const Deadline& deadline,
                                            const std::function<bool()>& is_cancelled) const;
    Fd line_;
    ChildProcess child_;
};

/// Whether something may have to be run for this destination's relay.
bool needs_errands(const Destination& destination);

}  // namespace restream
