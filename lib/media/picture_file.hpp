// The picture of a slate, opened before the process that decodes it is contained.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "system/fd.hpp"

namespace restream {

/// An open file that is read from the front, and can be sought in.
class PictureFile {
  public:
    /// **Throws**: Error{refused} where it cannot be opened.
    explicit PictureFile(const std::filesystem::path& path);

    const std::string& name() const { return name_; }
    const Fd& descriptor() const { return file_; }

    /// How many bytes it was given; 0 at the end; nothing where it cannot be read.
    std::optional<std::size_t> read(std::span<std::uint8_t> into) const noexcept;
    /// From where the next read goes on, as SEEK_SET, SEEK_CUR and SEEK_END say; nothing where that
    /// cannot be.
    std::optional<std::int64_t> seek(std::int64_t offset, int whence) const noexcept;

  private:
    std::string name_;
    Fd file_;
};

}  // namespace restream
