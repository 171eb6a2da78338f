// What a session is made from: the configuration as it was, and the key.
#pragma once

#include "base/secret.hpp"
#include "config/config.hpp"

namespace restream {

struct Plan {
    Config config;
    Destination destination;  ///< as this relay carries it
    Secret key;
};

/// Whether a session made from one is the same as one made from the other: where it goes, with
/// which key, what it plays, and how it behaves. Compares secrets; keeps nothing of them.
bool are_same(const Plan& one, const Plan& other);

}  // namespace restream
