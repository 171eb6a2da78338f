#include "worker/slate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <variant>

#include "flv/flv.hpp"

namespace restream {

namespace {

/// Of AAC-LC. **Source**: ISO/IEC 14496-3, 4.5.1.1 (frameLengthFlag 0).
constexpr double samples_per_frame = 1024;
/// **Source**: ISO/IEC 14496-3, table 1.18, without the rates under 8 kHz.
constexpr std::array sample_rates = {96000, 88200, 64000, 48000, 44100, 32000,
                                     24000, 22050, 16000, 12000, 11025, 8000};
constexpr int least_side = 16;
/// H.264 level 6.2 allows more; what is larger is no picture that a platform takes.
constexpr int longest_side = 8192;
constexpr double usual_fps = 30;
constexpr double most_fps = 240;

bool is_side(int pixels) {
    return pixels >= least_side && pixels <= longest_side && pixels % 2 == 0;
}

}  // namespace

std::vector<std::string> slate_arguments(const SlateShape& shape,
                                         const std::filesystem::path& picture) {
    std::vector<std::string> arguments = {
        "--size",  fmt::format("{}x{}", shape.width, shape.height),
        "--fps",   fmt::format("{:.1f}", shape.fps),
        "--sound", fmt::format("{}x{}", shape.sample_rate_hz, shape.channels)};
    if (!picture.empty()) arguments.insert(arguments.end(), {"--picture", picture.string()});
    return arguments;
}

std::optional<SlateShape> slate_shape(const MediaFacts& live) {
    if (!live.video || !live.audio) return std::nullopt;
    const VideoTrack& video = *live.video;
    const AudioTrack& audio = *live.audio;
    const double fps = video.fps.value_or(usual_fps);
    const bool fits = video.codec == "h264" && audio.codec == "aac" && is_side(video.width) &&
                      is_side(video.height) && fps >= 1 && fps <= most_fps &&
                      std::ranges::find(sample_rates, audio.sample_rate_hz) != sample_rates.end() &&
                      (audio.channels == 1 || audio.channels == 2);
    if (!fits) return std::nullopt;
    // The rate is measured and never quite the same; encoders keep to whole or half pictures.
    return SlateShape{video.width, video.height, std::round(fps * 2) / 2, audio.sample_rate_hz,
                      audio.channels};
}

std::optional<Slate> Slate::read(std::span<const std::uint8_t> flv, const SlateShape& shape) {
    FlvReader reader;
    reader.feed(flv);
    Slate slate;
    slate.fps_ = shape.fps;
    slate.sample_rate_hz_ = shape.sample_rate_hz;
    std::optional<Tag> picture_header;
    std::optional<Tag> sound_header;
    for (;;) {
        auto next = reader.next();
        auto* const tag = std::get_if<Tag>(&next);
        if (tag == nullptr) {
            if (std::holds_alternative<FlvReader::Malformed>(next)) return std::nullopt;
            break;
        }
        if (tag->type == TagType::video) {
            const auto facts = video_facts(tag->bytes());
            if (!facts || facts->is_end_of_sequence || facts->is_command) continue;
            if (facts->is_sequence_header) {
                picture_header = *tag;
            } else if (facts->is_keyframe || !slate.pictures_.empty()) {
                slate.pictures_.push_back(*tag);
            }
        } else if (tag->type == TagType::audio) {
            const auto facts = audio_facts(tag->bytes());
            if (!facts) continue;
            (facts->is_sequence_header ? sound_header.emplace() : slate.silence_) = *tag;
        }
    }
    const bool is_whole = picture_header && sound_header && !slate.pictures_.empty() &&
                          slate.silence_.type == TagType::audio && shape.fps > 0 &&
                          shape.sample_rate_hz > 0;
    if (!is_whole) return std::nullopt;
    slate.headers_ = {*picture_header, *sound_header};
    return slate;
}

void Slate::begin(SteadyTime now) {
    begun_ = now;
    pictures_sent_ = sounds_sent_ = 0;
}

double Slate::video_ms() const { return static_cast<double>(pictures_sent_) * 1000 / fps_; }

double Slate::audio_ms() const {
    return static_cast<double>(sounds_sent_) * 1000 * samples_per_frame / sample_rate_hz_;
}

std::optional<Tag> Slate::next(SteadyTime now) {
    if (now < next_turn()) return std::nullopt;
    const bool is_picture = video_ms() <= audio_ms();
    const double ms = is_picture ? video_ms() : audio_ms();
    Tag tag = is_picture ? pictures_[pictures_sent_ % pictures_.size()] : silence_;
    ++(is_picture ? pictures_sent_ : sounds_sent_);
    tag.time = RtmpTime(static_cast<std::uint32_t>(std::llround(ms)));
    return tag;
}

SteadyTime Slate::next_turn() const {
    const auto ms = static_cast<std::int64_t>(std::ceil(std::min(video_ms(), audio_ms())));
    return begun_ + Milliseconds(ms);
}

}  // namespace restream
