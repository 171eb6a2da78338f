// What became of a relay that was asked to go live: when is it known, and what is it?
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "state/record.hpp"
#include "state/registry.hpp"

namespace restream {

/// What `enable`, `start` and `restart` wait for. A value.
struct Outcome {
    enum class Kind {
        live,
        holding,
        waiting,     ///< for the ingest
        standby,     ///< a backup, until the primary server fails
        refused,     ///< rejected, or its try failed; it keeps trying where that can help
        connecting,  ///< still, as time ran out
        cancelled,   ///< disabled or stopped meanwhile
        gone,        ///< the relay ended; it can be started again
        unknown,     ///< it lives, but its record cannot be read
    };
    Kind kind = Kind::unknown;
    std::optional<Reason> reason;
    std::optional<double> next_retry_in_s;
};

std::string_view outcome_name(Outcome::Kind kind);

/// What is waited for.
struct Expectation {
    std::uint64_t attempts_before = 0;  ///< failures up to this try are old news
    bool is_wish =
        true;  ///< ends when the destination is not wanted any more; else when it is stopped
    bool wait_live = false;  ///< neither waiting for the ingest nor holding is enough
};

/// What is known by now; nothing while it may still go either way.
std::optional<Outcome> known_outcome(const Registry& registry, std::string_view name,
                                     const Expectation& expected);
/// What stands when time has run out.
Outcome final_outcome(const Registry& registry, std::string_view name, const Expectation& expected);

/// 0 for live, standby, and holding and waiting unless live was asked for; 1 for cancelled, holding
/// and waiting; else 5.
int exit_status(const Outcome& outcome, const Expectation& expected);

/// For people: "live", "waiting for the ingest: …", "refused: …; remedy; it stays wanted and keeps
/// trying".
std::string describe(const Outcome& outcome);

}  // namespace restream
