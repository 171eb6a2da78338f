// The files that restream writes: who else may read them.
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "as_nobody.hpp"
#include "config/config.hpp"
#include "config/editor.hpp"
#include "file_mode.hpp"
#include "state/flight_file.hpp"
#include "system/append_file.hpp"
#include "system/atomic_file.hpp"
#include "system/log.hpp"
#include "temporary_folder.hpp"

using namespace restream;
using tests::mode_of;
using tests::set_mode;
using tests::TemporaryFolder;
namespace fs = std::filesystem;

namespace {

constexpr uid_t another = test::AsNobody::user;
/// Of nobody's that has a name: a container's, say.
constexpr gid_t nameless = 54321;

struct stat facts_of(const fs::path& path) {
    struct stat facts {};
    REQUIRE(::stat(path.c_str(), &facts) == 0);
    return facts;
}

/// With another umask, for as long as it lives.
class Umask {
  public:
    explicit Umask(mode_t mask) : before_(::umask(mask)) {}
    ~Umask() { ::umask(before_); }
    Umask(const Umask&) = delete;
    Umask& operator=(const Umask&) = delete;

  private:
    mode_t before_;
};

}  // namespace

TEST_CASE("own files: logs and events are their owner's alone, whatever the umask") {
    const TemporaryFolder folder;
    const Umask none(0);
    LogFile(folder.path() / "one.log", 1000, 1).line("a line");
    CHECK_FALSE(FlightFile(folder.path() / "one.events").append("{}\n"));
    CHECK_FALSE(append_to_file(folder.path() / "more", "a"));
    CHECK_FALSE(append_to_file(folder.path() / "more", "b"));
    CHECK(folder.read("more") == "ab");
    CHECK(append_to_file(folder.path() / "none" / "more", "b") ==
          std::errc::no_such_file_or_directory);
    for (const char* name : {"one.log", "one.events", "more"}) {
        CHECK(mode_of(folder.path() / name) == 0600);
    }
}

TEST_CASE(
    "own files: a destination's file keeps its mode and group when it is changed, a key's not") {
    const TemporaryFolder home;
    const fs::path key = home.write("destinations.d/one.key", "CANARY\n");
    const fs::path file = home.write("destinations.d/one.toml",
                                     "service = \"youtube\"\nkey = { file = \"one.key\" }\n");
    const Umask none(0);
    const auto one = [&] { return load_config(home.path()).at("one"); };
    const auto change_hold = [&](const char* hold) {
        change_destination(home.path(), one(), {{FieldChange{"hold", hold}}, {}});
    };
    for (const unsigned mode : {0400U, 0600U, 0640U, 0644U}) {
        CAPTURE(mode);
        set_mode(file, mode);
        change_hold("\"7s\"");
        CHECK(mode_of(file) == mode);
    }
    set_mode(key, 0644);
    replace_key(home.path(), one(), KeyText{Secret("other")});
    CHECK(mode_of(key) == 0600);
    add_destination(home.path(), {"two", "", "rtmp://h/app", "", KeyText{Secret("word")}});
    CHECK(mode_of(home.path() / "destinations.d/two.toml") == 0600);
    CHECK(mode_of(home.path() / "destinations.d/two.key") == 0600);
    if (::geteuid() != 0) {
        MESSAGE("SKIPPED: only root can give a file to any group");
        return;
    }
    set_mode(file, 0660);
    REQUIRE(::chown(file.c_str(), 0, nameless) == 0);
    change_hold("\"9s\"");
    CHECK(facts_of(file).st_gid == nameless);
    CHECK(mode_of(file) == 0660);
}

TEST_CASE("own files: a group that cannot be kept leaves with its rights") {
    if (::geteuid() != 0) {
        MESSAGE("SKIPPED: only root can give a file to any group");
        return;
    }
    const TemporaryFolder folder;
    set_mode(folder.path(), 0755);
    const fs::path file = folder.write("theirs/file", "old");
    REQUIRE(::chown(file.parent_path().c_str(), another, another) == 0);
    REQUIRE(::chown(file.c_str(), another, nameless) == 0);
    set_mode(file, 0664);
    REQUIRE(::setegid(another) == 0);
    std::error_code failed;
    {
        const test::AsNobody as_nobody;
        failed = publish_file(file, "new", Durability::survives_crash, Ownership::is_kept);
    }
    REQUIRE(::setegid(0) == 0);
    CHECK_FALSE(failed);
    CHECK(folder.read("theirs/file") == "new");
    CHECK(mode_of(file) == 0604);
}
