// Relays that would publish under the same name at the same server: the server takes one of them.
#pragma once

#include <string>
#include <vector>

#include "config/config.hpp"

namespace restream {

/// Two relays of the configuration; of one destination too, where its backup URL is its URL.
struct Twins {
    std::string one;
    std::string other;
    bool operator==(const Twins&) const = default;
};

/// Compares URLs in a normal form (case, default ports, rtmp and rtmps, a key in the URL's path)
/// and keys, in memory only. A key command is not run: the same command is the same key. A key that
/// cannot be read is no key.
std::vector<Twins> find_twins(const Config& config);

}  // namespace restream
