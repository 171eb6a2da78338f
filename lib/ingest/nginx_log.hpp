// nginx's error log: bounded, and read for what went wrong last.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace restream {

/// The last line that nginx wrote as [emerg], [alert] or [crit], without time and process; empty
/// where there is none.
std::string last_complaint(std::string_view log_text);

/// The last few KB of a log; empty where it cannot be read.
std::string log_end(const std::filesystem::path& path);

/// Moves the text of a log that has grown over `longest_log_bytes` to NAME.1 and empties it in
/// place: nginx appends, so it goes on without being told.
void keep_short(const std::filesystem::path& path) noexcept;

constexpr std::uintmax_t longest_log_bytes = 1'000'000;

}  // namespace restream
