// Destinations that publish under the same name at the same server.
#include "relay/twins.hpp"

#include <doctest/doctest.h>

#include "temporary_folder.hpp"

using namespace restream;
using restream::tests::TemporaryFolder;

namespace {

Destination destination(const std::string& name, const std::string& url, KeyReference key) {
    Destination one;
    one.name = name;
    one.url = url;
    one.key = std::move(key);
    return one;
}

KeyReference text(const std::string& key) { return KeyText{Secret(key)}; }

std::vector<Twins> twins_of(const Destination& one, const Destination& other) {
    Config config;
    config.destinations = {one, other};
    return find_twins(config);
}

struct Row {
    const char* url;
    const char* key;
};

}  // namespace

TEST_CASE("twins: the same server and key are found in whatever way the URL is written") {
    const Destination one = destination("one", "rtmp://live.example/app", text("k-1"));
    const Row same[] = {
        {"rtmp://live.example/app", "k-1"},  {"rtmp://LIVE.example:1935/app/", "k-1"},
        {"rtmps://live.example/app", "k-1"}, {"rtmps://live.example:443/app", "k-1"},
        {"rtmp://live.example/app/k-1", ""}, {"rtmp://live.example./app", "k-1"},
    };
    for (const auto& [url, key] : same) {
        CAPTURE(url);
        CHECK(twins_of(one, destination("two", url, text(key))) ==
              std::vector<Twins>{{"one", "two"}});
    }
    const Row others[] = {
        {"rtmp://live.example/app", "k-2"},     {"rtmp://live.example:1936/app", "k-1"},
        {"rtmp://live.example/App", "k-1"},     {"rtmp://other.example/app", "k-1"},
        {"rtmp://live.example/app/sub", "k-1"}, {"rtmp://live.example/app?backup=1", "k-1"},
        {"rtmp://live.example/app", "K-1"},     {"rtmp://live.example/app", ""},
        {"srt://live.example:1935", "k-1"},     {"file:/tmp", ""},
    };
    for (const auto& [url, key] : others) {
        CAPTURE(url);
        CHECK(twins_of(one, destination("two", url, text(key))).empty());
    }
}

TEST_CASE("twins: keys are compared wherever they come from, and commands are not run") {
    const TemporaryFolder folder;
    const std::string url = "rtmp://live.example/app";
    const KeyFile file{folder.write("key", "k-1\n")};
    CHECK(twins_of(destination("one", url, text("k-1")), destination("two", url, file)).size() ==
          1);
    const auto trace = folder.path() / "was_run";
    const KeyCommand command{"touch " + trace.string() + "; echo k-1"};
    CHECK(twins_of(destination("one", url, command), destination("two", url, command)).size() == 1);
    CHECK(twins_of(destination("one", url, command), destination("two", url, text("k-1"))).empty());
    CHECK_FALSE(std::filesystem::exists(trace));
    const KeyFile missing{folder.path() / "missing"};
    CHECK(twins_of(destination("one", url, missing), destination("two", url, missing)).empty());
}

TEST_CASE("twins: a backup URL counts, also of the same destination") {
    Destination one = destination("one", "rtmp://a.example/app", text("k-1"));
    one.backup_url = "rtmp://b.example/app";
    const Destination two = destination("two", "rtmp://b.example/app", text("k-1"));
    CHECK(twins_of(one, two).empty());  // it is off
    one.backup = Backup::failover;
    CHECK(twins_of(one, two) == std::vector<Twins>{{"one+backup", "two"}});
    one.backup_url = one.url;
    CHECK(twins_of(one, two) == std::vector<Twins>{{"one", "one+backup"}});
}

TEST_CASE("twins: two files, and two playlists that the configuration refuses, are none") {
    CHECK(twins_of(destination("one", "file:/tmp/x", {}), destination("two", "file:/tmp/x", {}))
              .empty());
}
