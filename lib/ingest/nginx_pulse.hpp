// Whether nginx's publisher still sends, from one look at its statistics after the other.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "flv/media_pulse.hpp"
#include "ingest/nginx_stat.hpp"

namespace restream {

/// nginx counts bytes and does not say when they came. So who looks about twice a second knows to
/// half a second when they came last. A value: the clock is passed in.
class NginxPulse {
  public:
    /// `publication`: what relays play; nullptr where nobody is there.
    void look(const NginxPublication* publication, SteadyTime now);

    bool is_silent() const { return is_silent_; }
    /// The last look at which there was something new.
    SteadyTime since() const { return pulse_.since(); }

  private:
    MediaPulse pulse_;
    std::optional<SteadyTime> begun_at_;
    std::uint64_t bytes_ = 0;
    bool is_silent_ = false;
};

}  // namespace restream
