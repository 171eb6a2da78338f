// What is told of each change of a relay's state: `on_state`.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.hpp"
#include "config/key_reference.hpp"

namespace restream {

/// Run by the system's shell.
struct HookCommand {
    std::string line;
    std::filesystem::path folder;  ///< where it runs: that of the file which says so
};

/// A POST to an http or https URL, which often is a secret itself: whoever knows it may post.
struct Webhook {
    KeyReference url;  ///< KeyText, KeyFile or KeyEnv
};

struct StateHook {
    std::variant<std::monostate, HookCommand, Webhook> what;
    /// How long it may take.
    Milliseconds deadline = std::chrono::seconds(10);

    bool is_there() const { return !std::holds_alternative<std::monostate>(what); }
    /// The environment variable that holds the URL; empty where none does.
    std::string variable() const;
};

/// Whether the text is meant as a URL: `SCHEME://…`, `http:…`. All else is a command.
bool looks_like_url(std::string_view text);

/// What is wrong with a webhook's URL, in words without it: it is http or https with a host and
/// without user info.
std::optional<std::string> webhook_problem(std::string_view url);

}  // namespace restream
