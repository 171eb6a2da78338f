// A worker between an ingest and a destination that the test plays: its states, and what ends them.
#include "worker/worker.hpp"

#include <doctest/doctest.h>

#include <thread>

#include "base/error.hpp"
#include "relay/worker_kind.hpp"
#include "temporary_folder.hpp"
#include "unit/fake_ends.hpp"
#include "unit/tags.hpp"

using namespace restream;
using namespace restream::test;
using namespace std::chrono_literals;

namespace {

const std::vector<Tag> begin = {metadata(), avc_header(), aac_header(), keyframe(1000),
                                audio(1000)};

Record first_record() {
    Record record;
    record.name = "one";
    record.guardian = this_process();
    return record;
}

/// A worker on a thread of its own; what the test plays is played on that thread.
struct Scene {
    tests::TemporaryFolder folder;
    Registry registry{Layout(folder.path())};
    LogFile log{folder.path() / "one.log", 1'000'000, 1};
    Loop loop;
    FakeIngest ingest;
    FakeDestination destination;
    Config config;
    std::optional<Worker> worker;
    std::optional<Worker::Left> left;
    std::thread thread;

    Scene() {
        registry.prepare();
        Destination one;
        one.name = "one";
        one.url = "rtmp://127.0.0.1/live";
        one.key = KeyText{Secret("word")};
        config.destinations = {one};
    }
    ~Scene() {
        if (!thread.joinable()) return;
        worker->stop();
        thread.join();
    }
    void start() {
        worker.emplace(
            registry, log, first_record(), loop,
            Worker::Means{
                [this] { return config; }, ingest.opener(), destination.opener(),
                [](const std::string& url) { return worker_kind(url) == WorkerKind::rtmp; }});
        thread = std::thread([this] { left = worker->run(); });
    }
    /// Waits until the record is as wanted.
    bool wait(const std::function<bool(const Record&)>& is_so) const {
        return wait_until(Deadline::after(5s), [&] {
            const auto record = registry.last_record("one");
            return record && is_so(*record);
        });
    }
    bool wait(State state) const {
        return wait([&](const Record& record) { return record.state == state; });
    }
    /// Stops it; returns how long that took.
    Milliseconds stop() {
        const auto asked = SteadyClock::now();
        worker->stop();
        thread.join();
        CHECK(left == Worker::Left::stopped);
        worker.reset();
        CHECK(wait(State::stopped));
        return std::chrono::duration_cast<Milliseconds>(SteadyClock::now() - asked);
    }
    void publish() {
        ingest.then([this] { ingest.arrive(begin); });
    }
    /// The destination ends the session that is connecting.
    void end(EndCode code) {
        ingest.until([this] { return destination.open == 1; });
        ingest.then([this, code] { destination.end = SessionEnd{code, "no"}; });
    }
};

}  // namespace

TEST_CASE("worker: waits with a reason, and a stop ends the wait at once") {
    Scene scene;
    scene.ingest.has_no_publisher = true;
    scene.start();
    CHECK(scene.wait([](const Record& record) {
        return record.state == State::waiting && record.reason &&
               record.reason->code == "no_publisher";
    }));
    CHECK(scene.stop() < 500ms);
    CHECK(scene.destination.requests.empty());
    CHECK(scene.ingest.open == 0);
}

TEST_CASE("worker: goes live with the key, and a stop says goodbye") {
    Scene scene;
    scene.publish();
    scene.start();
    CHECK(scene.wait(State::live));
    CHECK(scene.stop() < 500ms);
    REQUIRE(scene.destination.requests.size() == 1);
    CHECK(scene.destination.requests[0].key.reveal() == "word");
    CHECK(scene.destination.goodbyes == 1);
    CHECK(scene.destination.written.size() == 5);
    CHECK(scene.ingest.open == 0);
    CHECK(scene.destination.open == 0);
    CHECK(scene.folder.read("one.log").find("word") == std::string::npos);
}

TEST_CASE("worker: a stop while it connects, and one while it holds, are obeyed at once") {
    for (const State state : {State::connecting, State::holding}) {
        CAPTURE(state_name(state));
        Scene scene;
        scene.destination.accepts = state == State::holding;
        scene.publish();
        if (state == State::holding) {
            scene.ingest.until([&] { return scene.destination.written.size() == 5; });
            scene.ingest.then(
                [&] { scene.ingest.arriving.emplace_back(TagSource::PublisherLeft{}); });
        }
        scene.start();
        CHECK(scene.wait(state));
        CHECK(scene.stop() < 500ms);
        CHECK(scene.destination.goodbyes == 1);
    }
}

TEST_CASE(
    "worker: in backoff the ingest is let go, a nudge tries now, and a stop ends it at once") {
    Scene scene;
    scene.destination.accepts = false;
    for (int i = 0; i < 2; ++i) {
        scene.publish();
        scene.end(EndCode::connection_refused);
    }
    scene.start();
    REQUIRE(scene.wait(State::backoff));
    CHECK(scene.ingest.open == 0);
    CHECK(scene.registry.last_record("one")->next_retry);
    scene.worker->nudge();
    CHECK(scene.wait([](const Record& record) {
        return record.state == State::backoff && record.attempts == 2;
    }));
    CHECK(scene.stop() < 500ms);
    CHECK(scene.destination.requests.size() == 2);
    CHECK(scene.ingest.opened == 2);
}

TEST_CASE("worker: what only the user can mend waits for a nudge") {
    Scene scene;
    scene.destination.accepts = false;
    scene.publish();
    scene.end(EndCode::not_supported);
    scene.ingest.then([&] { scene.destination.accepts = true; });
    scene.publish();
    scene.start();
    REQUIRE(scene.wait(State::rejected));
    CHECK_FALSE(scene.registry.last_record("one")->next_retry);
    scene.worker->nudge();
    CHECK(scene.wait(State::live));
    CHECK(scene.stop() < 500ms);
}

TEST_CASE("worker: a publisher that comes back with other tracks begins one more session") {
    Scene scene;
    scene.config.destinations[0].on_track_change = OnTrackChange::reconnect;
    scene.publish();
    scene.ingest.until([&] { return scene.destination.written.size() == 5; });
    scene.ingest.then([&] { scene.ingest.arriving.emplace_back(TagSource::PublisherLeft{}); });
    const Tag header = tag(TagType::video, 0, {0x17, 0, 9, 9, 9});
    scene.ingest.then([&] { scene.ingest.arrive({header, aac_header(), keyframe(5), audio(6)}); });
    scene.start();
    CHECK(scene.wait([](const Record& record) {
        return record.state == State::live && record.reconnects == 1;
    }));
    CHECK(scene.stop() < 500ms);
    REQUIRE(scene.destination.requests.size() == 2);
    CHECK(scene.destination.requests[1].prefix.front().payload == header.payload);
    CHECK(scene.destination.goodbyes == 2);
    CHECK(scene.ingest.opened == 1);
    CHECK(scene.ingest.open == 0);
}

TEST_CASE("worker: a change of the header begins one more session, with its first keyframe") {
    Scene scene;
    scene.config.destinations[0].on_track_change = OnTrackChange::reconnect;
    const Tag header = tag(TagType::video, 1500, {0x17, 0, 9, 9, 9});
    const Tag key = tag(TagType::video, 1650, {0x17, 1, 0, 0, 0, 77});
    scene.ingest.then([&] {  // pictures only
        scene.ingest.arrive({metadata(), avc_header(), keyframe(1000)});
    });
    scene.config.ingest.probe_duration = 100ms;
    scene.ingest.until([&, since = SteadyTime()]() mutable {
        if (since == SteadyTime()) since = SteadyClock::now();
        return SteadyClock::now() - since > 150ms;
    });
    scene.ingest.then([&] { scene.ingest.arrive({keyframe(1400)}); });
    scene.ingest.until([&] { return scene.destination.written.size() == 3; });
    scene.ingest.then([&] {
        scene.ingest.arrive({inter(1440), header, inter(1600), key, inter(1680)});
    });
    scene.ingest.until([&] { return scene.destination.written.size() == 9; });
    scene.start();
    CHECK(scene.wait([](const Record& record) {
        return record.state == State::live && record.reconnects == 1;
    }));
    CHECK(scene.wait([&](const Record&) { return scene.ingest.acts.empty(); }));
    CHECK(scene.stop() < 500ms);
    REQUIRE(scene.destination.requests.size() == 2);
    const auto& prefix = scene.destination.requests[1].prefix;
    REQUIRE(prefix.size() == 3);
    CHECK(prefix[1].payload == header.payload);
    CHECK(prefix[2].payload == key.payload);
    CHECK(scene.destination.times() == std::vector<std::uint32_t>{0, 0, 0, 40, 200, 0, 0, 0, 30});
    CHECK(scene.destination.goodbyes == 2);
}

TEST_CASE("worker: after a failure it does not wait for the sound of one who sends none") {
    Scene scene;
    scene.config.ingest.probe_duration = 1min;
    scene.config.ingest.probe_bytes = 200;
    const std::vector<Tag> pictures = {metadata(), avc_header(), keyframe(1000)};
    scene.ingest.then([&] {
        scene.ingest.arrive({metadata(), avc_header(),
                             tag(TagType::video, 0, std::vector<std::uint8_t>(300, 0x27)),
                             keyframe(1000)});
    });
    scene.ingest.until([&] { return scene.destination.written.size() == 3; });
    scene.ingest.then([&] { scene.destination.end = SessionEnd{EndCode::closed}; });
    scene.ingest.until([&] { return scene.ingest.opened == 2; });
    scene.ingest.then([&] { scene.ingest.arrive(pictures); });
    scene.start();
    CHECK(scene.wait([](const Record& record) {
        return record.state == State::live && record.reconnects == 1;
    }));
    CHECK(scene.stop() < 500ms);
}

TEST_CASE("worker: a destination that is for another program now is left to it") {
    Scene scene;
    scene.destination.accepts = false;
    scene.publish();
    scene.ingest.until([&] { return scene.destination.open == 1; });
    scene.ingest.then([&] { scene.config.destinations[0].url = "srt://127.0.0.1:9000"; });
    scene.end(EndCode::connection_refused);
    scene.start();
    REQUIRE(scene.wait(State::backoff));
    scene.worker->nudge();
    scene.thread.join();
    CHECK(scene.left == Worker::Left::to_other_worker);
    CHECK(scene.destination.requests.size() == 1);
    scene.worker.reset();
    CHECK(scene.registry.last_record("one")->state == State::waiting);  // it goes on
}

TEST_CASE("worker: a configuration that is broken from the begin on is told, not carried") {
    Scene scene;
    scene.worker.emplace(
        scene.registry, scene.log, first_record(), scene.loop,
        Worker::Means{[]() -> Config { throw Error(ErrorKind::config, "a.toml:1:1: no"); },
                      scene.ingest.opener(), scene.destination.opener(),
                      [](const std::string&) { return true; }});
    scene.thread = std::thread([&] { scene.left = scene.worker->run(); });
    CHECK(scene.wait([](const Record& record) {
        return record.state == State::rejected && record.reason->code == "config_invalid";
    }));
    CHECK(scene.stop() < 500ms);
    CHECK(scene.ingest.opened == 0);
}

TEST_CASE("worker: each URL has its program") {
    CHECK(worker_kind("rtmp://h/a") == WorkerKind::rtmp);
    CHECK(worker_kind("RTMPS://h/a") == WorkerKind::rtmp);
    CHECK(worker_kind("srt://h:9000") == WorkerKind::av);
    CHECK(worker_kind("file:/tmp/a.mkv") == WorkerKind::av);
    CHECK(worker_kind("") == WorkerKind::rtmp);
    CHECK(worker_kind("nonsense") == WorkerKind::rtmp);
    CHECK(worker_program(WorkerKind::rtmp) == "restream-relay-rtmp");
    CHECK(worker_program(WorkerKind::av) == "restream-relay-av");
}
