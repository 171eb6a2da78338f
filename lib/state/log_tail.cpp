#include "state/log_tail.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "state/relay_name.hpp"
#include "system/bounded_file.hpp"

namespace restream {

namespace {

std::string_view time_of(const std::string& line) {
    return std::string_view(line).substr(0, line.find(' '));
}

std::vector<std::string> read_lines(const std::filesystem::path& path, const RelayLog& log) {
    std::vector<std::string> lines;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) lines.push_back(marked(line, log));
    return lines;
}

void keep_last(std::vector<std::string>& lines, std::size_t count) {
    if (lines.size() > count) lines.erase(lines.begin(), lines.end() - std::ptrdiff_t(count));
}

std::vector<std::string> tail_of(const RelayLog& log, std::size_t count) {
    auto lines = read_lines(log.path, log);
    if (lines.size() < count) {
        auto older = read_lines(rotated_path(log.path, 1), log);
        older.insert(older.end(), lines.begin(), lines.end());
        lines = std::move(older);
    }
    keep_last(lines, count);
    return lines;
}

}  // namespace

std::filesystem::path ingest_log(const Layout& layout) {
    return layout.log_directory() / "ingest.server.log";
}

std::vector<RelayLog> logs_of(const Layout& layout, std::string_view destination) {
    return {{layout.log(destination), ""}, {layout.log(backup_relay(destination)), "backup"}};
}

std::string marked(const std::string& line, const RelayLog& log) {
    const auto end_of_time = line.find(' ');
    if (log.mark.empty() || end_of_time == std::string::npos) return line;
    return fmt::format("{} {}:{}", line.substr(0, end_of_time), log.mark, line.substr(end_of_time));
}

std::vector<std::string> log_tail(const std::vector<RelayLog>& logs, std::size_t count) {
    std::vector<std::string> lines;
    for (const auto& log : logs) {
        const auto middle = std::ssize(lines);
        for (auto& line : tail_of(log, count)) lines.push_back(std::move(line));
        std::ranges::inplace_merge(lines, lines.begin() + middle, {}, time_of);
    }
    keep_last(lines, count);
    return lines;
}

}  // namespace restream
