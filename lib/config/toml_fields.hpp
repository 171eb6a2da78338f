// TOML files read strictly: bounded, every field asked for, errors with file, line and column.
#pragma once

#include <toml++/toml.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace restream {

/// "FILE:LINE:COLUMN", or "FILE" where the region is nowhere.
std::string place_of(const std::filesystem::path& file, const toml::source_region& region);

/// **Throws**: Error{config} "FILE:LINE:COLUMN: message".
[[noreturn]] void fail_at(const std::filesystem::path& file, const toml::source_region& region,
                          const std::string& message);

/// The bytes of a configuration file. **Throws**: Error{config} where it is no regular file, longer
/// than 1 MiB, unreadable, or not to be trusted (see system/path_trust.hpp).
std::string read_config_text(const std::filesystem::path& file);

/// **Throws**: Error{config} with line and column.
toml::table parse_toml(const std::filesystem::path& file, std::string_view text);

/// One table of a file. Everything throws Error{config} with the place of what is wrong.
class Fields {
  public:
    /// `file` and `table` must outlive it. `title` names the table in messages: `[ingest]`.
    Fields(const std::filesystem::path& file, const toml::table& table, std::string title)
        : file_(file), table_(table), title_(std::move(title)) {}

    const std::filesystem::path& file() const { return file_; }
    const toml::table& table() const { return table_; }

    /// Refuses every field but these.
    void allow_only(const std::vector<std::string>& known) const;
    bool has(std::string_view field) const { return table_.contains(field); }
    /// Nothing where the field is not there.
    std::optional<std::string> text(std::string_view field) const;
    std::optional<bool> flag(std::string_view field) const;
    std::optional<std::int64_t> integer(std::string_view field, std::int64_t least,
                                        std::int64_t most) const;
    std::optional<Milliseconds> duration(std::string_view field, Milliseconds least,
                                         Milliseconds most) const;
    std::vector<std::string> texts(std::string_view field) const;
    const toml::table* child(std::string_view field) const;
    /// Refuses the field: "PLACE: FIELD message".
    [[noreturn]] void fail(std::string_view field, const std::string& message) const;
    /// Refuses a value's type: "must be EXPECTED, not a boolean".
    [[noreturn]] void fail_type(std::string_view field, std::string_view expected) const;

  private:
    const std::filesystem::path& file_;
    const toml::table& table_;
    std::string title_;
};

}  // namespace restream
