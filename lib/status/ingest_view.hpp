// Everything that can be said of the ingest: the answer of `ingest status`.
#pragma once

#include <optional>
#include <string>

#include "base/json.hpp"
#include "config/config_reading.hpp"
#include "ingest/nginx_stat.hpp"
#include "ingest/publications_record.hpp"
#include "ingest/record.hpp"
#include "ingest/server.hpp"
#include "state/registry.hpp"

namespace restream {

struct IngestView {
    std::optional<ConfigProblem> config_problem;  ///< of a configuration that is broken
    IngestStatus status;
    std::optional<IngestRecord> record;     ///< of a managed server that runs
    std::optional<NginxPublication> nginx;  ///< what relays play, as nginx tells it
    std::optional<PublicationsRecord> embedded;
    std::optional<PublicationRecord> played;  ///< the one of `embedded` that relays play
    std::string problem;                      ///< why it is down; may be empty
};

/// **Blocks**: for an external server, 1 s at most; usually a few ms.
IngestView look_at_ingest(const Config& config, const Registry& registry);
/// The same where the configuration may be broken: then its own record says what runs.
IngestView look_at_ingest(const ConfigReading& reading, const Registry& registry);

/// The document of `ingest status --json`, and its text.
Json json_of(const IngestView& view);
std::string to_json(const IngestView& view);
/// Several lines. `now` is passed in.
std::string to_text(const IngestView& view, WallTime now);

}  // namespace restream
