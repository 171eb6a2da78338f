// Reading a file whole.
#include "system/paths.hpp"

#include <doctest/doctest.h>

#include "base/error.hpp"
#include "system/path_fault.hpp"
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

TEST_CASE("paths: of a folder that cannot be used, the path at fault is named, and what helps") {
    const tests::TemporaryFolder folder;
    const std::filesystem::path root = folder.path();
    folder.write("a/file", "");
    std::filesystem::create_directory_symlink("missing", root / "broken");
    std::filesystem::create_directory_symlink("loop", root / "loop");
    using Kind = PathFault::Kind;
    struct Case {
        const char* path;
        Kind kind;
        const char* at_fault;
    };
    const Case cases[] = {
        {"a/file", Kind::not_a_folder, "a/file"},     {"a/file/", Kind::not_a_folder, "a/file"},
        {"a/file/b/c", Kind::not_a_folder, "a/file"}, {"broken", Kind::broken_link, "broken"},
        {"broken/b", Kind::broken_link, "broken"},    {"loop", Kind::link_loop, "loop"},
        {"loop/b", Kind::link_loop, "loop"},
    };
    for (const auto& each : cases) {
        CAPTURE(each.path);
        for (const auto use : {FolderUse::enter, FolderUse::list, FolderUse::write}) {
            const auto fault = folder_fault(root / each.path, use);
            REQUIRE(fault);
            CHECK(fault->kind == each.kind);
            CHECK(fault->path.lexically_normal() == root / each.at_fault);
            CHECK(fault->message.find((root / each.at_fault).string()) != std::string::npos);
            CHECK_FALSE(fault->remedy.empty());
        }
    }
    for (const auto use : {FolderUse::enter, FolderUse::list, FolderUse::write}) {
        CHECK_FALSE(folder_fault(root, use));
        CHECK_FALSE(folder_fault(root / "a", use));
        CHECK_FALSE(folder_fault(root / "none", use));
        CHECK_FALSE(folder_fault(root / "none/b/c", use));
    }
    CHECK_THROWS_WITH_AS(make_private_directory(root / "a/file/b"),
                         doctest::Contains("must be a folder, and is a file"), Error);
    CHECK_THROWS_WITH_AS(make_private_directory(root / "broken/b"),
                         doctest::Contains("a link to missing, which is missing"), Error);
}

TEST_CASE("paths: what a failed operation on a file means") {
    const tests::TemporaryFolder folder;
    const std::filesystem::path file = folder.write("file", "");
    const auto kind = [](const std::filesystem::path& path, std::errc code) {
        return file_fault(path, std::make_error_code(code)).kind;
    };
    using Kind = PathFault::Kind;
    CHECK(kind(file, std::errc::no_space_on_device) == Kind::full);
    CHECK(kind(file, std::errc::read_only_file_system) == Kind::read_only);
    CHECK(kind(folder.path(), std::errc::is_a_directory) == Kind::not_a_file);
    CHECK(kind(file / "b", std::errc::not_a_directory) == Kind::not_a_folder);
    CHECK(kind(file, std::errc::io_error) == Kind::other);
    CHECK(paths_in(folder.path()).size() == 1);
    CHECK(paths_in(file).empty());
    CHECK(paths_in(folder.path() / "none").empty());
}
