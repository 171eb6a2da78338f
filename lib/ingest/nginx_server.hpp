// nginx as the ingest server, guarded: the process behind 'restream-ingest serve'.
#pragma once

#include <functional>
#include <string>

#include "config/config.hpp"
#include "ingest/nginx_installation.hpp"
#include "ingest/record.hpp"
#include "state/guardian.hpp"
#include "state/layout.hpp"

namespace restream {

/// Starts, reloads and ends nginx in run/nginx/, and keeps run/ingest.json true.
///
/// nginx runs in the foreground as this process's child and inherits the lock, so the lock is free
/// only when nginx, too, is gone. nginx's worker outlives a master that was killed and keeps the
/// port; it is found by the lock it holds, and ended before nginx is started again.
class NginxServer : public Guarded {
  public:
    /// Writes and tests nginx.conf. **Throws**: Error where nginx is missing or refuses the
    /// configuration, or where the port cannot be had; then it says by whom it is taken.
    NginxServer(Layout layout, std::function<Config()> load, std::function<void()> upkeep);

    ChildProcess start(const FileLock& lock, const Fd& lifeline) override;
    void started(const ProcessId& child, std::uint32_t restarts) override;
    void crashed(const std::string& how, std::uint32_t restarts, Milliseconds wait) override;
    void ask_stop(const ChildProcess& child) override;
    Milliseconds goodbye() const override { return std::chrono::seconds(2); }
    /// Tests the new configuration before nginx sees it: one that is bad changes nothing but the
    /// record. Then ends the old worker, which would keep the publisher for ever, so that the
    /// encoder reconnects.
    void reload(const ChildProcess& child) override;
    void look_after() override;
    void stopped() override;

  private:
    Config load_managed() const;
    std::string tested_config(const IngestConfig& config) const;
    void apply(const std::string& nginx_config) const;
    void replace_worker(const ChildProcess& child);
    void publish() const;

    Layout layout_;
    std::function<Config()> load_;
    std::function<void()> upkeep_;
    NginxInstallation installation_;
    IngestConfig ingest_;      ///< what nginx runs with
    std::string config_text_;  ///< its nginx.conf: a later one that failed is never started with
    IngestRecord record_;
    bool has_crashed_ = false;  ///< and has not answered since: the record's problem says why
};

/// Runs the server until it is asked to stop. **Blocks**: until then. Calls `upkeep` about twice a
/// second: what else a process that lives long is good for.
/// **Throws**: Error where it cannot be started; `report` is told as well. Error{busy} where
/// another one holds the lock.
void serve_nginx(const Layout& layout, const std::function<Config()>& load,
                 const std::function<void()>& upkeep, StartReport& report);

}  // namespace restream
