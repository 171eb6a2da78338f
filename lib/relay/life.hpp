// What outlives one life of a relay.
#pragma once

#include <optional>
#include <string>

#include "state/record.hpp"

namespace restream {

/// The record a new worker or guardian begins with: what outlives a life (counters, a session
/// without goodbye) from the last one, all else fresh.
Record next_life(const std::optional<Record>& last, const std::string& name);

}  // namespace restream
