// Reading a file whole.
#include "base/paths.hpp"

#include <doctest/doctest.h>

#include "base/error.hpp"
#include "temporary_folder.hpp"

using namespace restream;

TEST_CASE("paths: a file is read whole, whatever its length") {
    const tests::TemporaryFolder folder;
    for (const std::size_t length : {0, 1, 16383, 16384, 16385, 32768, 40000}) {
        CAPTURE(length);
        std::string content(length, 'x');
        if (length > 0) content.back() = '\n';
        const auto file = folder.write("file", content);
        CHECK(read_file(file, 40000) == content);
        CHECK(try_read_file(file, length) == content);
        if (length > 0) CHECK_FALSE(try_read_file(file, length - 1).has_value());
    }
}

TEST_CASE("paths: a file that tells no size is read whole") {
    // The system's own: more than one read of it, each shorter than what was asked for.
    const auto text = try_read_file("/proc/self/maps", 1 << 24);
    REQUIRE(text.has_value());
    CHECK(text->size() > 4096);
    CHECK(text->find("[stack]") != std::string::npos);
}

TEST_CASE("paths: what is no file of bytes is not read") {
    const tests::TemporaryFolder folder;
    std::filesystem::create_directory(folder.path() / "folder");
    std::filesystem::create_symlink("nowhere", folder.path() / "link");
    for (const std::filesystem::path& path :
         {folder.path() / "folder", folder.path() / "link", folder.path() / "missing",
          std::filesystem::path("/dev/zero"), std::filesystem::path()}) {
        CAPTURE(path);
        CHECK_FALSE(try_read_file(path, 1024).has_value());
        CHECK_THROWS_AS(read_file(path, 1024), Error);
    }
}
