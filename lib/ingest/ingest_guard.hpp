// What guarding an ingest server has in common, of whichever kind it is.
#pragma once

#include <functional>
#include <string>

#include "config/config.hpp"
#include "ingest/record.hpp"
#include "state/guardian.hpp"
#include "state/layout.hpp"

namespace restream {

/// What every guard works with. A value.
struct IngestMeans {
    Layout layout;
    std::function<Config()> load;  ///< **Throws**: Error{config}
    /// Called about twice a second: what else a process that lives long is good for.
    std::function<void()> upkeep;
};

/// Keeps run/ingest.json true, and calls the upkeep. Who derives from it starts and ends its
/// server.
class IngestGuard : public Guarded {
  public:
    void started(const ProcessId& child, std::uint32_t restarts) override;
    void crashed(const std::string& how, std::uint32_t restarts, Milliseconds wait) override;
    AfterReload reload(const ChildProcess* child) override;
    void look_after() override;
    void stopped() override;

  protected:
    IngestGuard(IngestServer kind, IngestMeans means);

    /// Takes the new configuration, or throws Error and goes on as it was.
    virtual AfterReload take(const Config& next, const ChildProcess* child) = 0;
    /// What the server said last, for why it ended; may be empty.
    virtual std::string last_words() = 0;
    virtual bool answers() const = 0;

    /// The configuration. **Throws**: Error{config}; Error{refused} where it wants another kind of
    /// server.
    Config load_own() const;
    void publish() const;
    /// Published where that is news.
    void tell_silence(std::optional<WallTime> since);
    const Layout& layout() const { return means_.layout; }

  private:
    IngestMeans means_;
    IngestRecord record_;
    bool has_crashed_ = false;  ///< and has not answered since: the record's problem says why
};

/// Runs the server that the configuration says until it is asked to stop. **Blocks**: until then.
/// **Throws**: Error where it cannot be started; `report` is told as well. Error{busy} where
/// another one holds the lock.
void serve_ingest(const IngestMeans& means, StartReport& report);

}  // namespace restream
