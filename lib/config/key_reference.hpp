// Where a key comes from, as the configuration says it.
#pragma once

#include <filesystem>
#include <string>
#include <variant>

#include "base/secret.hpp"

namespace restream {

/// A stream key's origin. At most one of them; std::monostate: there is no key.
struct KeyText {
    Secret text;
};
struct KeyFile {
    std::filesystem::path path;
};  ///< absolute; relative ones are resolved at loading
struct KeyEnv {
    std::string variable;
};
struct KeyCommand {
    std::string command;
};  ///< run by the system's shell
using KeyReference = std::variant<std::monostate, KeyText, KeyFile, KeyEnv, KeyCommand>;

}  // namespace restream
