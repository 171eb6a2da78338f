// A file that did not exist before: nothing is ever overwritten.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <system_error>

#include "base/fd.hpp"

namespace restream {

/// A file that is being written. What was written stays when the process dies.
class NewFile {
  public:
    /// Creates it; `errc::file_exists` where there is something by that name, also a dangling link.
    static NewFile create(const std::filesystem::path& path, std::error_code& error);

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
