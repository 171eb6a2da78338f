// Platforms: the list that is shipped is whole; a broken one is refused with its place.
#include "config/platform.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "base/error.hpp"
#include "config/config.hpp"
#include "config/url.hpp"
#include "system/paths.hpp"
#include "temporary_folder.hpp"

using namespace restream;
using restream::tests::TemporaryFolder;

namespace {

std::string refusal(const std::string& toml) {
    const TemporaryFolder share;
    share.write("services.toml", toml);
    try {
        load_platforms(share.path());
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::refused);
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("services: every shipped preset is complete and valid") {
    const Platforms services = load_platforms(share_directory());
    CHECK(services.list.size() >= 20);
    CHECK(from_iso8601(services.date + "T00:00:00Z"));
    for (const Platform& service : services.list) {
        CAPTURE(service.id);
        CHECK_FALSE(name_problem(service.id));
        CHECK_FALSE(service.name.empty());
        CHECK_FALSE(service.codecs.empty());
        CHECK(services.find(service.id) == &service);
        if (!service.key_page.empty()) CHECK(service.key_page.starts_with("https://"));
        if (service.url.empty()) continue;
        CHECK(std::get<std::string>(check_destination_url(service.url)) == service.url);
        // A server part has an app and no key.
        CHECK(std::get<UrlParts>(split_url(service.url)).segments().size() == 1);
    }
}

TEST_CASE("services: what other parts rely on stands in the presets") {
    const Platforms services = load_platforms(share_directory());
    REQUIRE(services.find("twitch") != nullptr);
    CHECK(services.find("twitch")->late_refusal == Milliseconds(4000));
    CHECK(services.find("twitch")->url ==
          "rtmps://ingest.global-contribute.live-video.net:443/app");
    REQUIRE(services.find("youtube") != nullptr);
    CHECK(services.find("youtube")->backup_url == "rtmps://b.rtmps.youtube.com:443/live2?backup=1");
    CHECK((services.find("youtube")->backup == Backup::failover));
    CHECK((services.find("twitch")->backup == Backup::failover));
    CHECK(services.find("youtube")->max_video_kbps == 51000);
    CHECK(services.find("youtube")->key_lifetime == KeyLifetime::forever);
    CHECK(services.find("youtube")->on_track_change == OnTrackChange::pass);
    CHECK(services.find("facebook")->on_track_change == OnTrackChange::reconnect);
    for (const char* id : {"facebook", "instagram", "linkedin", "tiktok"}) {
        CAPTURE(id);
        REQUIRE(services.find(id) != nullptr);
        CHECK(services.find(id)->key_lifetime == KeyLifetime::broadcast);
    }
    REQUIRE(services.find("vk") != nullptr);
    CHECK(services.find("vk")->key_lifetime == KeyLifetime::once);
    for (const char* id : {"tiktok", "linkedin", "rumble"}) {
        CAPTURE(id);
        CHECK(services.find(id)->url.empty());
    }
    CHECK(services.find("") == nullptr);
    CHECK(services.find("Twitch") == nullptr);
}

TEST_CASE(
    "services: a platform that offers TLS is sent to over TLS unless the user says otherwise") {
    // Of these, no source names an rtmps server; see services.toml.
    const std::set<std::string> plain = {"trovo", "bilibili", "vk",    "chzzk",  "soop",
                                         "dlive", "nimo",     "steam", "picarto"};
    for (const Platform& service : load_platforms(share_directory()).list) {
        CAPTURE(service.id);
        if (service.url.empty()) continue;
        CHECK(service.url.starts_with("rtmps://") != plain.contains(service.id));
        if (!service.backup_url.empty() && service.url.starts_with("rtmps://")) {
            CHECK(service.backup_url.starts_with("rtmps://"));
        }
    }
    const TemporaryFolder config;
    config.write("destinations.d/preset.toml", "service = \"twitch\"\nkey = \"word\"\n");
    config.write("destinations.d/own.toml",
                 "service = \"twitch\"\nurl = \"rtmp://live.twitch.tv/app\"\nkey = \"word\"\n");
    const Config loaded = load_config(config.path());
    CHECK(loaded.at("preset").url.starts_with("rtmps://"));
    CHECK(loaded.at("own").url == "rtmp://live.twitch.tv/app");
    CHECK(loaded.at("own").late_refusal == loaded.at("preset").late_refusal);
}

TEST_CASE("services: a broken list is refused with its place and a remedy") {
    struct Case {
        const char* toml;
        const char* says;
    };
    const Case cases[] = {
        {"", "names no service"},
        {"service = 3\n", "names no service"},
        {"service = [3]\n", "services.toml:1:12: must be a table"},
        {"date = 2026-01-31\n[[service]]\nid = \"a\"\n", "1:8: date must be a string, not a date"},
        {"[[service]]\nname = \"A\"\n", "id a name can't be empty"},
        {"[[service]]\nid = \"A b\"\n", "2:6: id a name is made of"},
        {"[[service]]\nid = \"a\"\nulr = \"x\"\n", "3:1: unknown field \"ulr\""},
        {"[[service]]\nid = \"a\"\nurl = \"http://x/y\"\n", "3:7: url has the scheme \"http\""},
        {"[[service]]\nid = \"a\"\nkey_lifetime = \"day\"\n", "3:16: key_lifetime must be"},
        {"[[service]]\nid = \"a\"\nbackup = \"off\"\n", "3:10: backup must be \"both\" or"},
        {"[[service]]\nid = \"a\"\nbackup = \"yes\"\n", "3:10: backup must be \"both\" or"},
        {"[[service]]\nid = \"a\"\nlate_refusal = 4\n", "late_refusal must be a duration"},
        {"[[service]]\nid = \"a\"\nmax_video_kbps = -1\n", "max_video_kbps is -1"},
        {"[[service]]\nid = \"a\"\ncodecs = \"h264\"\n", "codecs must be an array of strings"},
        {"[[service]]\nid = \"a\"\ncodecs = [1]\n", "codecs must hold only strings"},
        {"[[service]]\nid = \"a\"\n[[service]]\nid = \"a\"\n", "service a stands here twice"},
        {"[[service]\n", "services.toml:1:"},
    };
    for (const Case& one : cases) {
        CAPTURE(one.toml);
        const std::string message = refusal(one.toml);
        CAPTURE(message);
        CHECK(message.find(one.says) != std::string::npos);
        CHECK(message.find("install restream again") != std::string::npos);
    }
}

TEST_CASE("services: an installation without the list says so") {
    const TemporaryFolder empty;
    CHECK_THROWS_WITH_AS(load_platforms(empty.path()),
                         doctest::Contains("services.toml: is not there"), Error);
}
