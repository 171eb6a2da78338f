// The embedded server, guarded: one of the two that 'restream-ingest serve' knows.
#pragma once

#include <string>

#include "ingest/ingest_guard.hpp"
#include "system/fd.hpp"

namespace restream {

/// Starts restream-ingest-server and ends it.
///
/// The server inherits the lock and the lifeline, and publishes run/publications.json when it
/// listens; that file is of the server that runs now, because it is removed before each start. The
/// server reads the configuration and its publish key itself, when it is started.
class EmbeddedGuard : public IngestGuard {
  public:
    /// **Blocks**: for a key command, at most 5 s.
    /// **Throws**: Error where the key cannot be had, or the port; then it says by whom it is
    /// taken.
    explicit EmbeddedGuard(IngestMeans means);

    ChildProcess start(const FileLock& lock, const Fd& lifeline) override;
    /// Its lifeline has ended: that is all it needs to know.
    void ask_stop(const ChildProcess&) override {}
    Milliseconds goodbye() const override { return std::chrono::milliseconds(1500); }
    void look_after() override;
    void stopped() override;

  protected:
    /// A new server: the publisher reconnects to it, players are told that the publisher left.
    AfterReload take(const Config& next, const ChildProcess* child) override;
    std::string last_words() override;
    bool answers() const override;

  private:
    void hear();

    IngestConfig ingest_;  ///< what the server was started with
    Fd complaints_;        ///< the server's standard error
    std::string heard_;    ///< the end of what came there
};

}  // namespace restream
