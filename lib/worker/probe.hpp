// A short look at the ingest: what it carries.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>

#include "base/cancel.hpp"
#include "base/clock.hpp"
#include "base/media_facts.hpp"
#include "net/loop.hpp"
#include "state/session_end.hpp"
#include "worker/source.hpp"

namespace restream {

/// What was seen. Without video and audio: a publisher is there, and sends neither.
struct Probe {
    MediaFacts media;
    std::uint64_t video_messages = 0;  ///< without sequence headers
    std::uint64_t audio_messages = 0;
    std::uint64_t messages = 0;  ///< of every kind
    Milliseconds watched{0};
    std::optional<Milliseconds> to_keyframe;  ///< from the connection to the first keyframe
};

struct ProbeRequest {
    std::string url;
    Milliseconds span = std::chrono::seconds(2);
    /// How long the first keyframe may take where video is to come. OBS's own default interval
    /// is 8.3 s.
    Milliseconds longest_keyframe_wait = std::chrono::seconds(10);
    /// How long a publisher may take, at least. A source tells that there is none after a second.
    Milliseconds least_opening = std::chrono::milliseconds(1500);
    /// Called once where the server plays and has sent nothing for a second.
    std::function<void()> on_no_publisher = {};
};

/// Opens the ingest, waiting for a publisher at most `span` (but long enough to know that there is
/// none), and reads for `span`, from the first keyframe on where the ingest carries video. An end
/// says why nothing could be read: `no_publisher`, `ingest_down`, `ingest_refused`, `stopped`.
/// **Blocks**: until then; obeys Cancel where its request comes with a Loop::wake(), and within
/// 50 ms elsewhere.
std::variant<Probe, SessionEnd> probe_ingest(const OpenSource& open, const ProbeRequest& request,
                                             Loop& loop, const Cancel& cancel);

}  // namespace restream
