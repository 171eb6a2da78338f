#include "config/field_editor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "base/error.hpp"
#include "config/toml_fields.hpp"
#include "system/atomic_file.hpp"
#include "system/path_fault.hpp"

namespace restream {

namespace fs = std::filesystem;

namespace {

/// Where in `text` the position is. toml++ counts characters from 1, and not the byte order mark.
std::size_t offset_of(std::string_view text, const toml::source_position& position) {
    std::size_t at = 0;
    for (toml::source_index line = 1; line < position.line; ++line) {
        at = std::min(text.find('\n', at), text.size() - 1) + 1;
    }
    if (at == 0 && text.starts_with("\xEF\xBB\xBF")) at = 3;
    const auto is_continuation = [&](std::size_t i) {
        return (static_cast<unsigned char>(text[i]) & 0xC0) == 0x80;
    };
    for (toml::source_index column = 1; column < position.column && at < text.size(); ++column) {
        ++at;
        while (at < text.size() && is_continuation(at)) ++at;
    }
    return at;
}

std::string_view line_end_of(std::string_view text) {
    return text.find("\r\n") == std::string_view::npos ? "\n" : "\r\n";
}

std::size_t begin_of_line(std::string_view text, std::size_t at) {
    const auto before = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
    return before == std::string_view::npos ? 0 : before + 1;
}

/// Where a new field can stand: before the first table, else at the end.
std::size_t end_of_fields(std::string_view text, const toml::table& root) {
    std::size_t end = text.size();
    for (const auto& [key, node] : root) {
        const bool is_inline = node.is_table() && node.as_table()->is_inline();
        if (!node.is_table() || is_inline) continue;
        end = std::min(end, begin_of_line(text, offset_of(text, node.source().begin)));
    }
    return end;
}

std::string with_new(const std::string& text, const toml::table& root, const FieldChange& change) {
    const std::string end(line_end_of(text));
    const std::size_t at = end_of_fields(text, root);
    const std::string before = text.substr(0, at);
    const bool is_open = !before.empty() && before.back() != '\n';
    return before + (is_open ? end : "") + change.field + " = " + *change.value + end +
           text.substr(at);
}

/// Without the lines from its name to the end of its value.
std::string without(const std::string& text, const toml::key& key, const toml::node& node) {
    const std::size_t begin = begin_of_line(text, offset_of(text, key.source().begin));
    const std::size_t value_end = offset_of(text, node.source().end);
    const auto line_end = text.find('\n', std::max(begin, value_end));
    return text.substr(0, begin) + (line_end == std::string::npos ? "" : text.substr(line_end + 1));
}

/// REQUIRES: `root` is what `text` says.
std::string changed_text(const std::string& text, const toml::table& root,
                         const FieldChange& change) {
    const auto found = root.find(change.field);
    if (found == root.end()) return change.value ? with_new(text, root, change) : text;
    const toml::node& node = found->second;
    if (!change.value) return without(text, found->first, node);
    const std::size_t begin = offset_of(text, node.source().begin);
    const std::size_t end = offset_of(text, node.source().end);
    return text.substr(0, begin) + *change.value + text.substr(std::max(begin, end));
}

/// Whether both say the same but for the field, and the new one's is what was asked for.
bool changes_only(toml::table before, toml::table after, const FieldChange& change) {
    if (change.value) {
        toml::table wanted = toml::parse(change.field + " = " + *change.value);
        toml::table only;
        const toml::node* node = after.get(change.field);
        if (node == nullptr) return false;
        only.insert(change.field, *node);
        if (only != wanted) return false;
    } else if (after.contains(change.field)) {
        return false;
    }
    before.erase(change.field);
    after.erase(change.field);
    return before == after;
}

std::string apply(const fs::path& file, const std::string& text, const FieldChange& change) {
    const toml::table root = parse_toml(file, text);
    const std::string edited = changed_text(text, root, change);
    bool is_good = false;
    try {
        is_good = changes_only(root, toml::parse(edited), change);
    } catch (const toml::parse_error&) {
        // What is_good says already.
    }
    if (is_good) return edited;
    const toml::node* node = root.get(change.field);
    // Where a key is, is no secret; what stands in a URL may be one.
    const std::string advice = change.value && change.field == "key"
                                   ? fmt::format("write there: key = {}", *change.value)
                                   : "change it there";
    fail_at(file, node != nullptr ? node->source() : root.source(),
            fmt::format("the {} is written so that it can't be replaced without touching other "
                        "text; {}",
                        change.field, advice));
}

}  // namespace

/// A TOML string: what is special is escaped.
std::string toml_string(std::string_view text) {
    std::string written = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            written += '\\';
            written += c;
        } else if (byte < 0x20 || byte == 0x7F) {
            written += fmt::format("\\u{:04X}", byte);
        } else {
            written += c;
        }
    }
    return written + "\"";
}

std::string edited_text(const fs::path& file, const std::vector<FieldChange>& changes) {
    std::string text = read_config_text(file);
    for (const auto& each : changes) text = apply(file, text, each);
    return text;
}

void write_config_file(const fs::path& path, std::string_view content, Holds holds) {
    std::error_code error;
    fs::path target = fs::weakly_canonical(path, error);
    if (error) target = path;
    error = publish_file(target, content, Durability::survives_power_cut,
                         holds == Holds::secret ? Ownership::is_new : Ownership::is_kept);
    if (error) {
        throw Error(
            ErrorKind::refused,
            fmt::format("writing {}: {}", path.string(), file_fault(target, error).describe()),
            error);
    }
}

}  // namespace restream
