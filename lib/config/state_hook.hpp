// What is told of each change of a relay's state, or of the ingest's: `on_state`.
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

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

/// All states of a relay, and those of which a hook is told if the user names none: the others
/// pass by themselves within seconds. A test compares them with the states of lib/state.
constexpr std::array<std::string_view, 7> relay_hook_states = {
    "stopped", "waiting", "connecting", "live", "holding", "backoff", "rejected"};
constexpr std::array<std::string_view, 5> usual_relay_hook_states = {"live", "holding", "backoff",
                                                                     "rejected", "stopped"};
/// The states of the ingest of which a hook can be told; usually of all of them.
constexpr std::array<std::string_view, 3> ingest_hook_states = {"live", "silent", "no_publisher"};

struct StateHook {
    std::variant<std::monostate, HookCommand, Webhook> what;
    /// How long it may take.
    Milliseconds deadline = std::chrono::seconds(10);
    /// The states of which it is told; empty: of all.
    std::vector<std::string> states = {};

    bool tells(std::string_view state) const;
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
