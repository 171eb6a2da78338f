// nginx as the ingest server, guarded: one of the two that 'restream-ingest serve' knows.
#pragma once

#include <string>

#include "ingest/ingest_guard.hpp"
#include "ingest/nginx_installation.hpp"
#include "ingest/nginx_pulse.hpp"

namespace restream {

/// Whether nginx holds the port already, which it is to listen at next.
enum class PortIs { free, own };

/// Starts, reloads and ends nginx in run/nginx/.
///
/// nginx runs in the foreground as this process's child and inherits the lock, so the lock is free
/// only when nginx, too, is gone. nginx's worker outlives a master that was killed and keeps the
/// port; it is found by the lock it holds, and ended before nginx is started again.
class NginxGuard : public IngestGuard {
  public:
    /// Writes and tests nginx.conf. **Throws**: Error where nginx is missing or refuses the
    /// configuration, or where the port cannot be had; then it says by whom it is taken.
    explicit NginxGuard(IngestMeans means);

    ChildProcess start(const FileLock& lock, const Fd& lifeline) override;
    void ask_stop(const ChildProcess& child) override;
    Milliseconds goodbye() const override { return std::chrono::seconds(2); }
    void look_after() override;

  protected:
    /// Tests the new configuration before nginx sees it: one that is bad changes nothing but the
    /// record. Then ends the old worker, which would keep the publisher for ever, so that the
    /// encoder reconnects.
    AfterReload take(const Config& next, const ChildProcess* child) override;
    std::string last_words() override;
    bool answers() const override;

  private:
    std::string tested_config(const IngestConfig& config, PortIs port) const;
    void apply(const std::string& nginx_config) const;
    void replace_worker(const ChildProcess& child);

    NginxInstallation installation_;
    void look_at_publisher();

    IngestConfig ingest_;  ///< what nginx runs with
    NginxPulse pulse_;
    std::string config_text_;  ///< its nginx.conf: a later one that failed is never started with
};

}  // namespace restream
