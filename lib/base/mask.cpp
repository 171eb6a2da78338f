#include "base/mask.hpp"

#include <algorithm>
#include <optional>

namespace restream {

namespace {

constexpr std::string_view mask = "***";
/// Shorter ones are too often something else than the key.
constexpr std::size_t shortest_in_log = 8;
/// A server may put the key between other letters; of fewer, each hit would be by accident.
constexpr std::size_t shortest_inside_words = 4;
/// No word of a sentence is that long.
constexpr std::size_t longest_word = 15;

bool is_letter(char each) { return (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z'); }

bool is_word(char each) { return is_letter(each) || (each >= '0' && each <= '9') || each == '_'; }

bool stands_alone(std::string_view text, std::size_t at, std::size_t size) {
    const bool is_free_before = at == 0 || !is_word(text[at - 1]);
    const bool is_free_behind = at + size >= text.size() || !is_word(text[at + size]);
    return is_free_before && is_free_behind;
}

struct Span {
    std::size_t begin = 0;
    std::size_t end = 0;
};

/// The next URL at or behind `from`.
std::optional<Span> next_url(std::string_view text, std::size_t from) {
    const auto scheme = text.find("://", from);
    if (scheme == std::string_view::npos) return std::nullopt;
    const auto end = text.find_first_of(" \t\"'<>()[],;", scheme + 3);
    std::size_t until = std::min(end, text.size());
    // The brackets of an IPv6 host belong to it.
    if (until < text.size() && text[until] == '[') {
        const auto close = text.find(']', until);
        if (close != std::string_view::npos) {
            until = std::min(text.find_first_of(" \t\"'<>()[],;", close + 1), text.size());
        }
    }
    return Span{scheme + 3, until};
}

/// Whether what stands there is a part of a URL that may be a key.
bool is_key_place(std::string_view url, std::size_t at, std::size_t size) {
    const auto first_slash = std::min(url.find('/'), url.size());
    const char behind = at + size < url.size() ? url[at + size] : '\0';
    const char before = at > 0 ? url[at - 1] : '/';
    const auto user_end = url.substr(0, first_slash).rfind('@');
    if (user_end != std::string_view::npos && at < user_end) {
        return (at == 0 || before == ':') && (behind == ':' || behind == '@');
    }
    const bool ends = behind == '\0' || behind == '/' || behind == '?' || behind == '&' ||
                      behind == '#' || behind == ':' || behind == '.';
    if (at <= first_slash || !ends) return false;
    if (before == '=' || before == '?' || before == '&') return true;
    const bool is_app = url.substr(first_slash + 1, at - first_slash - 1).find_first_not_of('/') ==
                        std::string_view::npos;
    return before == '/' && !is_app;
}

bool stands_in_url(std::string_view text, std::size_t at, std::size_t size) {
    for (auto url = next_url(text, 0); url && url->begin <= at; url = next_url(text, url->end)) {
        if (at + size > url->end) continue;
        const auto inside = text.substr(url->begin, url->end - url->begin);
        return is_key_place(inside, at - url->begin, size);
    }
    return false;
}

bool is_secret_there(std::string_view text, std::size_t at, std::string_view secret, MaskIn where) {
    const bool is_servers = where == MaskIn::server_words;
    const std::size_t shortest = is_servers ? shortest_inside_words : shortest_in_log;
    const bool is_long_enough = secret.size() >= shortest;
    if (is_long_enough && !reads_like_word(secret)) return true;
    if (is_servers && secret.size() >= shortest_in_log) return true;
    const bool may_be_told = is_servers || is_long_enough;
    if (may_be_told && stands_alone(text, at, secret.size())) return true;
    return stands_in_url(text, at, secret.size());
}

}  // namespace

bool reads_like_word(std::string_view secret) {
    return secret.size() <= longest_word && std::ranges::all_of(secret, [](char each) {
               return is_letter(each) || each == '-' || each == '_';
           });
}

std::string mask_secret(std::string_view text, std::string_view secret, MaskIn where) {
    std::string out;
    if (secret.empty()) return std::string(text);
    std::size_t from = 0;
    for (;;) {
        const auto at = text.find(secret, from);
        out += text.substr(from, at == std::string_view::npos ? at : at - from);
        if (at == std::string_view::npos) return out;
        out += is_secret_there(text, at, secret, where) ? mask : secret;
        from = at + secret.size();
    }
}

}  // namespace restream
