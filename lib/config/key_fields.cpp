#include "config/key_fields.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "config/key_text.hpp"

namespace restream {

namespace {

bool is_variable_name(std::string_view text) {
    const auto is_letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    return !text.empty() && is_letter(text.front()) &&
           std::all_of(text.begin(), text.end(),
                       [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

KeyReference read_key_table(const Fields& fields, std::string_view field) {
    fields.allow_only({"file", "env", "command"});
    const auto& table = fields.table();
    if (table.size() != 1) {
        fail_at(fields.file(), table.source(),
                fmt::format("{0} must name one of file, env and command; write {0} = {{ file = "
                            "\"NAME.key\" }}",
                            field));
    }
    if (const auto file = fields.text("file")) return KeyFile{read_path(fields, "file", *file)};
    if (const auto variable = fields.text("env")) {
        if (!is_variable_name(*variable)) {
            fields.fail("env", "must be the name of a variable: letters, digits and \"_\"");
        }
        return KeyEnv{*variable};
    }
    const std::string command = *fields.text("command");
    if (command.find_first_not_of(" \t\r\n") == std::string::npos) {
        fields.fail("command", "is empty; write what the shell is to run");
    }
    if (command.find('\0') != std::string::npos) {
        fields.fail("command", "has control characters in it");
    }
    return KeyCommand{command};
}

}  // namespace

std::filesystem::path read_path(const Fields& fields, std::string_view field,
                                const std::string& text) {
    if (text.empty()) fields.fail(field, "is empty; write the path of a file");
    if (text.find('\0') != std::string::npos) fields.fail(field, "has control characters in it");
    if (text.starts_with("~")) {
        fields.fail(field, "begins with \"~\", which is not expanded here; write the whole path");
    }
    const std::filesystem::path path(text);
    return path.is_absolute() ? path : (fields.file().parent_path() / path).lexically_normal();
}

namespace {

/// The string, or the reference that a table names.
std::variant<std::string, KeyReference> read_any(const Fields& fields, std::string_view field) {
    const toml::node* node = fields.table().get(field);
    if (node == nullptr) return KeyReference();
    if (const auto* table = node->as_table()) {
        return read_key_table(Fields(fields.file(), *table, std::string(field)), field);
    }
    if (!node->is_string()) {
        fields.fail_type(field, "a string or a table such as { file = \"NAME.key\" }");
    }
    return node->as_string()->get();
}

}  // namespace

KeyReference read_key(const Fields& fields, std::string_view field) {
    auto read = read_any(fields, field);
    if (auto* reference = std::get_if<KeyReference>(&read)) return std::move(*reference);
    const auto text = trimmed_key(std::get<std::string>(read));
    if (const auto problem = key_text_problem(text)) fields.fail(field, *problem);
    return KeyText{Secret(std::string(text))};
}

KeyReference read_secret(const Fields& fields, std::string_view field,
                         std::optional<std::string> (*problem)(std::string_view)) {
    auto read = read_any(fields, field);
    if (auto* reference = std::get_if<KeyReference>(&read)) return std::move(*reference);
    auto& text = std::get<std::string>(read);
    if (const auto wrong = problem(text)) fields.fail(field, *wrong);
    return KeyText{Secret(std::move(text))};
}

}  // namespace restream
