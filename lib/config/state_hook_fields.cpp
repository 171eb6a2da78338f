#include "config/state_hook_fields.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "config/key_fields.hpp"
#include "config/key_text.hpp"
#include "config/wording.hpp"

namespace restream {

namespace {

constexpr std::string_view field = "on_state";
/// What a line of a configuration may reasonably hold; more belongs into a script.
constexpr std::size_t longest_command_bytes = 4096;

/// `{ file = … }` or `{ env = … }`.
Webhook read_reference(const Fields& fields) {
    KeyReference url = read_key(fields, field);
    if (std::holds_alternative<KeyCommand>(url)) {
        fields.fail(field,
                    "is a webhook's URL in a file or a variable; a command that is to be "
                    "run stands here as it is: on_state = \"COMMAND\"");
    }
    return {std::move(url)};
}

Webhook read_webhook(const Fields& fields, std::string_view text) {
    const auto url = trimmed_key(text);
    if (const auto problem = webhook_problem(url)) fields.fail(field, *problem);
    return {KeyText{Secret(std::string(url))}};
}

HookCommand read_command(const Fields& fields, const std::string& text) {
    if (text.find_first_not_of(" \t\r\n") == std::string::npos) {
        fields.fail(field,
                    "holds only blanks; write what the shell is to run, or \"\" for nothing");
    }
    if (text.find('\0') != std::string::npos) fields.fail(field, "has control characters in it");
    if (text.size() > longest_command_bytes) {
        fields.fail(field, "is longer than 4 KiB; write a script and name it here");
    }
    return {text, fields.file().parent_path()};
}

std::string quoted_list(std::span<const std::string_view> words) {
    std::string list;
    for (const std::string_view each : words) {
        list += (list.empty() ? "" : ", ") + in_quotes(each);
    }
    return list;
}

std::vector<std::string> read_states(const Fields& fields, const HookStates& known) {
    constexpr std::string_view states_field = "on_state_for";
    if (!fields.has(states_field)) return {known.usual.begin(), known.usual.end()};
    std::vector<std::string> states = fields.texts(states_field);
    if (states.empty()) {
        fields.fail(states_field,
                    fmt::format("names no state; write some of {}, or on_state = \"\" for no hook",
                                quoted_list(known.all)));
    }
    for (const std::string& each : states) {
        if (std::ranges::find(known.all, each) != known.all.end()) continue;
        fields.fail(states_field, fmt::format("has {}, which is no state; write some of {}",
                                              in_quotes(each), quoted_list(known.all)));
    }
    return states;
}

}  // namespace

StateHook read_state_hook(const Fields& fields, const StateHook& otherwise,
                          const HookStates& known) {
    StateHook hook = otherwise;
    if (fields.has("on_state_for") || hook.states.empty()) {
        hook.states = read_states(fields, known);
    }
    hook.deadline =
        fields.duration("on_state_deadline", std::chrono::seconds(1), std::chrono::minutes(1))
            .value_or(otherwise.deadline);
    const toml::node* node = fields.table().get(field);
    if (node == nullptr) return hook;
    if (node->is_table()) {
        hook.what = read_reference(fields);
    } else if (!node->is_string()) {
        fields.fail_type(field, "a command or a URL in quotes, or { file = \"hook.url\" }");
    } else if (const std::string text = *fields.text(field); text.empty()) {
        hook.what = std::monostate();
    } else if (looks_like_url(trimmed_key(text))) {
        hook.what = read_webhook(fields, text);
    } else {
        hook.what = read_command(fields, text);
    }
    return hook;
}

}  // namespace restream
