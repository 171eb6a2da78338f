// What enable, start and restart share: choose destinations, start their relays, wait until it is
// known.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "command_line.hpp"
#include "config/config_reading.hpp"
#include "relay/control.hpp"
#include "relay/outcome.hpp"
#include "state/registry.hpp"

namespace restream {

/// Whether a broken configuration ends the command, or is only told: what is running must be
/// stoppable whatever somebody wrote into a file.
enum class ConfigFault { ends, is_told };

/// The configuration, the state, and who works on them: what every command that changes relays
/// needs.
struct Workplace {
    explicit Workplace(std::string_view verb, ConfigFault on_fault = ConfigFault::ends);
    const std::string verb;
    const ConfigReading reading;
    const Config& config;  ///< as far as it could be read
    const Registry registry;
    const Control control;

    /// Each name once, in the order given. **Throws**: Error{usage} for one that is not configured.
    std::vector<std::string> configured(const std::vector<std::string>& names) const;
    /// The same, but a name is also good where a relay of it lives or is wanted.
    std::vector<std::string> known(const std::vector<std::string>& names) const;
    std::vector<std::string> every_configured() const;
    /// Configured, wanted or alive.
    std::vector<std::string> every_known() const;
    /// Wanted and configured; what is wanted but not configured any more is told.
    std::vector<std::string> every_wanted() const;
};

/// Why a managed ingest server is down and cannot be started.
struct IngestProblem {
    std::string message;
    int status = 0;  ///< the exit status that it stands for
};

/// Starts a managed ingest server that is down, and reports that. A server that cannot be started
/// is no reason not to start relays: they play whatever answers there. Returns the problem, which
/// start_and_wait reports behind what it means for the destinations.
/// **Blocks**: until it answers, at most 10 s.
std::optional<IngestProblem> bring_up_ingest(const Workplace& place);

/// How a batch is told.
enum class Report { text, json };

struct BatchOptions {
    std::vector<std::string> names;
    /// Why a destination cannot even be started: told, and no obstacle to the others. Exit
    /// status 3.
    std::map<std::string, std::string> hopeless;
    Milliseconds timeout = std::chrono::seconds(15);
    Control::Wish wish = Control::Wish::want;
    bool wait_live = false;
    Report report = Report::text;
    /// A warning if every destination is live all the same; else part of the exit status.
    std::optional<IngestProblem> ingest = std::nullopt;
};

/// The options that enable, start and restart share.
struct BatchFlags {
    std::vector<std::string> names;
    std::string timeout = "15s";
    bool wait_live = false;
    bool json = false;

    void declare(Arguments& arguments);
    /// **Throws**: Error{usage} for a timeout that is none.
    BatchOptions to_options() const;
};

/// Starts the relays and waits until it is known what became of each; tells it as it becomes known.
/// Without names, tells `nothing`. Returns the exit status: the largest of them all.
/// **Blocks**: until then, at most `timeout` and the time that starting takes.
int start_and_wait(const Workplace& place, const BatchOptions& options, std::string_view nothing);

/// Which names are to be stopped: those that the user gave, or all there are. Of all, only what was
/// running or wanted is worth a line.
enum class Chosen { by_name, all };

/// Stops the relays and tells each. Returns the exit status.
int stop_and_tell(const Workplace& place, const std::vector<std::string>& names, Chosen chosen,
                  Control::Keep keep, Report report);

}  // namespace restream
