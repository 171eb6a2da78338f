// Changes fields of a TOML file, and nothing else in it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace restream {

struct FieldChange {
    std::string field;                 ///< at the top of the file
    std::optional<std::string> value;  ///< as TOML; nothing: the field goes
};

/// A TOML string: what is special is escaped.
std::string toml_string(std::string_view text);

/// The text of `file` with these changes: a value is replaced where it stands, a new field is a new
/// line before the first table, one that goes takes its line along. The result is read again and
/// compared, so that whatever the file looks like (dotted keys, a table), either only these fields
/// change or nothing is given back.
/// **Throws**: Error{config} with the place of what can't be changed alone, and what to write
/// there.
std::string edited_text(const std::filesystem::path& file, const std::vector<FieldChange>& changes);

/// What a file of the configuration holds.
enum class Holds { fields, secret };

/// Publishes through a symbolic link, so that it stays one: the file may live in a folder of
/// dotfiles. A new file is 0600; one that was there keeps its owner, group and mode, but a secret's
/// is 0600 whatever it was. **Throws**: Error{refused}.
void write_config_file(const std::filesystem::path& path, std::string_view content,
                       Holds holds = Holds::fields);

}  // namespace restream
