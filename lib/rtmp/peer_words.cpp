#include "rtmp/peer_words.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace restream {

namespace {

/// Enough for the longest refusal seen ("[ AccessManager.Reject ] : …"), short enough for a line.
constexpr std::size_t longest_shown = 300;
constexpr std::size_t shortest_inside_words = 4;
constexpr std::string_view mask = "***";

struct Character {
    char32_t code = 0;
    std::size_t size = 0;
};

/// The first character; nothing where it is no UTF-8. **Source**: RFC 3629, 3.
std::optional<Character> first_character(std::string_view text) {
    const auto byte = [&text](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    if (byte(0) < 0x80) return Character{byte(0), 1};
    const std::size_t size = byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : 2;
    if (byte(0) < 0xc2 || byte(0) > 0xf4 || text.size() < size) return std::nullopt;
    char32_t code = byte(0) & (0x7fu >> size);
    for (std::size_t at = 1; at < size; ++at) {
        if ((byte(at) & 0xc0) != 0x80) return std::nullopt;
        code = code << 6 | (byte(at) & 0x3f);
    }
    constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const bool is_surrogate = code >= 0xd800 && code <= 0xdfff;
    if (code < smallest[size] || code > 0x10ffff || is_surrogate) return std::nullopt;
    return Character{code, size};
}

bool is_visible(char32_t code) {
    const bool is_control = code < 0x20 || (code >= 0x7f && code < 0xa0);
    const bool turns_text =
        (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
    return !is_control && !turns_text;
}

bool is_word(char each) {
    return (each >= '0' && each <= '9') || (each >= 'a' && each <= 'z') ||
           (each >= 'A' && each <= 'Z') || each == '_';
}

bool stands_alone(std::string_view text, std::size_t at, std::size_t size) {
    const bool is_free_before = at == 0 || !is_word(text[at - 1]);
    const bool is_free_behind = at + size >= text.size() || !is_word(text[at + size]);
    return is_free_before && is_free_behind;
}

std::string masked(std::string_view text, std::string_view secret) {
    std::string out;
    for (;;) {
        const std::size_t at = text.find(secret);
        out += text.substr(0, at);
        if (at == std::string_view::npos) return out;
        const bool is_told =
            secret.size() >= shortest_inside_words || stands_alone(text, at, secret.size());
        out += is_told ? mask : secret;
        text.remove_prefix(at + secret.size());
    }
}

/// Whoever cut the text may have cut a secret: no end of it is the beginning of one.
std::string without_cut(std::string text, std::string_view secret) {
    const std::size_t longest = std::min(text.size() + 1, secret.size());
    for (std::size_t size = longest; size-- > shortest_inside_words;) {
        if (!text.ends_with(secret.substr(0, size))) continue;
        text.resize(text.size() - size);
        return text.append(mask);
    }
    return text;
}

/// A URL that the peer names has secrets of its own, which we do not know.
std::string without_url_queries(std::string_view text) {
    std::string out;
    for (;;) {
        const std::size_t url = std::min(text.find("://"), text.size());
        const std::size_t end = std::min(text.find_first_of(" \"'<>()[],;", url), text.size());
        const std::size_t query = std::min(text.find('?', url), end);
        out += text.substr(0, query);
        if (query < end) out.append("?").append(mask);
        if (end == text.size()) return out;
        text.remove_prefix(end);
    }
}

}  // namespace

std::string clean_words(std::string_view text, std::size_t longest_bytes) {
    std::string out;
    while (!text.empty()) {
        const auto character = first_character(text);
        const bool is_kept = character && is_visible(character->code);
        const std::size_t size = character ? character->size : 1;
        if (out.size() + (is_kept ? size : 1) > longest_bytes) break;
        out += is_kept ? text.substr(0, size) : " ";
        text.remove_prefix(size);
    }
    const auto last = out.find_last_not_of(' ');
    out.resize(last == std::string::npos ? 0 : last + 1);
    return out;
}

SecretMask::SecretMask(const RtmpEndpoint& endpoint) {
    hide(endpoint.playpath);
    hide_query(endpoint.app);
    const std::string& user_info = endpoint.user_info.reveal();
    add(user_info);
    if (const auto colon = user_info.find(':'); colon != std::string::npos) {
        add(std::string_view(user_info).substr(colon + 1));
    }
}

void SecretMask::hide(const Secret& name) {
    const std::string_view text = name.reveal();
    add(text);
    add(text.substr(0, text.find('?')));
    hide_query(text);
}

void SecretMask::hide_query(std::string_view text) {
    const auto question = text.find('?');
    if (question == std::string_view::npos) return;
    std::string_view query = text.substr(question + 1);
    add(query);
    while (!query.empty()) {
        const auto pair = query.substr(0, query.find('&'));
        if (const auto equals = pair.find('='); equals != std::string_view::npos) {
            add(pair.substr(equals + 1));
        }
        query.remove_prefix(std::min(query.size(), pair.size() + 1));
    }
}

void SecretMask::add(std::string_view secret) {
    if (secret.empty()) return;
    secrets_.emplace_back(std::string(secret));
    std::ranges::sort(secrets_, std::ranges::greater(),
                      [](const Secret& each) { return each.reveal().size(); });
}

std::string SecretMask::apply(std::string_view text) const {
    // Cut only at the end: half a secret would not be found.
    std::string out = clean_words(text, text.size());
    for (const Secret& each : secrets_) {
        out = without_cut(masked(out, each.reveal()), each.reveal());
    }
    return clean_words(without_url_queries(out), longest_shown);
}

}  // namespace restream
