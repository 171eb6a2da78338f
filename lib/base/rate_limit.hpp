// How often somebody may ask.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "base/clock.hpp"

namespace restream {

/// A bucket for each address, filled at a steady rate. Bounded: of many addresses, the one that
/// asked longest ago is forgotten, and has a full bucket when it comes again.
class RateLimit {
  public:
    struct Rate {
        double per_second;
        double burst;
    };
    explicit RateLimit(Rate rate) : rate_(rate) {}

    /// Takes one from the bucket of `address`; false where it is empty.
    bool take(const std::string& address, SteadyTime now);
    /// Whether there is one to take.
    bool has(const std::string& address, SteadyTime now);

    static constexpr std::size_t most_addresses = 1024;

  private:
    struct Bucket {
        double filled;
        SteadyTime at;
    };
    Bucket& bucket(const std::string& address, SteadyTime now);

    Rate rate_;
    std::map<std::string, Bucket> buckets_;
};

/// How often somebody may be wrong: each place by itself, and all of them together.
class WrongTries {
  public:
    WrongTries(RateLimit::Rate each, RateLimit::Rate all) : each_(each), all_(all) {}

    bool may_try(const std::string& place, SteadyTime now) {
        return each_.has(place, now) && all_.has({}, now);
    }
    void was_wrong(const std::string& place, SteadyTime now) {
        each_.take(place, now);
        all_.take({}, now);
    }

  private:
    RateLimit each_;
    RateLimit all_;
};

}  // namespace restream
