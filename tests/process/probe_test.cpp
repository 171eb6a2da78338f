// restream probe, as it is run.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "process/free_port.hpp"
#include "process/nginx_server.hpp"
#include "process/patience.hpp"
#include "process/publisher.hpp"
#include "process/world.hpp"

namespace restream::test {

TEST_SUITE_BEGIN("probe");

using nlohmann::json;

TEST_CASE("probe: says what is published, in words and as JSON, and never the stream key") {
    const World world;
    const NginxServer server;
    const Publisher publisher(server.url("canary-key"));
    REQUIRE(wait_until(Patience(std::chrono::seconds(10)),
                       [&] { return server.begun("canary-key") == 1; }));
    const Outcome words = world.run({"probe", server.url("canary-key"), "--seconds", "1"});
    CHECK_MESSAGE(words.status == 0, words.describe());
    CHECK(words.output.find("h264") != std::string::npos);
    CHECK(words.output.find("320x180") != std::string::npos);
    CHECK(words.output.find("aac") != std::string::npos);
    CHECK(words.output.find(" kbit/s") != std::string::npos);
    CHECK_MESSAGE(words.output.find("stereo") != std::string::npos, words.output);
    CHECK(words.output.find("kbps") == std::string::npos);
    CHECK(words.error == "");
    const Outcome seen = world.run({"probe", server.url("canary-key"), "--json", "--seconds", "3"});
    REQUIRE_MESSAGE(seen.status == 0, seen.describe());
    CHECK((words.output + seen.output).find("canary") == std::string::npos);
    const json document = json::parse(seen.output);
    CHECK(document["schema"] == 1);
    CHECK(document["state"] == "live");
    CHECK(document["reason"].is_null());
    CHECK(document["video"]["codec"] == "h264");
    CHECK(document["video"]["width"] == 320);
    CHECK(document["video"]["fps"].get<double>() == doctest::Approx(30).epsilon(0.05));
    CHECK(document["video"]["keyframe_interval_s"].get<double>() ==
          doctest::Approx(2).epsilon(0.05));
    CHECK(document["video"]["profile"].is_string());
    CHECK(document["video"]["b_frames"].is_boolean());
    CHECK(document["video"]["bitrate_kbps"] > 50);
    CHECK(document["video"]["messages"] >= 80);
    CHECK(document["audio"]["codec"] == "aac");
    CHECK(document["audio"]["profile"] == "LC");
    CHECK(document["audio"]["sample_rate_hz"] > 8000);
    CHECK(document["audio"]["channels"] > 0);
    CHECK(document["audio"]["bitrate_kbps"] > 20);
    CHECK(document["first_keyframe_ms"].is_number());
}

TEST_CASE("probe: nobody publishes is 1, nothing there is 5, a wrong URL is 2, Ctrl-C is 1") {
    const World world;
    const NginxServer server;
    const Outcome nobody = world.run({"probe", server.url("k"), "--json", "--seconds", "0.2"});
    CHECK_MESSAGE(nobody.status == 1, nobody.describe());
    CHECK(json::parse(nobody.output)["state"] == "no_publisher");
    CHECK(json::parse(nobody.output)["video"].is_null());
    const Outcome down = world.run({"probe", "--json"});  // the ingest of this world: not started
    CHECK_MESSAGE(down.status == 5, down.describe());
    CHECK(json::parse(down.output)["state"] == "down");
    CHECK(json::parse(down.output)["reason"]["code"] == "ingest_down");
    const Outcome silent = world.run({"probe"});
    CHECK(silent.status == 5);
    CHECK(silent.output == "");
    CHECK(silent.error.find("restream ingest start") != std::string::npos);
    for (const char* url : {"ftp://h/live", "rtmp://", "live", "rtmp://h:99999/live"}) {
        CAPTURE(url);
        CHECK(world.run({"probe", url}).status == 2);
    }
    CHECK(world.run({"probe", "--seconds", "0"}).status == 2);
    CommandRun run = world.start({"probe", server.url("k"), "--seconds", "60"});
    REQUIRE(wait_until(Patience(std::chrono::seconds(5)), [&] {
        return server.log().find("play: name='k'") != server.log().rfind("play: name='k'");
    }));
    run.interrupt();
    const Outcome broken_off = run.wait(std::chrono::seconds(2));
    CHECK_MESSAGE(broken_off.status == 1, broken_off.describe());
    CHECK(broken_off.error.find("cancelled") != std::string::npos);
}

TEST_SUITE_END();

}  // namespace restream::test
