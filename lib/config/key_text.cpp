// Checking stream keys.
#include "config/key_text.hpp"

#include <algorithm>
#include <array>

namespace restream {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::string_view white_space = " \t\r\n\v\f";
constexpr std::size_t longest_key_bytes = 4096;

/// Whether it holds one of the invisible or typographic characters that a web page adds to what is
/// copied: no-break space, the whole block U+2000–U+207F, ideographic space, byte order mark.
bool has_invisible(std::string_view key) {
    constexpr std::array<std::string_view, 5> beginnings = {"\xC2\xA0", "\xE2\x80", "\xE2\x81",
                                                            "\xE3\x80\x80", byte_order_mark};
    return std::any_of(beginnings.begin(), beginnings.end(), [&](std::string_view beginning) {
        return key.find(beginning) != std::string_view::npos;
    });
}

}  // namespace

std::string_view trimmed_key(std::string_view text) {
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    const auto begin = text.find_first_not_of(white_space);
    if (begin == std::string_view::npos) return "";
    return text.substr(begin, text.find_last_not_of(white_space) - begin + 1);
}

std::optional<std::string> key_text_problem(std::string_view key) {
    if (key.empty()) return "is empty";
    if (key.size() > longest_key_bytes) return "is longer than 4 KiB, which no stream key is";
    if (std::any_of(key.begin(), key.end(), [](char c) {
            return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
        })) {
        return "has control characters in it; copy it again";
    }
    if (key.find_first_of(" \t") != std::string_view::npos || has_invisible(key)) {
        return "has a blank in it, maybe an invisible one; copy it again";
    }
    return std::nullopt;
}

std::optional<std::string> publish_key_problem(std::string_view key) {
    // What OBS can hold in its field, and a URL's path can carry.
    constexpr std::size_t longest_publish_key_bytes = 256;
    if (auto problem = key_text_problem(key)) return problem;
    if (key.size() > longest_publish_key_bytes) return "is longer than 256 characters";
    if (key.find_first_of("/?#") != std::string_view::npos) {
        return "has \"/\", \"?\" or \"#\" in it, which divide a URL; write letters and digits";
    }
    // librtmp decodes %XX in what it publishes: such a key never arrives as it is written here.
    if (key.find('%') != std::string_view::npos) {
        return "has \"%\" in it, which OBS and other encoders take for the beginning of another "
               "character; write letters and digits";
    }
    return std::nullopt;
}

}  // namespace restream
