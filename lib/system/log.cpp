#include "system/log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/clock.hpp"
#include "base/mask.hpp"
#include "base/text.hpp"
#include "system/append_file.hpp"
#include "system/bounded_file.hpp"

namespace restream {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t longest_line_bytes = 2000;

std::string percent_encoded(std::string_view text) {
    std::string out;
    for (const char each : text) {
        const auto byte = static_cast<unsigned char>(each);
        const bool is_plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                              (byte >= '0' && byte <= '9') || byte == '-' || byte == '_' ||
                              byte == '.' || byte == '~';
        if (is_plain)
            out.push_back(each);
        else
            out += fmt::format("%{:02X}", byte);
    }
    return out;
}

/// What may be shown of a secret by itself: the whole, what stands before its query, and the values
/// in its query.
std::vector<std::string_view> parts_of(std::string_view secret) {
    std::vector<std::string_view> parts = {secret};
    const auto question = secret.find('?');
    if (question == std::string_view::npos) return parts;
    parts.push_back(secret.substr(0, question));
    std::string_view query = secret.substr(question + 1);
    while (!query.empty()) {
        const auto pair = query.substr(0, query.find('&'));
        const auto equals = pair.find('=');
        if (equals != std::string_view::npos) parts.push_back(pair.substr(equals + 1));
        query.remove_prefix(std::min(query.size(), pair.size() + 1));
    }
    return parts;
}

}  // namespace

std::string masked(std::string_view text, const Secret& secret) {
    std::string out(text);
    for (const auto part : parts_of(secret.reveal())) {
        out = mask_secret(out, part, MaskIn::log);
        const std::string encoded = percent_encoded(part);
        if (encoded != part) out = mask_secret(out, encoded, MaskIn::log);
    }
    return out;
}

LogFile::LogFile(fs::path path, std::uint64_t max_bytes, int keep)
    : path_(std::move(path)), max_bytes_(max_bytes), keep_(keep) {}

void LogFile::hide(const Secret& secret) {
    const std::lock_guard lock(mutex_);
    if (std::ranges::find(hidden_, secret) == hidden_.end()) hidden_.push_back(secret);
}

void LogFile::line(std::string_view text) {
    const std::lock_guard lock(mutex_);
    std::string out(text);
    for (const Secret& each : hidden_) out = masked(out, each);
    if (out.size() > longest_line_bytes) out.resize(longest_line_bytes);
    out = fmt::format("{} {}\n", to_iso8601(std::chrono::system_clock::now()), visible_text(out));
    std::error_code error;
    const auto size = fs::file_size(path_, error);
    if (!error && size + out.size() > max_bytes_) rotate_files(path_, keep_);
    static_cast<void>(append_to_file(path_, out));
}

}  // namespace restream
