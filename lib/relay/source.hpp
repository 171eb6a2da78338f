// Where a relay's tags come from.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <variant>

#include "base/clock.hpp"
#include "relay/cancel.hpp"
#include "relay/session_end.hpp"
#include "rtmp/tag.hpp"

namespace restream {

/// One connection to the ingest, playing. Used by one thread.
class TagSource {
  public:
    virtual ~TagSource() = default;

    /// The next tag, as soon as it is there, or how the ingest ended: `stopped`, `ingest_gone`,
    /// `ingest_down`, `no_publisher`, `failed`. After an end, nothing but destruction.
    /// **Blocks**: until then; obeys the Cancel it was opened with within 150 ms.
    virtual std::variant<Tag, SessionEnd> read() = 0;
};

/// What opening needs to know.
struct SourceRequest {
    std::string url;  ///< rtmp://host[:port]/app[/playpath], the playpath may be empty
    /// Without any message for this long, read() ends with `ingest_gone`.
    Milliseconds longest_silence = std::chrono::seconds(30);
    /// Called from inside the opening call, once the server has been connected to and plays, but
    /// has sent nothing for a second: nobody publishes yet. Opening goes on.
    std::function<void()> on_no_publisher;
};

using OpenedSource = std::variant<std::unique_ptr<TagSource>, SessionEnd>;

/// Opens the ingest. **Blocks**: until its first message is there, it refuses, or Cancel.
/// Never throws for what the network does.
using OpenSource = std::function<OpenedSource(const SourceRequest&, const Cancel&)>;

}  // namespace restream
