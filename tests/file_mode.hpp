// The permissions of a test's files.
#pragma once

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>

namespace restream::tests {

inline unsigned mode_of(const std::filesystem::path& path) {
    struct stat facts {};
    REQUIRE_MESSAGE(::stat(path.c_str(), &facts) == 0, path);
    return facts.st_mode & 07777;
}

inline void set_mode(const std::filesystem::path& path, unsigned mode) {
    REQUIRE_MESSAGE(::chmod(path.c_str(), mode) == 0, path);
}

}  // namespace restream::tests
