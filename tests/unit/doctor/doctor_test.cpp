// Doctor's findings, from real files in a folder of the test's own.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "doctor/config_checks.hpp"
#include "doctor/dashboard_checks.hpp"
#include "doctor/finding.hpp"
#include "doctor/hook_checks.hpp"
#include "doctor/login.hpp"
#include "doctor/state_checks.hpp"
#include "doctor/system_checks.hpp"
#include "state/boot_flag.hpp"
#include "state/dashboard_record.hpp"
#include "state/lock.hpp"
#include "system/atomic_file.hpp"
#include "temporary_folder.hpp"

namespace fs = std::filesystem;
using namespace restream;
using restream::tests::TemporaryFolder;

namespace {

constexpr auto owner_only = fs::perms::owner_read | fs::perms::owner_write;

const Finding* find(const std::vector<Diagnosis>& all, const std::string& part) {
    const auto found = std::ranges::find_if(all, [&](const Diagnosis& each) {
        return each.finding.message.find(part) != std::string::npos;
    });
    return found == all.end() ? nullptr : &found->finding;
}

bool has(const std::vector<Diagnosis>& all, Severity severity, const std::string& part) {
    const auto* found = find(all, part);
    return found != nullptr && found->severity == severity;
}

/// A state folder with a registry, and a configuration with destination `one`.
struct Scene {
    Scene() : registry{Layout(folder.path() / "state")} {
        registry.prepare();
        config.directory = folder.path() / "config";
        fs::create_directory(config.directory);
        add("one");
    }
    void add(const std::string& name) {
        Destination destination;
        destination.name = name;
        destination.url = "rtmp://127.0.0.1/x";
        config.destinations.push_back(destination);
    }
    Record record(const std::string& name, State state) const {
        Record made;
        made.name = name;
        made.state = state;
        made.guardian = this_process();
        return made;
    }
    FileLock live(const std::string& name) const {
        return std::move(*FileLock::try_acquire(registry.layout().relay_lock(name)));
    }

    TemporaryFolder folder;
    Registry registry;
    Config config;
};

}  // namespace

TEST_CASE("doctor: a relay that is as it is wanted is no finding that troubles") {
    Scene scene;
    CHECK(check_relays(scene.config, scene.registry).empty());
    scene.registry.set_wanted("one", true);
    const FileLock lock = scene.live("one");
    REQUIRE_FALSE(scene.registry.publish(scene.record("one", State::live)));
    const auto found = check_relays(scene.config, scene.registry);
    REQUIRE(found.size() == 1);
    CHECK(found[0].finding.severity == Severity::ok);
}

TEST_CASE("doctor: a wanted relay that does not run is a failure, with its cause") {
    Scene scene;
    scene.registry.set_wanted("one", true);
    auto found = check_relays(scene.config, scene.registry);
    REQUIRE(has(found, Severity::failure, "one: wanted, but it does not run"));
    CHECK(found[0].finding.cause == "it was never started");
    CHECK(found[0].finding.remedy == "run 'restream start'");
    REQUIRE_FALSE(scene.registry.publish(scene.record("one", State::live)));
    CHECK(check_relays(scene.config, scene.registry)[0].finding.cause ==
          "its processes were killed");
    Record old = scene.record("one", State::live);
    old.guardian.boot_id = "an older boot";
    REQUIRE_FALSE(scene.registry.publish(old));
    CHECK(check_relays(scene.config, scene.registry)[0].finding.cause ==
          "the machine was started anew");
}

TEST_CASE("doctor: a relay that was stopped is not missed") {
    Scene scene;
    scene.registry.set_wanted("one", true);
    scene.registry.set_down("one", true);
    CHECK(check_relays(scene.config, scene.registry).empty());
}

TEST_CASE("doctor: a record whose relay is gone is removed by --fix, but not once it lives again") {
    Scene scene;
    REQUIRE_FALSE(scene.registry.publish(scene.record("one", State::live)));
    { const FileLock was_alive = scene.live("one"); }
    auto found = check_relays(scene.config, scene.registry);
    REQUIRE(has(found, Severity::warning, "its record is left over"));
    {
        const FileLock lives_again = scene.live("one");
        mend_all(found);
        CHECK(found[0].finding.severity == Severity::warning);
        CHECK(scene.registry.last_record("one"));
    }
    mend_all(found);
    CHECK(found[0].finding.severity == Severity::ok);
    CHECK_FALSE(scene.registry.last_record("one"));
    CHECK(check_relays(scene.config, scene.registry).empty());
}

TEST_CASE("doctor: a relay that lives without a record is told") {
    Scene scene;
    const FileLock lock = scene.live("one");
    CHECK(has(check_relays(scene.config, scene.registry), Severity::warning, "has no record"));
}

TEST_CASE("doctor: what a relay in trouble says is handed on") {
    Scene scene;
    const FileLock lock = scene.live("one");
    Record record = scene.record("one", State::rejected);
    record.reason =
        Reason{"publish_refused", "the server refused the stream key", "copy a fresh key"};
    REQUIRE_FALSE(scene.registry.publish(record));
    const auto found = check_relays(scene.config, scene.registry);
    REQUIRE(has(found, Severity::failure, "one: rejected"));
    CHECK(found[0].finding.cause == "the server refused the stream key");
    CHECK(found[0].finding.remedy == "copy a fresh key");
}

TEST_CASE("doctor: a relay that is live and falls behind is told, with figures") {
    Scene scene;
    const FileLock lock = scene.live("one");
    scene.registry.set_wanted("one", true);
    Record record = scene.record("one", State::live);
    record.session = SessionFigures{};
    record.session->queue_ms = 900;
    record.session->dropped_messages = 120;
    REQUIRE_FALSE(scene.registry.publish(record));
    CHECK(has(check_relays(scene.config, scene.registry), Severity::ok, "one: live"));
    record.session->queue_ms = 2300;
    REQUIRE_FALSE(scene.registry.publish(record));
    const auto found = check_relays(scene.config, scene.registry);
    REQUIRE(has(found, Severity::warning, "one: live, and falls behind"));
    CHECK(found[0].finding.cause ==
          "messages wait for 2.3 s; 120 were dropped since the session began");
    CHECK(found[0].finding.remedy.find("restream explain") != std::string::npos);
}

TEST_CASE("doctor: a relay that lives and is not wanted is told, whatever it does") {
    Scene scene;
    const FileLock lock = scene.live("one");
    for (const State state : {State::live, State::waiting, State::holding}) {
        REQUIRE_FALSE(scene.registry.publish(scene.record("one", state)));
        const auto found = check_relays(scene.config, scene.registry);
        REQUIRE(has(found, Severity::warning, ", but not wanted"));
        CHECK(found[0].finding.remedy == "run 'restream enable one'");
    }
    scene.registry.set_wanted("one", true);
    CHECK(has(check_relays(scene.config, scene.registry), Severity::ok, "one: holding"));
}

TEST_CASE("doctor: what is wanted or runs but is not configured is told") {
    Scene scene;
    scene.registry.set_wanted("gone", true);
    const FileLock lock = scene.live("other");
    const auto found = check_relays(scene.config, scene.registry);
    CHECK(has(found, Severity::warning, "gone: wanted, but not configured"));
    CHECK(has(found, Severity::warning, "other: it runs, but is not configured"));
}

TEST_CASE("doctor: temporary files are left over only when their writer is gone") {
    const Scene scene;
    const auto write = [&](const std::string& name) { scene.folder.write(name, ""); };
    const std::string gone = "2147483646";
    write("state/run/.ingest.json." + gone + ".tmp");
    write("config/destinations.d/.one.toml." + gone + ".tmp");
    write("state/run/relays/.one.json." + std::to_string(this_process().pid) + ".tmp");
    for (const char* other : {"a.tmp", ".a.tmp", ".a.x.tmp", ".a.-1.tmp", ".a.0.tmp", ".a.1x.tmp",
                              ".tmp", ".a.2147483646.tmpx", ".a.99999999999.tmp"}) {
        write(std::string("state/run/") + other);
    }
    auto found = check_leftovers(scene.registry.layout(), scene.config.directory);
    REQUIRE(found.size() == 1);
    CHECK(found[0].finding.message == "2 temporary files are left over");
    mend_all(found);
    CHECK(found[0].finding.severity == Severity::ok);
    CHECK(check_leftovers(scene.registry.layout(), scene.config.directory).empty());
    CHECK(scene.folder.has("state/run/.a.tmp"));
}

TEST_CASE("doctor: a state folder that is not there yet is well, one that is no folder is not") {
    const TemporaryFolder folder;
    const auto check = [](const fs::path& root) {
        return check_state_folder(Registry(Layout(root))).diagnoses;
    };
    CHECK(has(check(folder.path() / "none"), Severity::ok, "is not there yet"));
    CHECK(check(folder.path()).size() == 1);
    CHECK_FALSE(folder.has("doctor"));
    CHECK(has(check(folder.write("file", "")), Severity::failure, "must be a folder"));
}

TEST_CASE("doctor: a broken configuration is a failure with its place, an empty one a warning") {
    const TemporaryFolder folder;
    CHECK(has(check_config(folder.path()).diagnoses, Severity::warning,
              "no destination is configured"));
    folder.write("restream.toml", "[ingest]\nserver = \"nginx\"\nserve = 1\n");
    const CheckedConfig broken = check_config(folder.path());
    CHECK_FALSE(broken.config);
    CHECK(has(broken.diagnoses, Severity::failure, "restream.toml:3:"));
}

TEST_CASE("doctor: files with keys that others can read are closed by --fix") {
    Scene scene;
    const fs::path key = scene.folder.write("config/one.key", "secret\n");
    const fs::path inline_key = scene.folder.write("config/destinations.d/two.toml", "");
    scene.add("two");
    scene.config.destinations[0].key = KeyFile{key};
    scene.config.destinations[1].key = KeyText{Secret("word")};
    scene.config.destinations[1].origin = inline_key;
    for (const auto& each : {key, inline_key}) {
        fs::permissions(each, owner_only | fs::perms::group_read);
    }
    auto found = check_keys(scene.config, scene.registry);
    CHECK(found.size() == 2);
    mend_all(found);
    CHECK(check_keys(scene.config, scene.registry).empty());
    CHECK(fs::status(key).permissions() == owner_only);
}

TEST_CASE("doctor: a key that is missing is a failure only for what is wanted") {
    Scene scene;
    scene.config.destinations[0].key = KeyFile{scene.folder.path() / "none"};
    CHECK(has(check_keys(scene.config, scene.registry), Severity::warning, "one: "));
    scene.registry.set_wanted("one", true);
    CHECK(has(check_keys(scene.config, scene.registry), Severity::failure, "one: "));
}

TEST_CASE(
    "doctor: a hook whose program or URL is not there is a warning, once for all who have it") {
    Scene scene;
    scene.add("two");
    const auto set = [&](decltype(StateHook::what) what) {
        for (auto& each : scene.config.destinations) each.on_state.what = what;
    };
    const auto folder = scene.folder.path();
    for (const char* good :
         {"true", "/bin/true && false", "cd /tmp; exec logger x", "A=1 nothing", "{ nothing; }",
          "$HOME/nothing", "'nothing here'", "for x in y; do :; done"}) {
        CAPTURE(good);
        set(HookCommand{good, folder});
        CHECK(check_hooks(scene.config).empty());
    }
    scene.folder.write("plain", "");
    for (const char* bad : {"no-such-program-here", "no-such-program-here|cat", "/bin/no-such x",
                            "./none", "./plain", "/etc/passwd", "/tmp"}) {
        CAPTURE(bad);
        set(HookCommand{bad, folder});
        const auto found = check_hooks(scene.config);
        REQUIRE(found.size() == 1);
        CHECK(has(found, Severity::warning, "one, two: its on_state runs "));
    }
    set(Webhook{KeyFile{folder / "none.url"}});
    CHECK(has(check_hooks(scene.config), Severity::warning, "one, two: "));
    const fs::path file = scene.folder.write("hook.url", "ftp://127.0.0.1/SECRETPATH\n");
    set(Webhook{KeyFile{file}});
    const auto found = check_hooks(scene.config);
    REQUIRE(found.size() == 1);
    CHECK(found[0].finding.message.find("SECRETPATH") == std::string::npos);
    scene.folder.write("hook.url", "https://127.0.0.1/SECRETPATH\n");
    CHECK(check_hooks(scene.config).empty());
    fs::permissions(file, owner_only | fs::perms::others_read);
    CHECK(has(check_keys(scene.config, scene.registry), Severity::warning, "others can read"));
}

TEST_CASE("doctor: a dashboard that is wanted and not there, and one without its password") {
    Scene scene;
    const Layout& layout = scene.registry.layout();
    CHECK(check_dashboard(scene.config, layout).empty());
    const fs::path file = scene.folder.write("password", "sesame\n");
    scene.config.dashboard.password = KeyFile{file};
    CHECK(check_dashboard(scene.config, layout).empty());
    CHECK(has(check_keys(scene.config, scene.registry), Severity::warning, "others can read"));
    fs::remove(file);
    CHECK(has(check_dashboard(scene.config, layout), Severity::warning, "[dashboard] "));
    scene.config.dashboard.password = {};
    scene.config.dashboard.enabled = true;
    CHECK(has(check_dashboard(scene.config, layout), Severity::warning, "wanted, but it does not"));
    CHECK_FALSE(set_in_this_boot(layout.dashboard_down()));
    CHECK(check_dashboard(scene.config, layout).empty());
    fs::remove(layout.dashboard_down());
    const auto lock = FileLock::try_acquire(layout.dashboard_lock());
    CHECK(has(check_dashboard(scene.config, layout), Severity::warning, "it runs, but has no"));
    REQUIRE_FALSE(publish_file(layout.dashboard_record(),
                               to_json(DashboardRecord{this_process(), "http://127.0.0.1:5000"}),
                               Durability::survives_crash));
    CHECK(has(check_dashboard(scene.config, layout), Severity::ok, "it is at http://127.0.0.1"));
}

TEST_CASE(
    "doctor: a dashboard that other machines reach without TLS, and a certificate that is bad") {
    Scene scene;
    const Layout& layout = scene.registry.layout();
    const auto codes = [&] {
        std::string all;
        for (const auto& each : check_dashboard(scene.config, layout)) {
            all +=
                std::string(severity_name(each.finding.severity)) + " " + each.finding.code + "\n";
        }
        return all;
    };
    scene.config.dashboard.listen_host = "0.0.0.0";
    CHECK(codes() == "warning dashboard_unencrypted\n");
    scene.config.dashboard.certificate = scene.folder.path() / "none.pem";
    scene.config.dashboard.key = scene.folder.path() / "none.key";
    CHECK(codes() == "warning dashboard_certificate_unusable\n");
    scene.config.dashboard.enabled = true;
    CHECK(codes() == "failure dashboard_certificate_unusable\nwarning dashboard_down\n");
    const auto lock = FileLock::try_acquire(layout.dashboard_lock());
    const auto publish = [&](const DashboardRecord& record) {
        REQUIRE_FALSE(
            publish_file(layout.dashboard_record(), to_json(record), Durability::survives_crash));
    };
    scene.config.dashboard.certificate.clear();
    publish({this_process(), "http://127.0.0.1:5000", "192.168.1.5"});
    CHECK(codes() == "ok dashboard_runs\nwarning dashboard_unencrypted\n");
    for (const auto& [url, listen] : {std::pair("https://127.0.0.1:5000", "0.0.0.0"),
                                      std::pair("http://127.0.0.1:5000", "127.0.0.1"),
                                      std::pair("http://127.0.0.1:5000", "")}) {
        publish({this_process(), url, listen});
        CHECK(codes() == "ok dashboard_runs\n");
    }
}

TEST_CASE("doctor: FFmpeg that lacks what restream needs is a failure, without SRT a warning") {
    AvFeatures features{"5.1", true, {}};
    CHECK(check_ffmpeg(features)[0].finding.severity == Severity::ok);
    features.has_srt = false;
    CHECK(has(check_ffmpeg(features), Severity::warning, "SRT"));
    features = {"5.1", true, {"flv", "mp4"}};
    CHECK(has(check_ffmpeg(features), Severity::failure, "lacks flv, mp4"));
}

TEST_CASE("doctor: presets are old after a year") {
    const auto day = [](std::string_view text) {
        return *from_iso8601(std::string(text) + "T12:00:00Z");
    };
    CHECK(check_presets("2026-01-31", day("2026-02-01")).finding.severity == Severity::ok);
    CHECK(check_presets("2026-01-31", day("2027-01-30")).finding.severity == Severity::ok);
    const auto old = check_presets("2026-01-31", day("2027-02-01")).finding;
    CHECK(old.severity == Severity::warning);
    CHECK(old.message == "the presets of the platforms are 366 days old");
    for (const char* date : {"", "2026", "2026-13-01", "soon"}) {
        CHECK(check_presets(date, day("2026-02-01")).finding.severity == Severity::warning);
    }
    const TemporaryFolder empty;
    CHECK(check_services(empty.path(), day("2026-02-01")).finding.severity == Severity::failure);
}

TEST_CASE("doctor: what the system contains processes with is told; without a filter it warns") {
    const auto whole = check_containment({true, 7, true, true}).finding;
    CHECK(whole.severity == Severity::ok);
    CHECK(whole.message ==
          "processes that read media are contained: no_new_privs, seccomp, limits, Landlock 7");
    const auto old = check_containment({true, 0, true, true}).finding;
    CHECK(old.severity == Severity::ok);
    CHECK(old.message.ends_with("no Landlock"));
    const auto bare = check_containment({true, 3, false, true}).finding;
    CHECK(bare.severity == Severity::warning);
    CHECK(bare.message ==
          "processes that read media are not fully contained here: no seccomp, Landlock 3");
    CHECK_FALSE(bare.remedy.empty());
}

TEST_CASE("doctor: logind's settings are read as systemd reads them") {
    const auto kills = [](std::initializer_list<std::pair<std::string, Comments>> files,
                          std::string_view user = "me") {
        LoginSettings settings;
        for (const auto& [text, comments] : files) read_login_settings(text, comments, settings);
        return settings.kills(user);
    };
    using enum Comments;
    CHECK_FALSE(kills({}));
    CHECK_FALSE(kills({{"[Login]\n#KillUserProcesses=no\n", are_defaults}}));
    CHECK(kills({{"[Login]\n#KillUserProcesses=yes\n", are_defaults}}));
    CHECK_FALSE(kills({{"#KillUserProcesses=yes\n", are_ignored}}));
    CHECK(kills({{"KillUserProcesses = yes \n", are_ignored}}));
    CHECK(kills({{"#KillUserProcesses=no\n", are_defaults}, {"KillUserProcesses=1", are_ignored}}));
    CHECK_FALSE(
        kills({{"KillUserProcesses=yes\n", are_defaults}, {"KillUserProcesses=off", are_ignored}}));
    CHECK_FALSE(kills({{"KillUserProcesses=yes\n#KillExcludeUsers=root\n", are_defaults}}, "root"));
    CHECK_FALSE(kills({{"KillUserProcesses=yes\nKillExcludeUsers=root me\n", are_defaults}}));
    CHECK(kills({{"KillUserProcesses=yes\n#KillOnlyUsers=\n", are_defaults}}));
    CHECK_FALSE(kills({{"KillUserProcesses=yes\nKillOnlyUsers=you\n", are_defaults}}));
    CHECK(kills({{"KillUserProcesses=yes\nKillOnlyUsers=you me\n", are_defaults}}));
    for (const char* junk :
         {"KillUserProcesses", "=yes", "KillUserProcesses=", "KillUserProcesses=2",
          "killuserprocesses=yes", "# a comment = yes", "\n\n", "[Login"}) {
        CHECK_FALSE(kills({{junk, are_defaults}}));
    }
    CHECK(check_logout("me")->finding.remedy == "run 'loginctl enable-linger me'");
    CHECK_FALSE(check_logout(std::nullopt));
}

TEST_CASE("doctor: text has a mark, the cause and the remedy; colour only where it is asked for") {
    std::vector<Diagnosis> all = {{{Severity::ok, "config", "valid", "", ""}, {}}};
    CHECK(to_text(all, Colour::off) == "✓ config: valid\nall is well\n");
    all.push_back({{Severity::failure, "ingest", "down", "nobody started it", "start it"}, {}});
    CHECK(to_text(all, Colour::off) ==
          "✓ config: valid\n✗ ingest: down\n    because nobody started it\n    start it\n"
          "1 failure, 0 warnings\n");
    CHECK(to_text(all, Colour::on).find("\x1b[31m✗\x1b[0m ingest") != std::string::npos);
    all[1].mend = [] { return true; };
    CHECK(to_text(all, Colour::off).find("--fix") != std::string::npos);
    CHECK(to_json(all).find("\"failures\": 1") != std::string::npos);
}
