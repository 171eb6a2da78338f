// A file that did not exist before: nothing is ever overwritten.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <system_error>

#include "system/fd.hpp"

namespace restream {

/// Who may use a file that is made, beside its owner, and the folders that are made for it.
struct NewMode {
    unsigned file = 0600;   ///< permission bits
    bool is_exact = false;  ///< the user asked for these bits: the umask does not change them

    /// What the user asked for; else `otherwise`, less the umask.
    static NewMode chosen(const std::optional<unsigned>& asked, unsigned otherwise) {
        return {asked.value_or(otherwise), asked.has_value()};
    }
    /// Those of a folder: all for its owner; for others, to enter what they may read.
    unsigned folder() const;
};

/// Makes the folder and its parents where they are missing; those that are there stay as they are.
/// Each is its owner's alone until it has its own mode.
[[nodiscard]] std::error_code make_folders(const std::filesystem::path& path, const NewMode& mode);

/// A file that is being written. What was written stays when the process dies.
class NewFile {
  public:
    /// Creates it; `errc::file_exists` where there is something by that name, also a dangling link.
    /// It is its owner's alone until it has the mode, and stays so where the file system has none.
    static NewFile create(const std::filesystem::path& path, const NewMode& mode,
                          std::error_code& error);

    NewFile() = default;
    bool is_open() const { return fd_.is_open(); }

    /// Writes it all where the last one ended, or where seek() went.
    std::error_code write(std::span<const std::uint8_t> bytes) noexcept;
    void seek(std::uint64_t offset) noexcept { at_ = offset; }
    std::uint64_t position() const noexcept { return at_; }
    std::uint64_t size_bytes() const noexcept { return size_; }
    /// Closes and deletes it, if `path` still names this file and no other.
    void remove(const std::filesystem::path& path) noexcept;
    /// Closes it and tells what only closing finds out (a quota of a network file system).
    std::error_code close() noexcept;

  private:
    explicit NewFile(Fd fd) : fd_(std::move(fd)) {}

    Fd fd_;
    std::uint64_t at_ = 0;
    std::uint64_t size_ = 0;
};

}  // namespace restream
