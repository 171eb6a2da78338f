// A container of FFmpeg's that is written as the tags come.
#pragma once

#include "media/container.hpp"
#include "media/packets.hpp"

namespace restream {

/// Writes tags into an AVIO that it does not own. What is written is playable at any moment: when
/// the process dies, only what came since the last few packets (mp4: the last fragment) is missing.
class Muxer {
  public:
    /// REQUIRES: `into` outlives it.
    Muxer(Container container, AVIOContext& into, Tracks tracks);

    /// Writes the beginning. Returns 0 or an AVERROR.
    int begin();
    /// Writes one tag; tags without a packet are taken silently. Returns 0, or an AVERROR;
    /// AVERROR_INPUT_CHANGED where the tag belongs to other tracks than it began with.
    int write(const Tag& tag);
    /// Everything that was written is handed on, and what comes can be played without it: mpegts
    /// repeats its tables. REQUIRES: mpegts_segments, and that a keyframe follows.
    int cut();
    /// Writes the end.
    int end();
    /// Whether what is written now, or was, may hold a picture or sound.
    bool has_media() const { return has_media_; }

  private:
    int add_track(const CodecParametersHandle& parameters, int& index);
    int write(Packets::Packet& made);

    Container container_;
    AVIOContext& into_;
    Tracks tracks_;
    Packets packets_;
    OutputHandle output_;
    int video_index_ = -1;
    int audio_index_ = -1;
    bool is_begun_ = false;
    bool has_media_ = false;
};

}  // namespace restream
