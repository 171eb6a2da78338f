#include "base/rate_limit.hpp"

#include <algorithm>

namespace restream {

RateLimit::Bucket& RateLimit::bucket(const std::string& address, SteadyTime now) {
    const auto found = buckets_.find(address);
    if (found != buckets_.end()) {
        Bucket& bucket = found->second;
        const double seconds = std::chrono::duration<double>(now - bucket.at).count();
        bucket.filled =
            std::min(rate_.burst, bucket.filled + std::max(0.0, seconds) * rate_.per_second);
        bucket.at = now;
        return bucket;
    }
    if (buckets_.size() >= most_addresses) {
        buckets_.erase(std::ranges::min_element(buckets_, {},
                                                [](const auto& each) { return each.second.at; }));
    }
    return buckets_.emplace(address, Bucket{rate_.burst, now}).first->second;
}

bool RateLimit::take(const std::string& address, SteadyTime now) {
    Bucket& bucket = this->bucket(address, now);
    if (bucket.filled < 1) return false;
    bucket.filled -= 1;
    return true;
}

bool RateLimit::has(const std::string& address, SteadyTime now) {
    return bucket(address, now).filled >= 1;
}

}  // namespace restream
