// A folder that is gone when its owner is.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace restream::test {

class TemporaryFolder {
  public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

/// Writes the whole file, making its folder where that is missing.
void write_file(const std::filesystem::path& path, std::string_view content);
/// Its bytes; empty where it cannot be read.
std::string content_of(const std::filesystem::path& path);

}  // namespace restream::test
