#include "ingest/nginx_log.hpp"

#include <algorithm>
#include <array>
#include <fstream>

#include "base/text.hpp"

namespace restream {

namespace fs = std::filesystem;

namespace {

constexpr std::streamoff end_bytes = 8 * 1024;
constexpr std::array<std::string_view, 3> grave = {"[emerg] ", "[alert] ", "[crit] "};

/// What follows the level, without "123#123: ".
std::string_view complaint_in(std::string_view line) {
    for (const auto level : grave) {
        const auto at = line.find(level);
        if (at == std::string_view::npos) continue;
        line.remove_prefix(at + level.size());
        const auto hash = line.find('#');
        const auto colon = line.find(": ");
        if (hash != std::string_view::npos && colon != std::string_view::npos && hash < colon &&
            std::ranges::all_of(line.substr(0, hash),
                                [](char c) { return c >= '0' && c <= '9'; })) {
            line.remove_prefix(colon + 2);
        }
        return line;
    }
    return {};
}

}  // namespace

std::string last_complaint(std::string_view log_text) {
    std::string found;
    while (!log_text.empty()) {
        const auto end = log_text.find('\n');
        const auto complaint = complaint_in(log_text.substr(0, end));
        if (!complaint.empty()) found = visible_text(complaint);
        if (end == std::string_view::npos) break;
        log_text.remove_prefix(end + 1);
    }
    return found;
}

std::string log_end(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    file.seekg(0, std::ios::end);
    const std::streamoff size = file.tellg();
    if (!file || size <= 0) return {};
    file.seekg(std::max<std::streamoff>(0, size - end_bytes));
    std::string text(static_cast<std::size_t>(std::min(size, end_bytes)), '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    return text;
}

void keep_short(const fs::path& path) noexcept {
    std::error_code error;
    const auto size = fs::file_size(path, error);
    if (error || size <= longest_log_bytes) return;
    fs::path older = path;
    older += ".1";
    fs::copy_file(path, older, fs::copy_options::overwrite_existing, error);
    fs::resize_file(path, 0, error);
}

}  // namespace restream
