// Where a relay's tags come from.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "base/clock.hpp"
#include "flv/tag.hpp"
#include "net/loop.hpp"
#include "state/session_end.hpp"
#include "system/tcp_facts.hpp"

namespace restream {

/// One connection to the ingest, playing, on a Loop. Never blocks: run the loop, then poll().
/// Destroying it closes the connection.
class TagSource {
  public:
    struct Nothing {};        ///< run the loop first
    struct PublisherLeft {};  ///< the connection stays, and goes on when somebody publishes again
    using Event = std::variant<Nothing, Tag, PublisherLeft, SessionEnd>;

    virtual ~TagSource() = default;

    /// The next thing that arrived, or how the connection ended: `ingest_gone`, `ingest_down`,
    /// `ingest_refused`, `no_publisher`, `config_invalid`, `failed`. After an end, nothing but
    /// destruction.
    virtual Event poll() = 0;
    /// It has played for a second and has been sent nothing, or not since the publisher left.
    virtual bool has_no_publisher() const = 0;
    /// How the connection fares, where the system tells it.
    virtual std::optional<TcpFacts> tcp() const { return std::nullopt; }
};

/// What opening needs to know.
struct SourceRequest {
    std::string url;  ///< rtmp://host[:port]/app[/playpath], the playpath may be empty
    /// Without any message for this long, it ends with `ingest_gone`.
    Milliseconds longest_silence = std::chrono::seconds(30);
    /// From the name to the server's answer to play. The ingest is near: one second is long.
    Milliseconds connect_deadline = std::chrono::seconds(5);
};

/// Begins to open the ingest and returns; what became of it, poll() tells. Never throws for what
/// the network does.
using OpenSource = std::function<std::unique_ptr<TagSource>(const SourceRequest&, Loop&)>;

}  // namespace restream
