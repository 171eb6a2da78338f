// Folders and files that others can change, or that are others': nothing is read of them.
#include "system/path_trust.hpp"

#include <doctest/doctest.h>
#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "as_nobody.hpp"
#include "base/error.hpp"
#include "config/config_reading.hpp"
#include "config/key.hpp"
#include "doctor/config_checks.hpp"
#include "doctor/state_checks.hpp"
#include "file_mode.hpp"
#include "state/dashboard_record.hpp"
#include "state/state_access.hpp"
#include "system/paths.hpp"
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

bool is_root() { return ::geteuid() == 0; }

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

/// A way to make something untrusted, and the words that its remedy has.
struct Spoiling {
    const char* name;
    std::function<void(const fs::path&)> spoil;
    std::string remedy;
};

std::vector<Spoiling> spoilings() {
    std::vector<Spoiling> all = {
        {"others can write to it",
         [](const fs::path& path) { set_mode(path, mode_of(path) | S_IWOTH); }, "chmod go-w '"}};
    if (is_root()) {
        all.push_back({"it is another user's",
                       [](const fs::path& path) { CHECK(::chown(path.c_str(), another, 0) == 0); },
                       "chown -R "});
    } else {
        MESSAGE("SKIPPED: only root can give a file to another user");
    }
    return all;
}

void mend(const fs::path& path) {
    set_mode(path, mode_of(path) & ~unsigned(S_IWGRP | S_IWOTH));
    if (is_root()) CHECK(::chown(path.c_str(), 0, 0) == 0);
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

/// What it throws; empty where it throws nothing.
std::string refusal(ErrorKind kind, const std::function<void()>& attempt) {
    try {
        attempt();
    } catch (const Error& error) {
        CHECK(error.kind() == kind);
        return error.what();
    }
    return "";
}

/// A configuration with a file of each kind.
struct Home {
    TemporaryFolder folder;
    fs::path config = folder.path() / "config";
    fs::path main_file = folder.write("config/restream.toml", "[log]\nkeep = 2\n");
    fs::path destinations = config / "destinations.d";
    fs::path key = folder.write("config/destinations.d/one.key", "CANARY\n");
    fs::path one = folder.write("config/destinations.d/one.toml",
                                "service = \"youtube\"\nkey = { file = \"one.key\" }\n");
    Layout layout{folder.path() / "state"};

    Home() {
        for (const auto& each : {config, destinations}) set_mode(each, 0700);
        for (const auto& each : {main_file, key, one}) set_mode(each, 0600);
        Registry(layout).prepare();
    }
};

}  // namespace

TEST_CASE("trust: what everybody can write to is refused, by its mode alone") {
    const TemporaryFolder folder;
    const fs::path file = folder.write("file", "text");
    const fs::path inner = folder.path() / "inner";
    fs::create_directory(inner);
    for (const fs::path& path : {file, inner}) {
        for (const unsigned good :
             {0400U, 0500U, 0600U, 0640U, 0644U, 0700U, 0750U, 0755U, 0604U}) {
            CAPTURE(good);
            set_mode(path, good);
            CHECK_FALSE(trust_fault(path));
        }
        // Sticky is for what many share, as /tmp.
        for (const unsigned bad : {0666U, 0777U, 0602U, 0702U, 0707U, 01777U, 0646U, 02777U}) {
            CAPTURE(bad);
            set_mode(path, bad);
            const auto fault = trust_fault(path);
            REQUIRE(fault);
            CHECK(fault->kind == PathFault::Kind::open_to_others);
            CHECK(fault->path == path);
            CHECK(has(fault->message, path.string()));
            CHECK(has(fault->remedy, "chmod go-w '" + path.string() + "'"));
        }
        set_mode(path, 0700);
    }
    CHECK_FALSE(trust_fault(folder.path() / "none"));
    CHECK_FALSE(trust_fault(folder.path() / "none" / "below"));
    CHECK_FALSE(trust_fault(fs::path()));
    // Parents do not count.
    set_mode(folder.path(), 01777);
    CHECK_FALSE(trust_fault(file));
    // What a link leads to does.
    fs::create_symlink("file", folder.path() / "link");
    CHECK_FALSE(trust_fault(folder.path() / "link"));
    set_mode(file, 0666);
    CHECK(trust_fault(folder.path() / "link"));
}

TEST_CASE("trust: a group may write if nobody else is known in it") {
    if (!is_root()) {
        MESSAGE("SKIPPED: only root can give a file to any group");
        return;
    }
    const TemporaryFolder folder;
    const fs::path file = folder.write("file", "text");
    set_mode(file, 0664);
    const auto fault_with = [&](gid_t group) {
        REQUIRE(::chown(file.c_str(), 0, group) == 0);
        return trust_fault(file);
    };
    CHECK_FALSE(fault_with(0));
    CHECK_FALSE(fault_with(nameless));
    for (const char* name : {"mail", "users", "nogroup"}) {
        const struct group* shared = ::getgrnam(name);
        if (shared == nullptr) continue;
        const auto fault = fault_with(shared->gr_gid);
        REQUIRE(fault);
        CHECK(fault->kind == PathFault::Kind::open_to_others);
        CHECK(has(fault->message, name));
        set_mode(file, 0644);
        CHECK_FALSE(fault_with(shared->gr_gid));
        set_mode(file, 0664);
    }
}

TEST_CASE("trust: root's is anybody's, another user's is refused; root takes root's alone") {
    if (!is_root()) {
        MESSAGE("SKIPPED: only root can give a file to another user");
        return;
    }
    const TemporaryFolder folder;
    set_mode(folder.path(), 0755);
    const fs::path of_root = folder.write("root", "text");
    const fs::path of_another = folder.write("another", "text");
    const fs::path of_third = folder.write("third", "text");
    REQUIRE(::chown(of_another.c_str(), another, nameless) == 0);
    REQUIRE(::chown(of_third.c_str(), 1, nameless) == 0);
    const auto seen_by_root = trust_fault(of_another);
    REQUIRE(seen_by_root);
    CHECK(seen_by_root->kind == PathFault::Kind::foreign);
    CHECK_FALSE(seen_by_root->owner.empty());
    CHECK(has(seen_by_root->remedy, "run this as " + seen_by_root->owner + ", without sudo"));
    CHECK(has(seen_by_root->remedy, "chown -R root '" + of_another.string() + "'"));

    std::optional<PathFault> root, own, third;
    {
        const test::AsNobody as_nobody;
        root = trust_fault(of_root);
        own = trust_fault(of_another);
        third = trust_fault(of_third);
    }
    CHECK_FALSE(root);
    CHECK_FALSE(own);
    REQUIRE(third);
    CHECK(third->kind == PathFault::Kind::foreign);
    CHECK(has(third->remedy, "sudo chown -R "));
    CHECK(has(third->remedy, "RESTREAM_CONFIG_DIR"));
}

TEST_CASE("trust: on a read-only mount everything is accepted, as containers have it") {
    if (!is_root()) {
        MESSAGE("SKIPPED: only root can mount");
        return;
    }
    const TemporaryFolder folder;
    const fs::path file = folder.write("file", "text");
    REQUIRE(::chown(folder.path().c_str(), another, nameless) == 0);
    set_mode(folder.path(), 01777);
    set_mode(file, 0666);
    CHECK(trust_fault(folder.path()));
    constexpr int cannot_mount = 2;
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const char* path = folder.path().c_str();
        const bool is_mounted =
            ::unshare(CLONE_NEWNS) == 0 &&
            ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
            ::mount(path, path, nullptr, MS_BIND, nullptr) == 0 &&
            ::mount(nullptr, path, nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) == 0;
        if (!is_mounted) ::_exit(cannot_mount);
        ::_exit(trust_fault(folder.path()) || trust_fault(file) ? 1 : 0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    if (WEXITSTATUS(status) == cannot_mount) {
        MESSAGE("SKIPPED: this machine lets nobody mount");
        return;
    }
    CHECK(status == 0);
}

TEST_CASE("trust: the file that is read is the one that was looked at") {
    const TemporaryFolder folder;
    const fs::path file = folder.write("file", "text");
    set_mode(file, 0600);
    CHECK(std::get<std::string>(read_trusted_file(file, 100)) == "text");
    CHECK_THROWS_AS(read_trusted_file(file, 3), Error);
    CHECK_THROWS_AS(read_trusted_file(folder.path() / "none", 100), Error);
    CHECK_THROWS_AS(read_trusted_file(folder.path(), 100), Error);
    for (const auto& each : spoilings()) {
        CAPTURE(each.name);
        each.spoil(file);
        CHECK(has(std::get<PathFault>(read_trusted_file(file, 100)).remedy, each.remedy));
        mend(file);
    }
}

TEST_CASE("trust: a private folder is 0700 whatever the umask, and never one that others made") {
    const TemporaryFolder folder;
    const Umask none(0);
    const fs::path inner = folder.path() / "shared" / "a" / "b";
    fs::create_directory(folder.path() / "shared");
    set_mode(folder.path() / "shared", 01777);
    make_private_directory(inner);
    CHECK(mode_of(inner) == 0700);
    CHECK(mode_of(inner.parent_path()) == 0700);
    CHECK(mode_of(folder.path() / "shared") == 01777);
    make_private_directory(inner);
    for (const auto& each : spoilings()) {
        CAPTURE(each.name);
        each.spoil(inner);
        const std::string told =
            refusal(ErrorKind::refused, [&] { make_private_directory(inner); });
        CHECK(has(told, inner.string()));
        CHECK(has(told, each.remedy));
        mend(inner);
    }
}

TEST_CASE("trust: of a configuration that others can change nothing is read, and it says why") {
    const Home home;
    CHECK(load_config(home.config).destinations.size() == 1);
    for (const auto& each : spoilings()) {
        for (const fs::path& path : {home.config, home.main_file, home.destinations, home.one}) {
            CAPTURE(each.name);
            CAPTURE(path);
            each.spoil(path);
            const std::string told = refusal(ErrorKind::config, [&] { load_config(home.config); });
            CHECK(has(told, path.string()));
            CHECK(has(told, each.remedy));
            const ConfigReading reading = read_config(home.config);
            REQUIRE(reading.problem);
            CHECK(has(reading.problem->message, each.remedy));
            CHECK(reading.config.destinations.empty() == (path != home.main_file));
            if (path == home.config) CHECK_FALSE(reading.knows_ingest);
            mend(path);
        }
        each.spoil(home.key);
        const Destination one = load_config(home.config).at("one");
        const auto key = resolve_key(one, Deadline::never());
        REQUIRE(std::holds_alternative<KeyProblem>(key));
        CHECK(has(std::get<KeyProblem>(key).message, each.remedy));
        CHECK(has(std::get<KeyProblem>(key).message, home.key.string()));
        mend(home.key);
    }
    CHECK(load_config(home.config).destinations.size() == 1);
}

TEST_CASE("trust: doctor names what others can change, and closes folders, not files") {
    const Home home;
    const Registry registry(home.layout);
    for (const auto& each : spoilings()) {
        const bool is_open = each.remedy.starts_with("chmod");
        for (const fs::path& path : {home.config, home.main_file, home.destinations, home.one}) {
            CAPTURE(each.name);
            CAPTURE(path);
            each.spoil(path);
            CheckedConfig checked = check_config(home.config);
            CHECK_FALSE(checked.config);
            REQUIRE(checked.diagnoses.size() == 1);
            const Finding finding = checked.diagnoses[0].finding;
            CHECK(finding.severity == Severity::failure);
            CHECK(has(finding.message, path.string()));
            const bool is_folder = fs::is_directory(path);
            CHECK(finding.code == (!is_open    ? "config_of_other_user"
                                   : is_folder ? "folder_open_to_others"
                                               : "config_open_to_others"));
            mend_all(checked.diagnoses);
            CHECK(check_config(home.config).config.has_value() == (is_open && is_folder));
            mend(path);
        }
        for (const fs::path& path : {home.layout.root(), home.layout.run_directory()}) {
            CAPTURE(path);
            each.spoil(path);
            CheckedState state = check_state_folder(registry);
            CHECK_FALSE(state.is_readable);
            REQUIRE(state.diagnoses.size() == 1);
            const Finding finding = state.diagnoses[0].finding;
            CHECK(finding.code == (is_open ? "state_open_to_others" : "state_of_other_user"));
            CHECK(has(finding.message, path.string()));
            mend_all(state.diagnoses);
            CHECK(check_state_folder(registry).is_readable == is_open);
            mend(path);
        }
    }
    CHECK(check_config(home.config).config);
    CHECK(check_state_folder(registry).is_readable);
}

TEST_CASE("trust: no folder of the state may be open to others") {
    const Home home;
    const Layout& layout = home.layout;
    fs::create_directories(layout.nginx_directory());
    fs::create_directories(layout.slate_directory());
    CHECK_FALSE(trust_fault(layout));
    CHECK_FALSE(trust_fault(Layout(home.folder.path() / "none")));
    for (const auto& each : spoilings()) {
        for (const fs::path& path :
             {layout.root(), layout.run_directory(), layout.relay_directory(),
              layout.wanted_directory(), layout.log_directory(), layout.nginx_directory(),
              layout.slate_directory()}) {
            CAPTURE(each.name);
            CAPTURE(path);
            each.spoil(path);
            const auto fault = trust_fault(layout);
            REQUIRE(fault);
            CHECK(fault->path == path);
            CHECK(has(refusal(ErrorKind::refused, [&] { require_readable(layout); }), each.remedy));
            mend(path);
        }
    }
    CHECK_FALSE(read_fault(layout));
}

TEST_CASE("trust: a token that others could have written is replaced") {
    const Home home;
    const Secret first = dashboard_token(home.layout);
    CHECK(dashboard_token(home.layout).reveal() == first.reveal());
    for (const auto& each : spoilings()) {
        CAPTURE(each.name);
        const Secret before = dashboard_token(home.layout);
        each.spoil(home.layout.dashboard_token());
        CHECK(dashboard_token(home.layout).reveal() != before.reveal());
        CHECK(mode_of(home.layout.dashboard_token()) == 0600);
    }
}
