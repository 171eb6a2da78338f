// Changes of the configuration that the page asks for.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "dashboard/message.hpp"
#include "state/registry.hpp"

namespace restream {

/// Adds the destination (201), or changes the members that the body has (200): all of them or none.
/// Takes the CommandLock, and looks at `directory` when it has it: what another command has written
/// meanwhile counts.
/// **Throws**: Error as the editor's; {usage} for a body that is none.
Answer put_destination(const std::filesystem::path& directory, const Registry& registry,
                       const std::string& name, std::string_view body);

/// `{"key": "…"}` becomes its stream key. **Throws**: as put_destination.
Answer put_key(const std::filesystem::path& directory, const Registry& registry,
               const std::string& name, std::string_view body);

}  // namespace restream
