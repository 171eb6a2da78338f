// RTMP URLs: what is said on the wire for each of them.
#include "rtmp/endpoint.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using restream::play_endpoint;
using restream::publish_endpoint;
using restream::Secret;

namespace {

struct Row {
    const char* url;
    const char* key;
    const char* app;
    const char* playpath;
    const char* tc_url;
    const char* address;
};

}  // namespace

TEST_CASE("endpoint: a published URL with a key keeps its whole path and query in the app") {
    const Row rows[] = {
        {"rtmp://h/live", "k", "live", "k", "rtmp://h/live", "rtmp://h:1935"},
        {"rtmp://h/live/", "k", "live", "k", "rtmp://h/live", "rtmp://h:1935"},
        {"rtmp://h:1936/live", "k?x=1", "live", "k?x=1", "rtmp://h:1936/live", "rtmp://h:1936"},
        {"rtmps://h/live2?backup=1", "k", "live2?backup=1", "k", "rtmps://h/live2?backup=1",
         "rtmps://h:443"},
        {"rtmps://h:443/live2/?backup=1", "k", "live2?backup=1", "k",
         "rtmps://h:443/live2?backup=1", "rtmps://h:443"},
        {"rtmp://h/a/b", "k", "a/b", "k", "rtmp://h/a/b", "rtmp://h:1935"},
        {"RTMP://h/a", "k", "a", "k", "rtmp://h/a", "rtmp://h:1935"},
        {"rtmp://[::1]:1935/a", "k", "a", "k", "rtmp://[::1]:1935/a", "rtmp://[::1]:1935"},
        {"rtmp://u:p@h/a", "k", "a", "k", "rtmp://h/a", "rtmp://h:1935"},
        {"rtmp://h/live/k", "", "live", "k", "rtmp://h/live", "rtmp://h:1935"},
        {"rtmp://h/a/b/k?x=/y", "", "a/b", "k?x=/y", "rtmp://h/a/b", "rtmp://h:1935"},
        {"rtmp://h/live", "", "live", "", "rtmp://h/live", "rtmp://h:1935"},
        {"rtmp://h/live?x=/y", "", "live?x=/y", "", "rtmp://h/live?x=/y", "rtmp://h:1935"},
        // What platforms' pages show, as OBS and FFmpeg say it on the wire.
        {"rtmp://h/live-js/?streamname=x&key=y", "", "live-js", "?streamname=x&key=y",
         "rtmp://h/live-js", "rtmp://h:1935"},
        {"rtmp://h/live-js/", "?streamname=x&key=y", "live-js", "?streamname=x&key=y",
         "rtmp://h/live-js", "rtmp://h:1935"},
        {"rtmp://h/live-js", "?streamname=x&key=y", "live-js", "?streamname=x&key=y",
         "rtmp://h/live-js", "rtmp://h:1935"},
        {"rtmp://h/app/inst/?a=b", "", "app/inst", "?a=b", "rtmp://h/app/inst", "rtmp://h:1935"},
        {"rtmps://h/live2?backup=1/KEY", "", "live2?backup=1", "KEY", "rtmps://h/live2?backup=1",
         "rtmps://h:443"},
        {"rtmps://h/live2?backup=1/KEY?a=1", "", "live2?backup=1", "KEY?a=1",
         "rtmps://h/live2?backup=1", "rtmps://h:443"},
        {"rtmps://h/live2/?backup=1/KEY", "", "live2?backup=1", "KEY", "rtmps://h/live2?backup=1",
         "rtmps://h:443"},
        {"rtmps://h/live2?backup=1/", "k", "live2?backup=1", "k", "rtmps://h/live2?backup=1",
         "rtmps://h:443"},
        {"rtmps://h/live2/?backup=1/", "k", "live2?backup=1", "k", "rtmps://h/live2?backup=1",
         "rtmps://h:443"},
        {"rtmp://h/live?path=/", "k", "live?path=/", "k", "rtmp://h/live?path=/", "rtmp://h:1935"},
        {"rtmp://h/live?u=a/b&c=d", "", "live?u=a/b&c=d", "", "rtmp://h/live?u=a/b&c=d",
         "rtmp://h:1935"},
        {"rtmp://h/live/KEY?token=a/b", "", "live", "KEY?token=a/b", "rtmp://h/live",
         "rtmp://h:1935"},
        {"rtmp://h/app/inst/", "", "app/inst", "", "rtmp://h/app/inst", "rtmp://h:1935"},
        {"rtmp://h/app/inst//", "", "app/inst", "", "rtmp://h/app/inst", "rtmp://h:1935"},
        {"rtmp://h/app/inst/", "k", "app/inst", "k", "rtmp://h/app/inst", "rtmp://h:1935"},
        {"rtmp://h/app/inst/k", "", "app/inst", "k", "rtmp://h/app/inst", "rtmp://h:1935"},
        {"rtmp://h/live/my%20key%2F4", "", "live", "my%20key%2F4", "rtmp://h/live",
         "rtmp://h:1935"},
        {"rtmp://h/li%76e", "k%34", "li%76e", "k%34", "rtmp://h/li%76e", "rtmp://h:1935"},
        {"rtmps://[2001:db8::7]/live2?backup=1/KEY", "", "live2?backup=1", "KEY",
         "rtmps://[2001:db8::7]/live2?backup=1", "rtmps://[2001:db8::7]:443"},
        {"rtmp://u:p@[::1]:1936/app/?a=b", "", "app", "?a=b", "rtmp://[::1]:1936/app",
         "rtmp://[::1]:1936"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.url);
        const auto found = publish_endpoint(row.url, Secret(row.key));
        REQUIRE(found);
        CHECK(found->app == row.app);
        CHECK(found->playpath.reveal() == row.playpath);
        CHECK(found->tc_url == row.tc_url);
        CHECK(found->address() == row.address);
    }
}

TEST_CASE("endpoint: a played URL's first segment is the app, the playpath may be empty") {
    const Row rows[] = {
        {"rtmp://127.0.0.1:1935/live", "", "live", "", "rtmp://127.0.0.1:1935/live",
         "rtmp://127.0.0.1:1935"},
        {"rtmp://h/live/", "", "live", "", "rtmp://h/live", "rtmp://h:1935"},
        {"rtmp://h/live/a/b", "", "live", "a/b", "rtmp://h/live", "rtmp://h:1935"},
        {"rtmp://h/live/a?t=1/2", "", "live", "a?t=1/2", "rtmp://h/live", "rtmp://h:1935"},
        {"rtmp://h/live?t=/1", "", "live?t=/1", "", "rtmp://h/live?t=/1", "rtmp://h:1935"},
        {"rtmp://h/live?t=1/cam", "", "live?t=1", "cam", "rtmp://h/live?t=1", "rtmp://h:1935"},
        {"rtmp://h/live/?t=1", "", "live", "?t=1", "rtmp://h/live", "rtmp://h:1935"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.url);
        const auto found = play_endpoint(row.url);
        REQUIRE(found);
        CHECK(found->app == row.app);
        CHECK(found->playpath.reveal() == row.playpath);
        CHECK(found->tc_url == row.tc_url);
    }
}

TEST_CASE("endpoint: a player's URL may mean several apps, the likeliest first") {
    struct Meanings {
        const char* url;
        std::vector<std::pair<std::string, std::string>> apps;
    };
    for (const Meanings& row : std::vector<Meanings>{
             {"rtmp://h/live", {{"live", ""}}},
             {"rtmp://h/live/", {{"live", ""}}},
             {"rtmp://h/live/cam", {{"live", "cam"}, {"live/cam", ""}}},
             {"rtmp://h/live/cam/", {{"live/cam", ""}, {"live", "cam/"}}},
             {"rtmp://h/live/cam/key",
              {{"live/cam", "key"}, {"live", "cam/key"}, {"live/cam/key", ""}}},
             {"rtmp://h/a/b/c/d", {{"a/b/c", "d"}, {"a", "b/c/d"}, {"a/b/c/d", ""}}},
             {"rtmp://h/live/cam?t=1/2", {{"live", "cam?t=1/2"}, {"live/cam?t=1/2", ""}}},
             {"rtmp://h/live?t=1/cam", {{"live?t=1", "cam"}}},
             {"rtmp://h/live/?t=1", {{"live", "?t=1"}}},
             {"http://h/live", {}},
             {"rtmp://h/", {}}}) {
        CAPTURE(row.url);
        std::vector<std::pair<std::string, std::string>> found;
        for (const auto& each : restream::play_endpoints(row.url)) {
            found.emplace_back(each.app, each.playpath.reveal());
        }
        CHECK(found == row.apps);
    }
}

TEST_CASE("endpoint: what is no RTMP URL is told apart") {
    const std::string long_app = "rtmp://h/" + std::string(2000, 'a');
    const std::string long_host = "rtmp://" + std::string(254, 'h') + "/a";
    const std::string bad[] = {"",
                               "rtmp",
                               "rtmp:",
                               "rtmp://",
                               "rtmp:///live",
                               "rtmp://h",
                               "rtmp://h/",
                               "http://h/live",
                               "rtmpt://h/live",
                               "rtmpe://h/live",
                               "h/live",
                               "rtmp://h:/live",
                               "rtmp://h:0/live",
                               "rtmp://h:65536/live",
                               "rtmp://h:19x/live",
                               "rtmp://h:-1/live",
                               "rtmp://[::1/live",
                               "rtmp://[::1]x/live",
                               "rtmp://[]/live",
                               "rtmp://h?x=1",
                               "rtmp://h/?x=1",
                               "rtmp://u@/live",
                               "rtmp://u#x@h/live",
                               "rtmp://h#x/live",
                               "rtmp://:1935/live",
                               "rtmp://h /live",
                               "rtmp://h/li ve",
                               "rtmp://h/live\n",
                               " rtmp://h/live",
                               long_app,
                               long_host};
    for (const std::string& url : bad) {
        CAPTURE(url);
        CHECK_FALSE(play_endpoint(url));
        CHECK_FALSE(publish_endpoint(url, Secret("k")));
    }
    // A key of its own would have slashes for an app.
    CHECK_FALSE(publish_endpoint("rtmp://h///key", Secret()));
    CHECK(publish_endpoint("rtmp://h//live/key", Secret())->playpath == Secret("key"));
    CHECK(play_endpoint("rtmp://u:secret@h/live")->user_info == Secret("u:secret"));
}
