// Starting and stopping relays: what the commands do, and a dashboard would.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "config/config.hpp"
#include "state/registry.hpp"

namespace restream {

/// Starts and stops relays. All relays of a call at once; what must not be mixed with another command's
/// work is done under the CommandLock, waiting is done without it.
class Control {
  public:
    /// `verb` names the command in the lock; `programs` is the folder with restream-relay.
    Control(const Registry& registry, const Config& config, std::string verb,
            std::filesystem::path programs);

    /// What start() changes besides starting.
    enum class Wish { keep, want };
    struct Started {
        /// Tries the relay had made before it was asked to try now: later ones are news.
        std::uint64_t attempts_before = 0;
        /// Why it could not be started; empty where it lives.
        std::string problem;
    };

    /// Makes every named relay live: starts those that do not, and has those try now that wait for a
    /// retry. A relay that is still ending is waited for (≤ 6 s) and started anew.
    /// **Throws**: Error{busy}, Error{refused} where flags cannot be written.
    std::map<std::string, Started> start(const std::vector<std::string>& names, Wish wish) const;
    /// Only the wish, nothing is started.
    void want(const std::vector<std::string>& names) const;

    /// What stop() changes besides stopping.
    enum class Keep { wanted, wanted_but_down, nothing };
    /// Ends every named relay with a goodbye; those that do not within 3 s are killed (≤ 2 s more).
    /// **Blocks**: until their processes are gone. Returns those that would not go, and why.
    std::map<std::string, std::string> stop(const std::vector<std::string>& names, Keep keep) const;

  private:
    enum class Attempt { lives, still_ending };
    Attempt try_start(const std::string& name, Started& result) const;
    void spawn(const std::string& name) const;
    void ask_to_stop(const std::string& name) const;
    void kill(const std::string& name) const;

    const Registry& registry_;
    const Config& config_;
    std::string verb_;
    std::filesystem::path programs_;
};

}  // namespace restream
