// What a live picture and its sound are: read from sequence headers, measured as tags pass.
#pragma once

#include <optional>
#include <string>

namespace restream {

/// The picture. Only its codec is always known.
struct VideoTrack {
    std::string codec = {};    ///< "h264", "hevc", "av1", "vp9", …; "unknown"
    std::string profile = {};  ///< "High", "Main 10", as FFmpeg names them; empty where not known
    int width = 0;             ///< as shown, cropped; 0 where not known
    int height = 0;
    std::optional<double> fps = {};                  ///< measured, else as the header says
    std::optional<int> bitrate_kbps = {};            ///< over about the last 5 s
    std::optional<double> keyframe_interval_s = {};  ///< nothing with fewer than two keyframes seen
    std::optional<bool> b_frames = {};               ///< nothing where the codec does not tell

    bool operator==(const VideoTrack&) const = default;
};

/// The sound. Only its codec is always known.
struct AudioTrack {
    std::string codec = {};    ///< "aac", "opus", "mp3", …; "unknown"
    std::string profile = {};  ///< "LC", "HE-AAC", …; empty where not known or where there is none
    int sample_rate_hz = 0;    ///< as played; 0 where not known
    int channels = 0;          ///< as played; 0 where not known
    std::optional<int> bitrate_kbps = {};

    bool operator==(const AudioTrack&) const = default;
};

/// One publication's first picture and first sound. A value.
struct MediaFacts {
    std::optional<VideoTrack> video = {};
    std::optional<AudioTrack> audio = {};

    bool operator==(const MediaFacts&) const = default;
};

}  // namespace restream
