// Who may use the files that a destination writes.
#include "file_mode.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "base/error.hpp"
#include "config/config.hpp"
#include "config/editor.hpp"
#include "system/new_file.hpp"
#include "temporary_folder.hpp"

using namespace restream;
using tests::mode_of;
using tests::TemporaryFolder;
namespace fs = std::filesystem;

namespace {

std::string problem_of(const TemporaryFolder& folder, const std::string& text) {
    folder.write("destinations.d/one.toml", text);
    try {
        load_config(folder.path());
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::config);
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("file mode: three octal digits, or four, of a file that its owner uses and nobody runs") {
    const std::pair<const char*, unsigned> good[] = {
        {"0600", 0600}, {"600", 0600},  {"0640", 0640}, {"640", 0640},
        {"0644", 0644}, {"0660", 0660}, {"0666", 0666}, {"604", 0604},
    };
    for (const auto& [text, mode] : good) {
        CAPTURE(text);
        CHECK(parse_file_mode(text) == mode);
        CHECK(parse_file_mode(file_mode_text(mode)) == mode);
    }
    for (const char* bad : {"",         "0",     "06",
                            "60",       "6000",  "00600",
                            "0o640",    "0x1a0", "640 ",
                            " 640",     "-640",  "+640",
                            "6 0",      "0648",  "0689",
                            "4640",     "2640",  "1640",
                            "7640",     "0755",  "0700",
                            "0610",     "0641",  "0440",
                            "0400",     "0200",  "0000",
                            "0077",     "u=rw",  "rw-r--r--",
                            "0640\n",   "0640x", "99999999999999999999",
                            "0640,0750"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_file_mode(bad));
    }
}

TEST_CASE("file mode: only a file has one, and what is none is told with its place") {
    const TemporaryFolder folder;
    const std::string url = "url = \"file:/srv/a.mkv\"\n";
    CHECK(problem_of(folder, url + "file_mode = \"0640\"\n").empty());
    CHECK(load_config(folder.path()).at("one").file_mode == 0640U);
    CHECK(problem_of(folder, "url = \"file:/srv/a.m3u8\"\nfile_mode = \"660\"\n").empty());
    CHECK(problem_of(folder, url).empty());
    CHECK_FALSE(load_config(folder.path()).at("one").file_mode);
    struct Row {
        std::string text;
        const char* says;
    };
    const Row rows[] = {
        {url + "file_mode = \"0755\"\n", "one.toml:2:13: file_mode is \"0755\"; write permissions"},
        {url + "file_mode = \"\"\n", "file_mode is \"\""},
        {url + "file_mode = \"4640\"\n", "file_mode is \"4640\""},
        {url + "file_mode = 640\n", "must be permissions in quotes, such as \"0640\", not an int"},
        {url + "file_mode = 0o640\n", "must be permissions in quotes"},
        {url + "file_mode = true\n", "must be permissions in quotes"},
        {url + "file_mode = [\"0640\"]\n", "must be permissions in quotes"},
        {url + "filemode = \"0640\"\n", "did you mean \"file_mode\"?"},
        {"service = \"youtube\"\nfile_mode = \"0640\"\n", "file_mode has no use: only a file: URL"},
        {"url = \"srt://h:9000\"\nfile_mode = \"0640\"\n", "file_mode has no use"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const std::string told = problem_of(folder, row.text);
        CHECK_MESSAGE(told.find(row.says) != std::string::npos, told);
    }
    folder.write("destinations.d/one.toml", url);
    CHECK(problem_of(folder, url).empty());
    folder.write("restream.toml", "[defaults]\nfile_mode = \"0640\"\n");
    CHECK(problem_of(folder, url).find("unknown field \"file_mode\"") != std::string::npos);
}

TEST_CASE("file mode: add writes it, and refuses what is none") {
    const TemporaryFolder folder;
    NewDestination added;
    added.name = "one";
    added.url = "file:/srv/a.mkv";
    added.file_mode = "0640";
    add_destination(folder.path(), added);
    CHECK(folder.read("destinations.d/one.toml") ==
          "url = \"file:/srv/a.mkv\"\nfile_mode = \"0640\"\n");
    added.name = "two";
    added.file_mode = "rw";
    CHECK_THROWS_AS(add_destination(folder.path(), added), Error);
    CHECK_FALSE(folder.has("destinations.d/two.toml"));
}

TEST_CASE("file mode: the umask takes away from what is usual, never from what was asked for") {
    struct Row {
        NewMode mode;
        mode_t umask;
        unsigned file, folder;
    };
    const Row rows[] = {
        {{0600, false}, 0, 0600, 0700},
        {{0600, false}, 022, 0600, 0700},
        {{0600, false}, 077, 0600, 0700},
        {{0644, false}, 0, 0644, 0755},
        {{0644, false}, 027, 0640, 0750},
        {{0644, false}, 077, 0600, 0700},
        {{0640, true}, 0, 0640, 0750},
        {{0640, true}, 077, 0640, 0750},
        {{0660, true}, 077, 0660, 0770},
        {{0604, true}, 022, 0604, 0705},
        {{0666, true}, 022, 0666, 0777},
        {{0620, true}, 0, 0620, 0720},
        {NewMode::chosen({}, 0644), 0, 0644, 0755},
        {NewMode::chosen(0600U, 0644), 0, 0600, 0700},
    };
    for (const Row& row : rows) {
        CAPTURE(row.mode.file);
        CAPTURE(row.umask);
        const TemporaryFolder folder;
        const fs::path inner = folder.path() / "a" / "b";
        const unsigned before = mode_of(folder.path());
        const mode_t own = ::umask(row.umask);
        std::error_code error;
        const auto failed = make_folders(inner, row.mode);
        NewFile file = NewFile::create(inner / "file", row.mode, error);
        NewFile again = NewFile::create(inner / "file", row.mode, error);
        ::umask(own);
        CHECK_FALSE(failed);
        CHECK(file.is_open());
        CHECK_FALSE(again.is_open());
        CHECK(error == std::errc::file_exists);
        CHECK(mode_of(inner / "file") == row.file);
        CHECK(mode_of(inner) == row.folder);
        CHECK(mode_of(inner.parent_path()) == row.folder);
        // What was there stays as it was.
        CHECK(mode_of(folder.path()) == before);
    }
    const TemporaryFolder folder;
    folder.write("plain", "");
    CHECK(make_folders(folder.path() / "plain" / "a", {}));
    CHECK(make_folders("/proc/nothing/here", {}));
    CHECK_FALSE(make_folders({}, {}));
    CHECK_FALSE(make_folders(folder.path() / "c" / "", {}));
    CHECK(folder.has("c"));
}
