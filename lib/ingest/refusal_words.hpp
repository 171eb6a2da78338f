// Why somebody is not let in, in words and by code.
#pragma once

#include <array>
#include <string_view>

namespace restream {

struct RefusalWords {
    std::string_view code;   ///< never renamed
    std::string_view words;  ///< for the peer, for logs, and what run/publications.json has
};

inline constexpr std::array refusal_words = {
    RefusalWords{"publishing_not_allowed", "publishing from this address is not allowed"},
    RefusalWords{"playing_not_allowed", "playing from this address is not allowed"},
    RefusalWords{"playing_not_allowed_to_user",
                 "only the user who runs the server may play; other users of this machine need "
                 "allow_play = [\"127.0.0.0/8\", \"::1\"] in restream.toml"},
    RefusalWords{"bad_path", "no path, or one that is too long"},
    RefusalWords{"no_key", "no stream key"},
    RefusalWords{"wrong_key", "wrong stream key"},
    RefusalWords{"too_many_wrong_keys",
                 "too many wrong stream keys from the same place; wait ten seconds and try again"},
    RefusalWords{"other_path", "another path than the ingest's"},
    RefusalWords{"already_publishing", "already publishing"},
    RefusalWords{"too_many_players", "too many players from the same place"},
    RefusalWords{"too_many_publications", "too many publications"},
};

/// Ends with a NUL. A code that is none does not compile.
consteval const char* words_of_refusal(std::string_view code) {
    for (const auto& each : refusal_words) {
        if (each.code == code) return each.words.data();
    }
    throw "there is no such code";
}

/// The other way round; empty where an older server had other words.
constexpr std::string_view code_of_refusal(std::string_view words) {
    for (const auto& each : refusal_words) {
        if (each.words == words) return each.code;
    }
    return {};
}

}  // namespace restream
