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

/// Starts and stops relays; names are relays' names, see state/relay_name.hpp. All relays of a call
/// at once; what must not be mixed with another command's work is done under the CommandLock,
/// waiting is done without it.
class Control {
  public:
    /// `verb` names the command in the lock; `programs` is the folder with restream-relay.
    Control(const Registry& registry, const Config& config, std::string verb,
            std::filesystem::path programs);

    /// What start() changes besides starting, and whom it starts.
    enum class Wish {
        keep,       ///< lifts `down`; wanted or not
        want,       ///< lifts `down`; wanted from now on
        if_wanted,  ///< lifts `down`, but only of those that are still wanted
        as_it_is,  ///< changes nothing, and leaves out what is down: to go on with what was started
                   ///< before
        heal,      ///< the same, and leaves out what is not wanted
    };
    struct Started {
        /// Tries the relay had made before it was asked to try now: later ones are news.
        std::uint64_t attempts_before = 0;
        /// Why it could not be started; empty where it lives.
        std::string problem;
        /// Left out: another command disabled or stopped it meanwhile.
        bool was_left_out = false;
    };

    /// Makes every named relay live: starts those that do not, and has those try now that wait for
    /// a retry. A relay that is still ending is waited for (≤ 6 s) and started anew.
    /// **Throws**: Error{busy}, Error{refused} where flags cannot be written.
    std::map<std::string, Started> start(const std::vector<std::string>& names, Wish wish) const;
    /// Only the wish, nothing is started.
    void want(const std::vector<std::string>& names) const;

    /// What stop() changes besides stopping.
    enum class Keep { wanted, wanted_but_down, nothing };
    /// Ends every named relay with a goodbye, and with a destination's own its backup's; those that
    /// do not within 3 s are killed (≤ 2 s more).
    /// **Blocks**: until their processes are gone. Returns the destinations whose would not go, and
    /// why.
    std::map<std::string, std::string> stop(const std::vector<std::string>& names, Keep keep) const;

  private:
    enum class Attempt { lives, still_ending };
    /// A relay that was asked to stop, and its processes as they were then: a later relay of the
    /// same name is none of ours.
    struct Ending {
        std::string name;
        std::optional<ProcessId> guardian;
        std::vector<ProcessId> processes;
    };
    bool may_start(const std::string& name, Wish wish) const;
    void make_wish(const std::string& name, Wish wish) const;
    Attempt try_living(const std::string& name, Started& result) const;
    Fd spawn(const std::string& name, Started& result) const;
    void await_guardians(const std::map<std::string, Fd>& starting,
                         std::map<std::string, Started>& results) const;
    void await_lost_locks(const std::vector<std::string>& names) const;
    void change_wish(const std::string& name, Keep keep) const;
    Ending ask_to_stop(const std::string& name) const;
    bool is_gone(const Ending& ending) const;
    void kill(const Ending& ending) const;

    const Registry& registry_;
    const Config& config_;
    std::string verb_;
    std::filesystem::path programs_;
};

}  // namespace restream
