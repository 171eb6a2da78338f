// Keys that cross the Internet unencrypted: to which hosts, and what helps.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "config/config.hpp"
#include "config/platform.hpp"
#include "config/private_host.hpp"
#include "doctor/clear_text_checks.hpp"
#include "system/paths.hpp"
#include "temporary_folder.hpp"

using namespace restream;
using restream::tests::TemporaryFolder;

TEST_CASE("private hosts: by how they are written") {
    for (const char* host :
         {"localhost",     "LOCALHOST",       "localhost.",    "x.localhost",
          "127.0.0.1",     "127.255.255.254", "10.0.0.1",      "10.255.255.255",
          "172.16.0.1",    "172.31.255.255",  "192.168.0.1",   "169.254.1.1",
          "::1",           "fc00::1",         "fd12:3456::1",  "FD12:3456::1",
          "fe80::1",       "febf::1",         "fe80::1%eth0",  "::ffff:192.168.1.1",
          "studio",        "studio.local",    "Studio.LOCAL.", "nas.lan",
          "a.b.home.arpa", "db.internal"}) {
        CHECK_MESSAGE(is_private_host(host), host);
    }
    for (const char* host : {"live.twitch.tv",
                             "8.8.8.8",
                             "11.0.0.1",
                             "172.15.255.255",
                             "172.32.0.1",
                             "192.167.0.1",
                             "192.169.0.1",
                             "169.253.0.1",
                             "100.64.0.1",
                             "0.0.0.1",
                             "1.127.0.0",
                             "2001:db8::1",
                             "fd::1",
                             "fc:1::1",
                             "fec0::1",
                             "ff02::1",
                             "::2",
                             "::ffff:8.8.8.8",
                             "10.example.org",
                             "127.0.0.1.example.org",
                             "local.example.org",
                             "notlocal",
                             "x.localhosts",
                             "1.2.3"}) {
        // A name without a dot is one that only a local network can know.
        const bool is_plain_name = std::string_view(host) == "notlocal";
        CHECK_MESSAGE(is_private_host(host) == is_plain_name, host);
    }
}

namespace {

/// Code and values of what is found of destination "a" with these fields: "key_in_clear h:1935".
std::vector<std::string> found_of(const std::string& fields) {
    const TemporaryFolder folder;
    folder.write("destinations.d/a.toml", fields);
    std::vector<std::string> all;
    for (const auto& each :
         check_clear_text(load_config(folder.path()), load_platforms(share_directory()))) {
        const Finding& finding = each.finding;
        CHECK(finding.severity == Severity::warning);
        CHECK(finding.message.find("CANARY") == std::string::npos);
        CHECK(finding.remedy.find("CANARY") == std::string::npos);
        CHECK_FALSE(finding.cause.empty());
        all.push_back(finding.code + " " + finding.message + "; " + finding.remedy);
    }
    return all;
}

}  // namespace

TEST_CASE(
    "doctor: a key that crosses the Internet unencrypted is told, with the encrypted server") {
    struct Row {
        const char* fields;
        const char* code;
        const char* place;
        const char* helps;
    };
    const Row rows[] = {
        {"service = \"twitch\"\nurl = \"rtmp://live.twitch.tv/app\"\nkey = \"CANARY\"\n",
         "key_in_clear_needlessly ", "a: its stream key goes to live.twitch.tv:1935 unencrypted",
         "url = \"rtmps://ingest.global-contribute.live-video.net:443/app\""},
        {"service = \"youtube\"\nurl = \"rtmp://a.rtmp.youtube.com/live2\"\nkey = \"CANARY\"\n",
         "key_in_clear_needlessly ", "a.rtmp.youtube.com:1935",
         "url = \"rtmps://a.rtmps.youtube.com:443/live2\""},
        {"service = \"trovo\"\nkey = \"CANARY\"\n", "key_in_clear ", "livepush.trovo.live:1935",
         "rtmps://"},
        {"url = \"rtmp://one.example/live\"\nkey = { env = \"A\" }\n", "key_in_clear ",
         "one.example:1935", "rtmps://"},
        {"url = \"rtmp://one.example:443/live\"\nkey = { command = \"x\" }\n", "key_in_clear ",
         "one.example:443", "rtmps://"},
        {"url = \"rtmp://one.example/live/CANARY\"\n", "key_in_clear ", "one.example", "rtmps://"},
        {"url = \"rtmp://one.example/live?token=CANARY\"\n", "key_in_clear ", "one.example", ""},
        {"url = \"rtmp://u:CANARY@one.example/live\"\n", "key_in_clear ", "one.example", ""},
        {"url = \"rtmp://[2001:db8::1]/live\"\nkey = \"CANARY\"\n", "key_in_clear ",
         "[2001:db8::1]:1935", ""},
        {"url = \"RTMP://8.8.8.8/live\"\nkey = \"CANARY\"\n", "key_in_clear ", "8.8.8.8:1935", ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.fields);
        const auto found = found_of(row.fields);
        REQUIRE(found.size() == 1);
        CAPTURE(found[0]);
        CHECK(found[0].starts_with(row.code));
        CHECK(found[0].find(row.place) != std::string::npos);
        CHECK(found[0].find(row.helps) != std::string::npos);
    }
    // Of a backup server, too.
    const auto both = found_of(
        "service = \"youtube\"\nkey = \"CANARY\"\nbackup = \"both\"\n"
        "backup_url = \"rtmp://b.rtmp.youtube.com/live2?backup=1\"\n");
    REQUIRE(both.size() == 1);
    CHECK(both[0].find("a (backup): ") != std::string::npos);
    CHECK(both[0].find("backup_url = \"rtmps://b.rtmps.youtube.com:443/live2?backup=1\"") !=
          std::string::npos);
}

TEST_CASE("doctor: what is encrypted, stays in the own network or has no key is not told of") {
    for (const char* fields :
         {"service = \"twitch\"\nkey = \"CANARY\"\n", "service = \"youtube\"\nkey = \"CANARY\"\n",
          "url = \"rtmps://one.example/live\"\nkey = \"CANARY\"\n",
          "url = \"rtmp://127.0.0.1/live\"\nkey = \"CANARY\"\n",
          "url = \"rtmp://192.168.1.7:1936/live\"\nkey = \"CANARY\"\n",
          "url = \"rtmp://[fd00::7]/live\"\nkey = \"CANARY\"\n",
          "url = \"rtmp://studio.local/live\"\nkey = \"CANARY\"\n",
          "url = \"rtmp://one.example/live\"\n",
          "url = \"srt://one.example:1234\"\nkey = \"CANARY\"\n", "url = \"file:/tmp/a.mkv\"\n"}) {
        CAPTURE(fields);
        CHECK(found_of(fields).empty());
    }
}
