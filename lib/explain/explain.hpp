// Puts what all relays kept side by side, and says for each incident who it was.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/local_time.hpp"
#include "explain/history.hpp"
#include "explain/rules.hpp"

namespace restream {

struct Incident {
    Evidence evidence;
    Verdict verdict;
};

/// One relay over the time that is explained.
struct RelaySummary {
    std::string name;
    bool is_alive = false;
    std::size_t events = 0;  ///< that its recorder still has of that time
    WallTime first{};        ///< of those; meaningless where there are none
    Flow usual;
    Flow worst;
};

struct Explanation {
    WallTime since{};
    WallTime now{};
    std::vector<RelaySummary> relays;
    std::vector<Incident> incidents;  ///< by begin
};

/// `names`: only incidents that befell these; empty: all. All histories are evidence in any case.
Explanation explain(std::span<const RelayHistory> histories, WallTime since, WallTime now,
                    std::span<const std::string> names);

/// The one document of `explain --json`.
std::string to_json(const Explanation& explanation);

/// How the text is printed.
struct TextStyle {
    int width = 1000;  ///< lines have at most as many columns
    bool has_colour = false;
    Zone zone = Zone::local;
};

/// For people.
std::string to_text(const Explanation& explanation, const TextStyle& style);

}  // namespace restream
