// What the managed ingest server publishes about itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "config/config.hpp"
#include "state/layout.hpp"
#include "system/process.hpp"

namespace restream {

/// The content of run/ingest.json. A value. Its one writer is the server's guardian; whether the
/// server lives is for run/ingest.lock to say.
struct IngestRecord {
    IngestServer kind = IngestServer::nginx;
    ProcessId guardian;
    /// restream-ingest-server, or nginx's master process; nothing while it is down.
    std::optional<ProcessId> server;
    std::uint32_t restarts = 0;  ///< after crashes
    std::uint32_t reloads = 0;   ///< tried, with success or without
    std::string problem;         ///< why it is down, or why the last reload changed nothing
    WallTime since{};            ///< when the server was started last
    /// nginx's publisher is connected and has sent nothing since then; see NginxPulse.
    std::optional<WallTime> silent_since{};
    std::string url{};           ///< what relays play, masked; empty of an older restream
    bool operator==(const IngestRecord&) const = default;
};

/// JSON, one line.
std::string to_json(const IngestRecord& record);
/// Nothing for what is torn, foreign, of another schema, or has a field of another type.
std::optional<IngestRecord> ingest_record_from_json(std::string_view text);

/// The last record, of whatever age.
std::optional<IngestRecord> last_ingest_record(const Layout& layout);
/// The record of the guardian that lives now.
std::optional<IngestRecord> live_ingest_record(const Layout& layout);

}  // namespace restream
