// A text file to which several processes append lines, bounded on disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace restream {

/// How much may be on disk: PATH, PATH.1, … PATH.keep. Each has at most `max_bytes`, one line more,
/// and the lines that other processes write while one of them rotates.
struct FileBound {
    std::uint64_t max_bytes;
    int keep;  ///< rotated files beside the current one
};

/// Appends `line`, which has its line's end, with one write to a file opened for appending: lines
/// of several processes never mix. Makes the file (0600) if it is missing; its folder must exist.
/// A process that finds the file full rotates it, under a lock on the file itself, so that only one
/// does. A line that another process writes meanwhile stays in the file that was rotated.
/// Returns what failed; then the line may be missing, or be cut short (a full disk).
[[nodiscard]] std::error_code append_line(const std::filesystem::path& path, std::string_view line,
                                          const FileBound& bound);

/// PATH becomes PATH.1, PATH.1 becomes PATH.2, … and PATH.keep goes; with no `keep`, PATH itself.
/// What can't be renamed stays, and is written to: the next call tries again.
void rotate_files(const std::filesystem::path& path, int keep);

/// PATH of 0, else PATH.1, PATH.2, …: the older the larger.
std::filesystem::path rotated_path(const std::filesystem::path& path, int number);

}  // namespace restream
