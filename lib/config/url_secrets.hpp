// What no log may show of a URL.
#pragma once

#include <string_view>
#include <vector>

#include "base/secret.hpp"

namespace restream {

/// User info as a whole, and the password in it, also decoded; nothing where there is none.
std::vector<Secret> url_secrets(std::string_view url);

}  // namespace restream
