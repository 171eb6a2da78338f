// The guardian of one relay.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "relay/worker_kind.hpp"
#include "state/guardian.hpp"
#include "state/record.hpp"
#include "state/registry.hpp"

namespace restream {

/// Starts the worker and tells of it while no worker lives. Which program that is, the
/// destination's URL says each time.
class RelayGuardian : public Guarded {
  public:
    struct Means {
        std::filesystem::path programs;  ///< the folder of the workers' programs
        /// The destination's URL as it is configured now; may throw Error. Then the last kind of
        /// worker is started again, at first the native one: it tells what is wrong.
        std::function<std::string()> url;
        /// Called about twice a second while the worker lives: what else a process that lives long
        /// is good for. May be empty.
        std::function<void()> upkeep = {};
    };

    /// Publishes the first record. REQUIRES: the relay's lock is held by this process.
    RelayGuardian(const Registry& registry, const std::string& name, Means means);

    ChildProcess start(const FileLock& lock, const Fd& lifeline) override;
    void started(const ProcessId& child, std::uint32_t restarts) override;
    bool is_handover(int status) const override { return status == handover_status; }
    void crashed(const std::string& how, std::uint32_t restarts, Milliseconds wait) override;
    void look_after() override;
    void ask_stop(const ChildProcess& child) override;
    Milliseconds goodbye() const override;
    void stopped() override;

  private:
    void publish();

    const Registry& registry_;
    Means means_;
    WorkerKind kind_ = WorkerKind::rtmp;
    Record record_;
};

}  // namespace restream
