#include "process/patience.hpp"
#include "process/scene.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

namespace restream::test {

using nlohmann::json;

Scene::Scene(IngestServer ingest) : world(ingest) { world.must({"ingest", "start"}); }

void Scene::publish(Footage footage) {
    publisher.emplace(world.ingest_url(), footage);
    const bool is_there = wait_until(
        Patience(std::chrono::seconds(15)),
        [&] { return world.status()["ingest"]["state"] == "live" || !publisher->runs(); },
        Milliseconds(60));
    REQUIRE_MESSAGE(is_there, "the ingest never had the publisher: "
                                  << publisher->words() << world.status()["ingest"].dump());
    REQUIRE_MESSAGE(publisher->runs(), publisher->words());
}

bool Scene::wait_flow(const std::string& name, int messages) const {
    return world.wait_status(name, [&](const json& part) {
        const json& session = part["session"];
        return part["state"] == "live" && session.is_object() &&
               session["video_messages"].get<int>() + session["audio_messages"].get<int>() >=
                   messages;
    });
}

Recording Scene::last_recording(const std::string& key) const {
    wait_until(Patience(std::chrono::seconds(5)),
               [&] { return platform.ended(key) >= platform.begun(key); });
    const auto files = platform.recordings(key);
    REQUIRE_MESSAGE(!files.empty(), "the platform has no recording of " << key);
    return decode(files.back());
}

Recording Scene::finish(const std::string& name) const {
    CHECK_MESSAGE(wait_flow(name), name << " carries nothing: " << world.status(name).dump());
    world.must({"disable", name});
    return last_recording(name);
}

void check_whole(const Recording& recording) {
    CHECK_MESSAGE(recording.has_picture_and_sound(), recording.describe());
    CHECK_MESSAGE(recording.begins_with_keyframe, recording.describe());
    CHECK_MESSAGE(recording.errors.empty(), recording.describe());
    // Near 0: at most what the sound is ahead of the first picture.
    CHECK_MESSAGE(recording.first_video_s < 2.5, recording.describe());
}

}  // namespace restream::test
