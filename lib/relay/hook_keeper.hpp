// Tells the user's hook of each change of a relay's state, or of the ingest's, and never waits for
// it.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "config/destination.hpp"
#include "relay/hook_event.hpp"
#include "relay/hook_job.hpp"
#include "relay/hook_queue.hpp"
#include "state/record.hpp"
#include "system/fd.hpp"
#include "system/process.hpp"

namespace restream {

/// The work is done by `restream-hook`, a process of its own for each event, one at a time, so that
/// no hook can hold up or take down a relay. A thread, which a relay without a hook does not have,
/// starts it and hears what came of it. Events wait in a HookQueue meanwhile.
///
/// At the end, the newest event that waits ("stopped") is handed to the restream-hook that runs, or
/// to one that is started for it, and nobody waits: it lives on for at most two deadlines, the one
/// of what it does and the one of what it was handed. What goes wrong then is not told.
class HookKeeper {
  public:
    struct Means {
        std::filesystem::path programs;               ///< the folder with restream-hook
        std::function<void(const std::string&)> log;  ///< from any thread
        /// Where this process may run no program: has restream-hook started, with these as its
        /// standard input and output. Throws Error where that cannot be.
        std::function<void(Fd input, Fd words)> start = {};
    };
    explicit HookKeeper(Means means);
    /// Hands over what is left. Does not wait for it.
    ~HookKeeper();
    HookKeeper(const HookKeeper&) = delete;
    HookKeeper& operator=(const HookKeeper&) = delete;

    /// The destination's hook is told from now on; what came before the first use() has waited for
    /// it. `without_variables` are those with keys.
    void use(const Destination& destination, std::vector<std::string> without_variables);
    /// The same for the ingest. `url`: masked.
    void use(const StateHook& hook, std::string url, std::vector<std::string> without_variables);
    /// To be called whenever the record may have changed; what is no change of state is nothing.
    void tell(const Record& record);
    /// A change of the ingest.
    void tell(HookEvent event);

  private:
    /// The restream-hook that runs.
    struct Run {
        std::optional<ChildProcess> child;  ///< nothing where another process started it
        Fd input;
        Fd words;  ///< what it says
    };
    struct Task {
        HookJob job;
        std::vector<std::string> without_variables;
    };

    void begin_telling();
    void push(HookEvent event);
    void run();
    std::optional<Task> next(std::unique_lock<std::mutex>& lock);
    Task task_of(HookEvent event) const;
    void perform(const Task& task);
    std::optional<Run> begin(const Task& task);
    ChildProcess start(const Task& task, Fd& input, Fd& words) const;
    std::string hear(Run& run, const Deadline& deadline);
    std::string await_end(Run& run, const Deadline& deadline);
    void hand_over(Run* run);
    bool is_ending() const;
    void report(const std::string& problem);

    Means means_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<StateHook> hook_;  ///< nothing: not known yet
    std::string service_;
    std::string url_;  ///< masked
    std::vector<std::string> without_variables_;
    HookQueue queue_;
    std::optional<HookEvent> last_;
    bool is_ending_ = false;
    Pipe wake_;            ///< closed at the end
    std::string problem_;  ///< that was told last; the thread's own
    std::thread thread_;
};

}  // namespace restream
