// Fields that say where a secret or a file is: the same for a stream key and for publish_key.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "config/key_reference.hpp"
#include "config/toml_fields.hpp"

namespace restream {

/// The path that a field holds as `text`, absolute: a relative one starts at the file it stands in.
/// **Throws**: Error{config} with the place of what is wrong.
std::filesystem::path read_path(const Fields& fields, std::string_view field,
                                const std::string& text);

/// `"…"`, `{ file = "…" }`, `{ env = "…" }` or `{ command = "…" }`; std::monostate where the field
/// is not there.
/// **Throws**: Error{config} with the place of what is wrong, never with the key.
KeyReference read_key(const Fields& fields, std::string_view field);
/// The same for a secret of another kind, whose text is kept as it is: blanks and all.
KeyReference read_secret(const Fields& fields, std::string_view field,
                         std::optional<std::string> (*problem)(std::string_view));

}  // namespace restream
