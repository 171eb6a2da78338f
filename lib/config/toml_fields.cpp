// Strict reading of TOML.
#include "config/toml_fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <variant>

#include "base/error.hpp"
#include "config/wording.hpp"
#include "system/path_fault.hpp"
#include "system/path_trust.hpp"

namespace restream {

namespace {

constexpr std::uintmax_t longest_file_bytes = 1 << 20;

[[noreturn]] void fail_whole(const std::filesystem::path& file, const std::string& message) {
    throw Error(ErrorKind::config, fmt::format("{}: {}", file.string(), message));
}

std::string_view article_and_type(const toml::node& node) {
    switch (node.type()) {
        case toml::node_type::table:
            return "a table";
        case toml::node_type::array:
            return "an array";
        case toml::node_type::string:
            return "a string";
        case toml::node_type::integer:
            return "an integer";
        case toml::node_type::floating_point:
            return "a float";
        case toml::node_type::boolean:
            return "a boolean";
        case toml::node_type::date:
            return "a date";
        case toml::node_type::time:
            return "a time";
        case toml::node_type::date_time:
            return "a date and time";
        default:
            return "nothing";
    }
}

/// toml++'s description, less "Error while" and less any text of the file that it quotes: a key
/// written without quotes must not come out in a message.
std::string without_quotes(std::string_view description) {
    constexpr std::string_view noise = "Error while ";
    if (description.starts_with(noise)) description.remove_prefix(noise.size());
    constexpr std::string_view saw = ", saw '";
    const auto at = description.find(saw);
    if (at == std::string_view::npos) return std::string(description);
    const auto seen = description.substr(at + saw.size());
    // One character, or an escape such as \n, gives nothing away and helps.
    const bool is_short = seen.size() <= 2 || (seen.size() == 3 && seen.front() == '\\');
    return std::string(is_short ? description : description.substr(0, at));
}

}  // namespace

std::string place_of(const std::filesystem::path& file, const toml::source_region& region) {
    if (!region.begin) return file.string();
    return fmt::format("{}:{}:{}", file.string(), region.begin.line, region.begin.column);
}

void fail_at(const std::filesystem::path& file, const toml::source_region& region,
             const std::string& message) {
    throw Error(ErrorKind::config, fmt::format("{}: {}", place_of(file, region), message));
}

namespace {

/// Says in the user's words why a file can't be read, where they are better than the system's.
void explain_unreadable(const std::filesystem::path& file) {
    std::error_code error;
    const auto status = std::filesystem::status(file, error);
    if (std::filesystem::is_directory(status))
        fail_whole(file, "is a folder; a file must stand here");
    if (status.type() == std::filesystem::file_type::not_found) fail_whole(file, "is not there");
    if (!std::filesystem::exists(status)) return;  // the caller knows more about access
    if (!std::filesystem::is_regular_file(status)) fail_whole(file, "is no regular file");
    const auto bytes = std::filesystem::file_size(file, error);
    if (!error && bytes > longest_file_bytes) {
        fail_whole(file, fmt::format("is {} bytes long; a configuration has at most {}", bytes,
                                     longest_file_bytes));
    }
}

}  // namespace

std::string read_config_text(const std::filesystem::path& file) {
    std::variant<std::string, PathFault> read;
    try {
        read = read_trusted_file(file, longest_file_bytes);
    } catch (const Error& failed) {
        // The same failure, but here it is the configuration that can't be used.
        const PathFault fault = file_fault(file, failed.cause());
        if (fault.kind == PathFault::Kind::other || fault.kind == PathFault::Kind::not_a_file) {
            explain_unreadable(file);
        }
        throw_path_fault("reading " + file.string(), fault, ErrorKind::config);
    }
    if (const auto* fault = std::get_if<PathFault>(&read)) {
        throw_path_fault("reading " + file.string(), *fault, ErrorKind::config);
    }
    return std::get<std::string>(std::move(read));
}

toml::table parse_toml(const std::filesystem::path& file, std::string_view text) {
    try {
        return toml::parse(text);
    } catch (const toml::parse_error& error) {
        fail_at(file, error.source(), without_quotes(error.description()));
    }
}

void Fields::allow_only(const std::vector<std::string>& known) const {
    for (const auto& [key, value] : table_) {
        const std::string_view name = key.str();
        if (std::find(known.begin(), known.end(), name) != known.end()) continue;
        fail_at(file_, key.source(),
                fmt::format("unknown field {}{}{}", in_quotes(name),
                            title_.empty() ? "" : " in " + title_, suggestion(name, known)));
    }
}

std::optional<std::string> Fields::text(std::string_view field) const {
    const toml::node* node = table_.get(field);
    if (node == nullptr) return std::nullopt;
    if (!node->is_string()) fail_type(field, "a string");
    return node->as_string()->get();
}

std::optional<bool> Fields::flag(std::string_view field) const {
    const toml::node* node = table_.get(field);
    if (node == nullptr) return std::nullopt;
    if (!node->is_boolean()) fail_type(field, "true or false");
    return node->as_boolean()->get();
}

std::optional<std::int64_t> Fields::integer(std::string_view field, std::int64_t least,
                                            std::int64_t most) const {
    const toml::node* node = table_.get(field);
    if (node == nullptr) return std::nullopt;
    if (!node->is_integer()) fail_type(field, "an integer");
    const std::int64_t value = node->as_integer()->get();
    if (value < least || value > most) {
        fail(field, fmt::format("is {}; write a number from {} to {}", value, least, most));
    }
    return value;
}

std::optional<Milliseconds> Fields::duration(std::string_view field, Milliseconds least,
                                             Milliseconds most) const {
    const toml::node* node = table_.get(field);
    if (node == nullptr) return std::nullopt;
    if (!node->is_string()) fail_type(field, "a duration in quotes, such as \"30s\"");
    const auto span = parse_duration(node->as_string()->get());
    if (!span) {
        fail(field, fmt::format("is {}, which is no duration; write one such as \"500ms\", \"30s\" "
                                "or \"2m\"",
                                in_quotes(node->as_string()->get())));
    }
    if (*span < least || *span > most) {
        fail(field, fmt::format("is {}; write a duration from {} to {}", format_duration(*span),
                                format_duration(least), format_duration(most)));
    }
    return span;
}

std::vector<std::string> Fields::texts(std::string_view field) const {
    const toml::node* node = table_.get(field);
    if (node == nullptr) return {};
    if (!node->is_array()) fail_type(field, "an array of strings");
    std::vector<std::string> found;
    for (const auto& element : *node->as_array()) {
        if (!element.is_string()) {
            fail_at(
                file_, element.source(),
                fmt::format("{} must hold only strings, not {}", field, article_and_type(element)));
        }
        found.push_back(element.as_string()->get());
    }
    return found;
}

const toml::table* Fields::child(std::string_view field) const {
    const toml::node* node = table_.get(field);
    if (node == nullptr) return nullptr;
    if (!node->is_table()) fail_type(field, fmt::format("a table; write [{}]", field));
    return node->as_table();
}

void Fields::fail(std::string_view field, const std::string& message) const {
    const toml::node* node = table_.get(field);
    const auto region = node != nullptr ? node->source() : table_.source();
    fail_at(file_, region, fmt::format("{} {}", field, message));
}

void Fields::fail_type(std::string_view field, std::string_view expected) const {
    fail(field, fmt::format("must be {}, not {}", expected, article_and_type(*table_.get(field))));
}

}  // namespace restream
