#include "ingest/nginx_pulse.hpp"

namespace restream {

void NginxPulse::look(const NginxPublication* publication, SteadyTime now) {
    if (publication == nullptr || !publication->has_publisher) {
        *this = NginxPulse();
        return;
    }
    // A publisher that came between two looks begins to count anew.
    if (!begun_at_ || publication->bytes_received < bytes_) {
        *this = NginxPulse();
        begun_at_ = now;
        pulse_.begin(now);
    }
    if (publication->bytes_received > bytes_) {
        const auto ms = std::chrono::duration_cast<Milliseconds>(now - *begun_at_).count();
        pulse_.picture(RtmpTime(static_cast<std::uint32_t>(ms)), now);
        bytes_ = publication->bytes_received;
    }
    is_silent_ = pulse_.silence(now) != Silence::none;
}

}  // namespace restream
