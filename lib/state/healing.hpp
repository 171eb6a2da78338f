// What was started again, by whom nobody asked.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "state/layout.hpp"

namespace restream {

/// The content of run/healing.json. A value. Whoever heals last writes it; a healing that found
/// nothing to do leaves it alone.
struct Healing {
    WallTime at{};
    bool ingest = false;              ///< the ingest server was started again
    std::vector<std::string> relays;  ///< those that were
    std::string problem;              ///< why something could not be; may be empty

    bool operator==(const Healing&) const = default;
};

/// JSON, one line.
std::string to_json(const Healing& healing);
/// Nothing for what is torn, foreign, of another schema, or has a field of another type.
std::optional<Healing> healing_from_json(std::string_view text);

std::optional<Healing> last_healing(const Layout& layout);
/// Where it cannot be written (a full disk), it was healed all the same.
void note_healing(const Layout& layout, const Healing& healing);

}  // namespace restream
