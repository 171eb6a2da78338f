// Whether a publisher still sends: how long no picture and no sound has come.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "base/clock.hpp"
#include "flv/tag.hpp"

namespace restream {

/// What is missing from a publisher whose connection stands.
enum class Silence {
    none,
    picture,     ///< sound comes, and no picture, although pictures came before
    everything,  ///< no picture and no sound; metadata and sequence headers count for nothing
};

/// "picture", "everything"; "none".
std::string_view silence_name(Silence silence);
std::optional<Silence> parse_silence(std::string_view name);

/// Keeps when the last picture and the last sound came, and how far apart they usually are. A
/// value: the clock is passed in. Costs a few stores per message, and nothing else by itself: the
/// caller asks for silence() at silent_at().
///
/// Silent is who has sent nothing for `least_patience`. Who usually sends less often (one picture
/// every 2 s, and no sound) is silent after `slowness` times the usual distance. That distance is
/// measured on timestamps: a burst, or a publisher that catches up after it was frozen, changes
/// nothing.
class MediaPulse {
  public:
    /// **Source**: DESIGN, "silence is a state of the ingest (1.5 s without media)".
    static constexpr Milliseconds least_patience{1500};
    /// A publisher that is late by half its distance is not silent yet.
    static constexpr double slowness = 2.5;
    /// Before two messages of a kind came, nobody knows how far apart they are.
    static constexpr Milliseconds first_patience{5000};
    static constexpr Milliseconds longest_patience{20000};

    /// Somebody publishes, and has sent neither a picture nor a sound. Nothing happens where it
    /// has begun.
    void begin(SteadyTime now) {
        if (!begun_at_) begun_at_ = now;
    }
    void picture(RtmpTime time, SteadyTime now) { pictures_.beat(time, now); }
    void sound(RtmpTime time, SteadyTime now) { sounds_.beat(time, now); }

    Silence silence(SteadyTime now) const;
    /// Since when what is missing is missing: the last picture, where the publisher sends pictures.
    SteadyTime since() const;
    /// When silence() is the next to tell something worse, if nothing comes until then.
    SteadyTime silent_at(SteadyTime now) const;
    bool has_pictures() const { return pictures_.last.has_value(); }

  private:
    struct Beats {
        std::optional<SteadyTime> last;  ///< arrival
        RtmpTime last_time;
        std::array<std::int32_t, 3> steps_ms{};  ///< between timestamps: the last ones, a ring
        std::size_t step_count = 0;

        void beat(RtmpTime time, SteadyTime now);
        Milliseconds patience() const;
        SteadyTime silent_at() const { return *last + patience(); }
    };
    SteadyTime all_silent_at() const;

    std::optional<SteadyTime> begun_at_;
    Beats pictures_;
    Beats sounds_;
};

}  // namespace restream
