// Which of two publishers, the primary or its backup, the players get.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.hpp"

namespace restream {

enum class EncoderRole : std::uint8_t { primary, backup };

/// "primary", "backup".
std::string_view encoder_role_name(EncoderRole role);

/// Decides who is on the air. A value: no tag, no socket; the clock is passed in.
///
/// Nothing but what the two do moves it, so that it needs no timer: who takes over from a silent
/// one is sending, and each of his tags is a moment to decide.
///
/// - Who comes while nobody is on the air is on it at once.
/// - Who leaves gives way at once to the other, where that one sends; else nobody is on the air.
/// - Who is silent gives way to the other where that one has sent without a gap for a while and
///   players can begin with him. After such a change the next one of that kind has to wait, so that
///   two bad lines do not throw the players to and fro.
/// - The primary comes back once it has sent without a gap for `return_after`, at a keyframe.
class OnAir {
  public:
    /// A publisher that has sent no picture and no sound for as long is silent. **Source**: a
    /// change within a second, less what the other's next tag and the way to the player take;
    /// encoders send sound every 21 ms, and what their lines delay is mostly shorter.
    static constexpr Milliseconds longest_silence{600};
    /// So long has one to send before a silent one gives way to him.
    static constexpr Milliseconds settling{1000};
    /// Between two changes because of silence.
    static constexpr Milliseconds shortest_stay{3000};

    /// How a player could begin with a publisher now.
    enum class Start {
        none,      ///< not before the next keyframe
        cached,    ///< at the last keyframe, of which everything since is kept
        keyframe,  ///< just with this tag
    };

    explicit OnAir(Milliseconds return_after = std::chrono::seconds(10))
        : return_after_(return_after) {}

    /// REQUIRES: it is not there.
    void came(EncoderRole who, SteadyTime now);
    void left(EncoderRole who, SteadyTime now);
    /// It has sent picture or sound. REQUIRES: it is there.
    void sent(EncoderRole who, Start start, SteadyTime now);

    /// Nothing where nobody is.
    std::optional<EncoderRole> on_air() const { return on_air_; }
    /// Since when it is that one, or nobody.
    SteadyTime since() const { return since_; }

  private:
    struct Encoder {
        bool is_there = false;
        bool has_sent = false;
        SteadyTime last{};          ///< tag, or its coming
        SteadyTime steady_since{};  ///< the first tag behind the last gap
        Start start = Start::none;
    };
    Encoder& at(EncoderRole who) { return encoders_[static_cast<std::size_t>(who)]; }
    bool is_silent(const Encoder& encoder, SteadyTime now) const;
    bool gives_way(EncoderRole who, SteadyTime now);
    bool has_returned(EncoderRole who, SteadyTime now);
    void put(std::optional<EncoderRole> who, SteadyTime now);

    Milliseconds return_after_;
    std::array<Encoder, 2> encoders_;
    std::optional<EncoderRole> on_air_;
    SteadyTime since_{};
    std::optional<SteadyTime> silence_change_;  ///< the last one
};

}  // namespace restream
