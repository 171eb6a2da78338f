#include "base/log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>

#include "base/clock.hpp"

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

void replace_all(std::string& text, std::string_view what) {
    if (what.empty()) return;
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 3)) {
        text.replace(at, what.size(), "***");
    }
}

}  // namespace

std::string masked(std::string_view text, const Secret& secret) {
    std::string out(text);
    if (secret.is_empty()) return out;
    replace_all(out, secret.reveal());
    replace_all(out, percent_encoded(secret.reveal()));
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
    for (char& each : out) {
        if (static_cast<unsigned char>(each) < 0x20 || each == 0x7f) each = ' ';
    }
    out = fmt::format("{} {}\n", to_iso8601(std::chrono::system_clock::now()), out);
    std::error_code error;
    const auto size = fs::file_size(path_, error);
    if (!error && size + out.size() > max_bytes_) rotate();
    std::ofstream file(path_, std::ios::binary | std::ios::app);
    file << out;
}

void LogFile::rotate() {
    const auto numbered = [&](int n) {
        return n == 0 ? path_ : fs::path(path_.string() + "." + std::to_string(n));
    };
    std::error_code ignored;  // what cannot be rotated is written over at the next turn
    if (keep_ <= 0) {
        fs::remove(path_, ignored);
        return;
    }
    for (int n = keep_; n >= 1; --n) fs::rename(numbered(n - 1), numbered(n), ignored);
}

}  // namespace restream
