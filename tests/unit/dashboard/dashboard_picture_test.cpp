// The dashboard's picture, and how it gets along with the process that makes it, whatever that
// does.
#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>

#include "dashboard/config_watch.hpp"
#include "dashboard/thumbnail.hpp"
#include "system/paths.hpp"
#include "temporary_folder.hpp"

namespace restream::tests {

using namespace std::chrono_literals;

TEST_SUITE_BEGIN("dashboard");

namespace {

constexpr const char* whole_picture = "\xFF\xD8\xFFpicture\xFF\xD9";

/// Answers each line with the picture, as the process that makes them does.
constexpr const char* good_maker =
    "while read url; do printf 'picture 12 1\\n\\377\\330\\377picture\\377\\331'; done\n";

/// A folder in which a script takes the place of restream-thumbnail.
struct PictureScene {
    TemporaryFolder folder;
    std::atomic<bool> is_ending = false;
    ConfigWatch configs{folder.path(), folder.path()};
    CommandMeans means = {folder.path(), folder.path(), folder.path(), folder.path(), {}, [this] {
                              return is_ending.load();
                          }};
    Thumbnail thumbnail{means, configs};

    /// The next process will run it.
    void write(const std::string& script) {
        folder.write("restream-thumbnail", "#!/bin/sh\n" + script);
        std::filesystem::permissions(folder.path() / "restream-thumbnail",
                                     std::filesystem::perms::owner_all);
    }
};

}  // namespace

TEST_CASE("dashboard: one process makes picture after picture") {
    PictureScene scene;
    scene.write("echo started >> " + (scene.folder.path() / "starts").string() + "\n" + good_maker);
    for (int i = 0; i < 3; ++i) {
        CHECK(scene.thumbnail.renew() > 2s);
        REQUIRE(scene.thumbnail.picture());
        CHECK(scene.thumbnail.picture()->jpeg == whole_picture);
    }
    const auto first = scene.thumbnail.picture();
    scene.thumbnail.renew();
    CHECK(scene.thumbnail.picture() == first);  // the same one: nobody has to get it again
    CHECK(read_file(scene.folder.path() / "starts", 100) == "started\n");
    scene.thumbnail.end();
    CHECK(scene.thumbnail.picture() == nullptr);
    scene.thumbnail.renew();
    CHECK(read_file(scene.folder.path() / "starts", 100) == "started\nstarted\n");
}

TEST_CASE("dashboard: a picture's maker that fails, talks or hangs costs nothing but the picture") {
    PictureScene scene;
    Thumbnail& thumbnail = scene.thumbnail;
    CHECK(thumbnail.renew() == 3s);  // it is not there
    for (const char* bad :
         {"exit 1", "kill -9 $$", "read url; exit 1", "read url; echo picture", "read url; echo",
          "read url; echo picture 5 1; echo none; exec cat",
          "read url; printf 'picture 12 1\\n\\377\\330\\377cut'",
          "read url; printf 'picture 4 1\\njpeg'; exec cat", "read url; exec yes",
          "read url; exec cat /dev/zero", "read url; exec yes picture 200000 1"}) {
        CAPTURE(std::string(bad));
        thumbnail.end();
        scene.write(good_maker);
        thumbnail.renew();
        CHECK(thumbnail.picture() != nullptr);
        thumbnail.end();
        scene.write(bad);
        CHECK(thumbnail.renew() == 3s);
        CHECK(thumbnail.picture() == nullptr);
        CHECK(thumbnail.renew() == 6s);
        scene.write(good_maker);
        thumbnail.renew();
        CHECK(thumbnail.picture() != nullptr);
    }
    thumbnail.end();
    scene.write("exec tail -f /dev/null\n");  // for ever, if nobody ends it
    scene.is_ending = true;
    const auto asked = SteadyClock::now();
    thumbnail.renew();
    CHECK(thumbnail.picture() == nullptr);
    CHECK(SteadyClock::now() - asked < 5s);
}

TEST_CASE("dashboard: an ingest without a picture is no failure of its maker") {
    PictureScene scene;
    scene.write("while read url; do echo none there is sound only; done\n");
    for (int i = 0; i < 3; ++i) CHECK(scene.thumbnail.renew() == 5s);
    CHECK(scene.thumbnail.picture() == nullptr);
    scene.folder.write("restream.toml", "nonsense = 1\n");
    CHECK(scene.thumbnail.renew() == 5s);
}

TEST_CASE("dashboard: pictures that cost much come less often, and none wastes the ingest's time") {
    CHECK(rest_after_picture(20ms, 10ms) == 2980ms);
    CHECK(rest_after_picture(60ms, 20ms) == 4940ms);
    CHECK(rest_after_picture(900ms, 800ms) == 9100ms);
    CHECK(rest_after_picture(2000ms, 10ms) == 2000ms);
    CHECK(rest_after_picture(8000ms, 10ms) == 8000ms);
    CHECK(rest_after_failure(1) == 3s);
    CHECK(rest_after_failure(4) == 24s);
    CHECK(rest_after_failure(5) == 30s);
    CHECK(rest_after_failure(2'000'000'000) == 30s);
}

TEST_CASE("dashboard: of what a picture's maker says nothing is taken that breaks its protocol") {
    const auto is_broken = [](const std::string& bytes) {
        const auto made = read_picture(bytes);
        return made && std::holds_alternative<PictureProcess::Broken>(*made);
    };
    for (const char* part : {"", "p", "picture 12 3", "picture 12 3\n", "none", "none of it"}) {
        CAPTURE(std::string(part));
        CHECK_FALSE(read_picture(part));
    }
    for (const char* bad : {"\n",
                            "none\n",
                            "none x\nmore",
                            "picture\n",
                            "picture \n",
                            "picture 12\n",
                            "picture -1 1\n",
                            "picture 12 1 1\n",
                            "picture x 1\n",
                            "picture 12 x\n",
                            "picture 262145 1\n",
                            "picture 12 60001\n",
                            "picture 99999999999999999999 1\n",
                            "picture 12x3\n",
                            "picture 12\t3\n",
                            "picture 12 3x\n",
                            "picture 12 3 \n",
                            "picture 12  3\n",
                            "picture 12 3\r\n",
                            "picture 012 3\n",
                            "picture 12 03\n",
                            "picture 12 +3\n",
                            "picture 12 3.0\n",
                            "picture 0x12 3\n",
                            "picture 0 1\n",
                            "picture 4 1\njpeg",
                            "picture 4 1\njpeg2",
                            "Picture 4 1\n",
                            "HTTP/1.1 200 OK\n"}) {
        CAPTURE(std::string(bad));
        CHECK(is_broken(bad));
    }
    CHECK(is_broken(std::string(1025, 'n')));
    // Longer than a line may be, also where all of it has come at once.
    CHECK(is_broken("none " + std::string(1024, 'n') + "\n"));
    CHECK(is_broken(std::string("picture 12 3\0\n", 14)));
    CHECK(is_broken("picture 12 1\n" + std::string(whole_picture) + "x"));
    const auto none = read_picture("none nobody publishes\n");
    REQUIRE(none);
    CHECK(std::holds_alternative<PictureProcess::None>(*none));
    const auto made = read_picture("picture 12 34\n" + std::string(whole_picture));
    REQUIRE(made);
    REQUIRE(std::holds_alternative<PictureProcess::Picture>(*made));
    CHECK(std::get<PictureProcess::Picture>(*made).jpeg == whole_picture);
    CHECK(std::get<PictureProcess::Picture>(*made).cost == 34ms);
}

TEST_SUITE_END();

}  // namespace restream::tests
