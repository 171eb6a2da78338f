// When an ingest can be passed on: sequence headers known, and a keyframe to begin with.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "flv/setup_tags.hpp"
#include "flv/tag.hpp"
#include "state/session_end.hpp"

namespace restream {

/// Watches the tags of one connection to the ingest. A value: the clock is passed in.
///
/// Ready means: video and audio both known (with their sequence headers, where their codecs have
/// them) and a video keyframe at hand. An ingest that carries only one of the two is ready only
/// once it has stayed so for the whole probe window, which begins with its first message and ends
/// by time or by bytes; where it is known to carry only that one, at once.
class Readiness {
  public:
    /// Some servers hold the picture back until the next keyframe, which OBS sends every 8.3 s by
    /// default.
    static constexpr Milliseconds announced_wait = std::chrono::seconds(12);

    Readiness(Milliseconds window, std::uint64_t window_bytes)
        : window_(window), window_bytes_(window_bytes) {}

    /// A new connection, or another publisher: nothing is known any more.
    void begin();
    /// The publisher is known to send only this one of the two. A message of the other counts more.
    void expect_only(TagType type) { only_ = type; }
    /// Looks at a tag. True where a session can begin with just this one: a keyframe, or, without
    /// video, an audio message.
    bool observe(const Tag& tag, SteadyTime now);

    /// Metadata and the sequence headers of all tracks, as last seen: what a session begins with.
    std::vector<Tag> headers() const { return headers_.all(); }
    /// The last sound of a codec that has no sequence header: what headers() cannot say.
    const std::optional<Tag>& sound() const { return sound_; }
    /// What a session waits for.
    enum class Missing { keyframe, picture, sound };
    Missing missing() const;
    /// The only one of the two that it carries, where that is known.
    std::optional<TagType> only() const;
    /// Whether it carries what can be passed on of that kind.
    bool has(TagType type) const { return type == TagType::video ? has_video_ : has_audio_; }
    /// Whether the probe window is open: a picture or sound has arrived.
    bool has_begun() const { return first_seen_.has_value(); }

  private:
    bool is_alone_as_expected() const;
    void observe_video(const Tag& tag, bool& can_begin);
    void observe_audio(const Tag& tag, bool& can_begin);

    Milliseconds window_;
    std::uint64_t window_bytes_;
    std::optional<SteadyTime> first_seen_;
    std::uint64_t seen_bytes_ = 0;
    bool has_video_ = false;  ///< a video message that can be passed on was or could be sent
    bool has_audio_ = false;
    bool has_seen_video_ = false;
    bool has_seen_audio_ = false;
    bool has_seen_begin_ = false;    ///< a keyframe that can be passed on
    bool has_plain_video_ = false;   ///< not only in multitrack messages
    bool has_video_header_ = false;  ///< of the plain track
    bool has_audio_header_ = false;
    bool announces_video_ = false;  ///< the metadata does
    bool is_window_over_ = false;
    std::optional<TagType> only_;
    SetupTags headers_;
    std::optional<Tag> sound_;
};

}  // namespace restream
