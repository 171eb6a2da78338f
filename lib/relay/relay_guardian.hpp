// The guardian of one relay.
#pragma once

#include <filesystem>
#include <string>

#include "state/guardian.hpp"
#include "state/record.hpp"
#include "state/registry.hpp"

namespace restream {

/// Starts the worker and tells of it while no worker lives.
class RelayGuardian : public Guarded {
  public:
    /// Publishes the first record. REQUIRES: the relay's lock is held by this process.
    RelayGuardian(const Registry& registry, const std::string& name, std::filesystem::path worker);

    ChildProcess start(const FileLock& lock, const Fd& lifeline) override;
    void started(const ProcessId& child, std::uint32_t restarts) override;
    void crashed(const std::string& how, std::uint32_t restarts, Milliseconds wait) override;
    void ask_stop(const ChildProcess& child) override;
    Milliseconds goodbye() const override;
    void stopped() override;

  private:
    void publish();

    const Registry& registry_;
    std::filesystem::path worker_;
    Record record_;
};

}  // namespace restream
