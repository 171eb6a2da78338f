#include "media/container.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace restream {

namespace {

struct Held {
    Container container;
    AVCodecID codec;
};

/// Of the codecs that FLV has a number for. **Source**: matroska.org, codec mappings (G.711 and PCM
/// as A_MS/ACM and A_PCM); ISO/IEC 14496-1 and mp4ra.org (object types); ISO/IEC 13818-1, table
/// 2-34 (stream types).
constexpr std::array held = {
    Held{Container::matroska, AV_CODEC_ID_H264},
    Held{Container::matroska, AV_CODEC_ID_AAC},
    Held{Container::matroska, AV_CODEC_ID_MP3},
    Held{Container::matroska, AV_CODEC_ID_PCM_ALAW},
    Held{Container::matroska, AV_CODEC_ID_PCM_MULAW},
    Held{Container::matroska, AV_CODEC_ID_PCM_S16LE},
    Held{Container::matroska, AV_CODEC_ID_PCM_U8},
    Held{Container::mp4, AV_CODEC_ID_H264},
    Held{Container::mp4, AV_CODEC_ID_AAC},
    Held{Container::mp4, AV_CODEC_ID_MP3},
    Held{Container::mpegts, AV_CODEC_ID_H264},
    Held{Container::mpegts, AV_CODEC_ID_AAC},
    Held{Container::mpegts, AV_CODEC_ID_MP3},
};

}  // namespace

const char* format_name(Container container) {
    switch (container) {
        case Container::matroska:
            return "matroska";
        case Container::mp4:
            return "mp4";
        case Container::mpegts:
        case Container::mpegts_segments:
            return "mpegts";
    }
    return "";
}

std::string_view container_words(Container container) {
    switch (container) {
        case Container::matroska:
            return "an .mkv file";
        case Container::mp4:
            return "an .mp4 file";
        case Container::mpegts:
            return "MPEG-TS (.ts and SRT)";
        case Container::mpegts_segments:
            return "MPEG-TS (HLS)";
    }
    return "";
}

bool can_hold(Container container, AVCodecID codec) {
    if (container == Container::mpegts_segments) container = Container::mpegts;
    return std::ranges::any_of(
        held, [&](const Held& each) { return each.container == container && each.codec == codec; });
}

}  // namespace restream
