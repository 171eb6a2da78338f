// What enable says when it cannot be live, and how waiting ends.
#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "process/free_port.hpp"
#include "process/patience.hpp"
#include "process/raw_server.hpp"
#include "process/scene.hpp"
#include "process/tcp_proxy.hpp"
#include "system/random.hpp"

namespace restream::test {

using nlohmann::json;
using std::chrono::seconds;

TEST_SUITE_BEGIN("refusal");

namespace {

bool says(const Outcome& outcome, const std::string& words) {
    return outcome.error.find(words) != std::string::npos ||
           outcome.output.find(words) != std::string::npos;
}

std::string through(const TcpProxy& line) {
    return "rtmp://127.0.0.1:" + std::to_string(line.port()) + "/live";
}

}  // namespace

TEST_CASE(
    "enable: a refused stream key is exit 5 with the reason and the remedy, and stays wanted") {
    Scene scene;
    NginxServer refusing(Door::refusing);
    scene.world.add("youtube", refusing.url(), "word");
    scene.publish();
    const Outcome enable = scene.world.run({"enable", "youtube"});
    CHECK_MESSAGE(enable.status == 5, enable.describe());
    CHECK_MESSAGE(says(enable, "restream key youtube"), enable.describe());
    CHECK_MESSAGE(!says(enable, "word"), enable.describe());
    CHECK(enable.counted < seconds(12));
    const json part = scene.world.status("youtube");
    CHECK(part["wanted"] == true);
    CHECK_MESSAGE(part["state"] == "rejected", part.dump());
    CHECK_MESSAGE(part["reason"]["code"] == "publish_refused", part.dump());
    CHECK_MESSAGE(part["reason"]["remedy"].get<std::string>().find("restream key youtube") !=
                      std::string::npos,
                  part.dump());
    // Not tried again by itself at once, but enable tries now.
    CHECK(refusing.asked() == 1);
    CHECK(scene.world.run({"enable", "youtube"}).status == 5);
    CHECK(refusing.asked() == 2);
}

TEST_CASE("enable: a key that somebody else publishes with is no bad key, and is tried again") {
    Scene scene;
    scene.add("youtube");
    scene.publish();
    Publisher other(scene.platform.url("youtube"));
    REQUIRE(wait_until(Patience(seconds(10)),
                       [&] { return scene.platform.begun("youtube") == 1; }));
    const Outcome enable = scene.world.run({"enable", "youtube"});
    CHECK_MESSAGE(enable.status == 5, enable.describe());
    const json part = scene.world.status("youtube");
    CHECK_MESSAGE(part["reason"]["code"] == "already_published", part.dump());
    CHECK_MESSAGE(part["state"] == "backoff", part.dump());  // the other one may stop
    CHECK_MESSAGE(says(enable, "another encoder"), enable.describe());
    CHECK_FALSE(says(enable, "restream key"));
    other.stop();
    const Outcome again = scene.world.run({"enable", "youtube"});
    CHECK_MESSAGE(again.status == 0, again.describe());
    CHECK(scene.world.state("youtube") == "live");
}

TEST_CASE(
    "enable: a destination where nobody listens is exit 5, stays wanted, and comes up by itself") {
    Scene scene;
    TcpProxy line(scene.platform.port());
    line.set_mode(TcpProxy::Mode::refuse);
    scene.world.add("youtube", through(line), "youtube");
    scene.publish();
    const Outcome enable = scene.world.run({"enable", "youtube"});
    CHECK_MESSAGE(enable.status == 5, enable.describe());
    // Between two tries: while it tries again there is no reason.
    CHECK(scene.world.wait_status("youtube", [](const json& part) {
        return part["state"] == "backoff" && part["wanted"] == true &&
               part["reason"]["code"] == "connection_refused";
    }));
    line.set_mode(TcpProxy::Mode::pass);
    CHECK(scene.world.wait_state("youtube", "live"));
    check_whole(scene.finish("youtube"));
}

TEST_CASE("enable: in backoff it tries now") {
    Scene scene;
    TcpProxy line(scene.platform.port());
    line.set_mode(TcpProxy::Mode::refuse);
    scene.world.add("youtube", through(line), "youtube");
    scene.publish();
    CHECK(scene.world.run({"enable", "youtube"}).status == 5);
    // Until the wait is long enough that only a nudge can end it soon.
    REQUIRE(scene.world.wait_status(
        "youtube",
        [](const json& part) {
            return part["state"] == "backoff" && part["next_retry_in_s"].is_number() &&
                   part["next_retry_in_s"].get<double>() > 2.0;
        },
        seconds(30)));
    line.set_mode(TcpProxy::Mode::pass);
    const Outcome enable = scene.world.run({"enable", "youtube"});
    CHECK_MESSAGE(enable.status == 0, enable.describe());
    CHECK(scene.world.state("youtube") == "live");
}

TEST_CASE(
    "enable --timeout: a destination that never answers is exit 5 in time, and goes on trying") {
    Scene scene;
    TcpProxy line(scene.platform.port());
    line.set_mode(TcpProxy::Mode::stall);
    scene.world.add("youtube", through(line), "youtube");
    scene.publish();
    const Outcome enable = scene.world.run({"enable", "youtube", "--timeout", "4s"});
    CHECK_MESSAGE(enable.status == 5, enable.describe());
    CHECK_MESSAGE(enable.elapsed > seconds(3), enable.describe());
    CHECK_MESSAGE(enable.counted < seconds(7), enable.describe());
    const json part = scene.world.status("youtube");
    CHECK(part["wanted"] == true);
    CHECK_MESSAGE(part["state"] == "connecting", part.dump());
    const Outcome disable = scene.world.run({"disable", "youtube"});
    CHECK_MESSAGE(disable.status == 0, disable.describe());
    CHECK(disable.counted < seconds(5));
}

TEST_CASE("enable --wait-live: without a publisher it is exit 1 when the time runs out") {
    Scene scene;
    scene.add("youtube");
    const Outcome enable = scene.world.run({"enable", "youtube", "--wait-live", "--timeout", "3s"});
    CHECK_MESSAGE(enable.status == 1, enable.describe());
    CHECK(enable.elapsed > Milliseconds(2500));
    CHECK(enable.counted < seconds(7));
    CHECK(scene.world.state("youtube") == "waiting");
}

TEST_CASE("disable: ends an enable that waits, which says that it was cancelled") {
    Scene scene;
    scene.add("youtube");
    CommandRun enable = scene.world.start({"enable", "youtube", "--wait-live", "--timeout", "30s"});
    REQUIRE(scene.world.wait_state("youtube", "waiting"));
    const Outcome disable = scene.world.run({"disable", "youtube"});
    CHECK_MESSAGE(disable.status == 0, disable.describe());
    const Outcome outcome = enable.wait(seconds(5));
    CHECK_MESSAGE(outcome.status == 1, outcome.describe());
    CHECK_MESSAGE(!outcome.error.empty(), outcome.describe());
    CHECK(scene.world.status("youtube")["wanted"] == false);
}

TEST_CASE("disable: ends an enable whose destination does not answer") {
    Scene scene;
    TcpProxy line(scene.platform.port());
    line.set_mode(TcpProxy::Mode::stall);
    scene.world.add("youtube", through(line), "youtube");
    scene.publish();
    CommandRun enable = scene.world.start({"enable", "youtube", "--timeout", "30s"});
    REQUIRE(scene.world.wait_state("youtube", "connecting"));
    const Outcome disable = scene.world.run({"disable", "youtube"});
    CHECK_MESSAGE(disable.status == 0, disable.describe());
    CHECK(disable.counted < seconds(5));
    CHECK(enable.wait(seconds(5)).status == 1);
}

TEST_CASE("enable: Ctrl-C ends the waiting at once; the relay goes on, wanted as it is") {
    Scene scene;
    scene.add("youtube");
    CommandRun enable = scene.world.start({"enable", "youtube", "--wait-live", "--timeout", "30s"});
    REQUIRE(scene.world.wait_state("youtube", "waiting"));
    enable.interrupt();
    const Outcome outcome = enable.wait(seconds(3));
    constexpr int killed_by_interrupt = 256 + 2;
    CHECK_MESSAGE(
        (outcome.status == 1 || outcome.status == 130 || outcome.status == killed_by_interrupt),
        outcome.describe());
    CHECK(scene.world.state("youtube") == "waiting");
    scene.publish();
    CHECK(scene.world.wait_state("youtube", "live"));
}

TEST_CASE(
    "disable: returns when the processes are gone and the lock is free, after a clean goodbye") {
    Scene scene;
    scene.add("youtube");
    scene.publish();
    scene.world.must({"enable", "youtube"});
    REQUIRE(scene.wait_flow("youtube"));
    const int guardian = scene.world.guardian("youtube");
    const int worker = scene.world.worker("youtube");
    REQUIRE_FALSE(is_gone(guardian));
    REQUIRE_FALSE(is_gone(worker));
    const Outcome disable = scene.world.must({"disable", "youtube"});
    CHECK(is_gone(guardian));
    CHECK(is_gone(worker));
    CHECK_FALSE(scene.world.is_lock_held("youtube"));
    CHECK(disable.counted < seconds(5));
    const json part = scene.world.status("youtube");
    CHECK(part["state"] == "stopped");
    CHECK(part["wanted"] == false);
    CHECK(scene.platform.ended("youtube") == 1);
    CHECK_MESSAGE(scene.platform.goodbyes() == 1, scene.platform.log());
}

namespace {

/// A platform that breaks its first session on demand, and then refuses its key for as long as it
/// holds the dead one.
class HoldingServer {
  public:
    std::string url() const { return server_.url(); }
    int begun() const { return begun_; }
    int refused() const { return refused_; }
    void break_and_hold() { is_holding_ = true; }
    void let_go() { is_holding_ = false; }

  private:
    void serve(RawConnection& peer) {
        RtmpServer rtmp({.random = random_bytes(1528)});
        if (is_holding_) {
            ++refused_;
            if (peer.refuse_publisher(rtmp, "NetStream.Publish.BadName")) peer.drain();
            return;
        }
        if (!peer.serve_until(rtmp, RtmpServer::Step::publishing)) return;
        ++begun_;
        peer.drain_until([this] { return is_holding_.load(); });
        if (is_holding_) peer.reset();
    }
    std::atomic<bool> is_holding_ = false;
    std::atomic<int> begun_ = 0;
    std::atomic<int> refused_ = 0;
    RawServer server_{[this](RawConnection& peer) { serve(peer); }};
};

}  // namespace

TEST_CASE("a platform that holds a dead session is waited for, and never taken to refuse the key") {
    const char* const wanted = std::getenv("RESTREAM_TEST_DEAD_SESSION_S");
    const seconds held(wanted == nullptr ? 6 : std::atoi(wanted));
    Scene scene(IngestServer::embedded);
    HoldingServer platform;
    scene.world.add("kick", platform.url(), "word");
    scene.publish();
    scene.world.must({"enable", "kick"});
    REQUIRE(scene.wait_flow("kick"));
    const SteadyTime broken = SteadyClock::now();
    platform.break_and_hold();
    const auto is_held = [](const json& part) {
        return part["reason"].is_object() && part["reason"]["code"] == "session_held";
    };
    REQUIRE(scene.world.wait_status("kick", is_held, seconds(10)));
    const bool gave_up = wait_until(
        Deadline(broken + held),
        [&] {
            const json part = scene.world.status("kick");
            const bool has_word = part["reason"].is_object() && !is_held(part);
            return part["state"] == "rejected" || part["state"] == "live" || has_word;
        },
        Milliseconds(100));
    CHECK_MESSAGE(!gave_up, scene.world.status("kick").dump());
    const int tries = platform.refused();
    const SteadyTime released = SteadyClock::now();
    platform.let_go();
    // A key is taken for refused 90 s after the session broke: the last try comes then.
    CHECK(scene.world.wait_state("kick", "live", seconds(95) - held));
    MESSAGE("held for "
            << held.count() << " s, refused " << tries << " times, live "
            << std::chrono::duration_cast<Milliseconds>(SteadyClock::now() - released).count()
            << " ms after it was let go");
    CHECK(platform.begun() == 2);
    scene.world.must({"disable", "kick"});
}

TEST_CASE("a destination that stalls or breaks does not harm another") {
    Scene scene;
    TcpProxy line(scene.platform.port());
    scene.world.add("weak", through(line), "weak");
    scene.add("good");
    scene.publish(Footage::heavy);
    scene.world.must({"enable", "--all"});
    line.set_mode(TcpProxy::Mode::stall);
    REQUIRE(scene.world.wait_status(
        "weak", [](const json& part) { return part["state"] != "live"; }, seconds(40)));
    line.set_mode(TcpProxy::Mode::pass);
    CHECK(scene.world.wait_state("weak", "live", seconds(30)));
    line.cut();
    CHECK(wait_until(Patience(seconds(15)),
                     [&] { return scene.platform.begun("weak") >= 3; }));
    CHECK(scene.world.wait_state("weak", "live"));
    CHECK(scene.platform.begun("good") == 1);
    check_whole(scene.finish("good"));
}

TEST_SUITE_END();

}  // namespace restream::test
