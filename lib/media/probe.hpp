// A short look at the ingest: what it carries.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>

#include "base/clock.hpp"
#include "relay/cancel.hpp"
#include "relay/session_end.hpp"
#include "relay/source.hpp"

namespace restream {

struct ProbedVideo {
    std::string codec;    ///< as video_codec_name()
    std::string profile;  ///< "High"; empty where it is not known
    int width = 0;        ///< 0 where it is not known
    int height = 0;
    double fps = 0;
    int bitrate_kbps = 0;
    std::optional<double> keyframe_interval_s;  ///< nothing with fewer than two keyframes seen
    std::optional<bool> has_b_frames;           ///< nothing where the codec does not tell
    std::uint64_t messages = 0;                 ///< without sequence headers
};

struct ProbedAudio {
    std::string codec;
    std::string profile;
    int sample_rate = 0;
    int channels = 0;
    int bitrate_kbps = 0;
    std::uint64_t messages = 0;
};

/// What was seen. Without video and audio: a publisher is there, and sends neither.
struct Probe {
    std::optional<ProbedVideo> video;
    std::optional<ProbedAudio> audio;
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
    /// Called once where the server plays and has sent nothing for a second.
    std::function<void()> on_no_publisher = {};
};

/// Opens the ingest, waiting for a publisher at most `span` (but long enough to know that there is
/// none), and reads for `span`, from the first keyframe on where the ingest carries video. An end
/// says why nothing could be read: `no_publisher`, `ingest_down`, `ingest_refused`, `stopped`.
/// **Blocks**: until then; obeys Cancel.
std::variant<Probe, SessionEnd> probe_ingest(const OpenSource& open, const ProbeRequest& request,
                                             const Cancel& cancel);

}  // namespace restream
