// Changes of the configuration that the page asks for.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "config/config.hpp"
#include "dashboard/message.hpp"
#include "state/registry.hpp"

namespace restream {

/// Adds the destination (201), or changes the members that the body has (200). Takes the
/// CommandLock.
/// **Throws**: Error as the editor's; {usage} for a body that is none.
Answer put_destination(const Config& config, const Registry& registry, const std::string& name,
                       std::string_view body);

/// `{"key": "…"}` becomes its stream key. **Throws**: as put_destination.
Answer put_key(const Config& config, const Registry& registry, const std::string& name,
               std::string_view body);

}  // namespace restream
