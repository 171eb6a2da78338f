// Slows down guesses of the publish key.
#pragma once

#include <cstddef>
#include <deque>
#include <string>

#include "base/clock.hpp"
#include "base/rate_limit.hpp"
#include "server/admission.hpp"

namespace restream {

/// Counts wrong keys, for each place (see place_of()) and for all places together. While a place
/// has no tries left, its keys are not looked at, right or wrong: a guesser learns nothing then.
///
/// A place that has shown the right key has more tries, which no other place uses up: several may
/// be behind one address (a proxy, a container's network), and one of them must not keep the
/// encoder out with a guess now and then. The owner's own processes (Admission::is_own) are not
/// counted here. Bounded: only the latest places that have shown the right key are remembered.
/// Knows no key; the clock is passed in.
class KeyGuard {
  public:
    /// Ten tries, then one in ten seconds. **Source**: a user who mistypes has ten; 16 hexadecimal
    /// digits last for ever.
    static constexpr RateLimit::Rate most_wrong{0.1, 10};
    /// Of a place that has shown the right key.
    static constexpr RateLimit::Rate most_wrong_of_proven{2, 200};
    /// From anywhere else. Of eight letters and digits there are enough for 100,000 years.
    static constexpr RateLimit::Rate most_wrong_of_all{20, 1000};
    static constexpr std::size_t most_proven = 64;

    /// Whether a key from there may be looked at.
    bool may_try(const Visitor& from, SteadyTime now);
    void was_wrong(const Visitor& from, SteadyTime now);
    void was_right(const Visitor& from);

  private:
    bool is_proven(const std::string& place) const;

    WrongTries wrong_{most_wrong, most_wrong_of_all};
    RateLimit wrong_of_proven_{most_wrong_of_proven};
    std::deque<std::string> proven_;  ///< places that have shown the right key, the latest first
};

}  // namespace restream
