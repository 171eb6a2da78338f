// The ingest server as commands see it, of whichever kind it is.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/media_facts.hpp"
#include "config/config.hpp"
#include "ingest/publication_words.hpp"
#include "state/layout.hpp"
#include "state/record.hpp"

namespace restream {

enum class IngestState {
    live,
    silent,  ///< a publisher is connected, and sends no picture or nothing at all
    no_publisher,
    down,
    unknown
};

/// For messages: "nginx", "the embedded server".
std::string_view describe_server(IngestServer server);
std::string_view ingest_state_name(IngestState state);

/// What `status` says of the ingest.
struct IngestStatus {
    IngestServer server = IngestServer::embedded;
    std::string url;  ///< masked
    IngestState state = IngestState::unknown;
    std::optional<int> pid;         ///< the guardian of a managed server
    std::optional<int> worker_pid;  ///< the server itself
    MediaFacts media;               ///< what is published, where the embedded server tells
    /// Why relays get no picture from it although somebody publishes, or tried to.
    std::optional<PublisherTrouble> trouble;
    /// What is missing while it is silent, and since when where that is known.
    Silence silence = Silence::none;
    std::optional<WallTime> silent_since;
    /// Whose picture relays get; nothing where no backup is configured, or nobody publishes.
    std::optional<OnAirRecord> on_air;
    bool operator==(const IngestStatus&) const = default;
};

/// Asks the managed server; of an external one only the relays know, so their records tell.
/// **Blocks**: usually 1 ms, at most `nginx_patience`.
IngestStatus ingest_status(const IngestConfig& config, const Layout& layout,
                           std::span<const Record> live_records);

/// The kind that runs now, whatever the configuration says; nothing where none runs.
std::optional<IngestServer> running_server(const Layout& layout);

/// Whether the server answers the question who publishes. **Blocks**: at most `nginx_patience`.
bool says_who_publishes(IngestServer server, const Layout& layout);

/// What the records of living relays say of an ingest that cannot be asked.
IngestState ingest_state_of(std::span<const Record> live_records);

/// Whether the managed server knows that the publisher whom relays play is silent. **Blocks**: for
/// a file.
bool is_ingest_silent(const IngestConfig& config, const Layout& layout);

/// **Throws**: Error{refused} for a server that restream does not manage, saying what to do
/// instead.
void require_managed(const IngestConfig& config);

}  // namespace restream
