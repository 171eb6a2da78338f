// Bytes that nobody can foresee.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace restream {

/// From the system's source of randomness.
std::vector<std::uint8_t> random_bytes(std::size_t count);
/// So many of them, as two hexadecimal digits each.
std::string random_hex(std::size_t count);

}  // namespace restream
