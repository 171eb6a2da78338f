// What became of a relay that was asked to go live: when it is known, and which exit status it is.
#include "relay/outcome.hpp"

#include <doctest/doctest.h>

#include "state/lock.hpp"
#include "state/session_end.hpp"
#include "temporary_folder.hpp"

using namespace restream;
using restream::tests::TemporaryFolder;

namespace {

/// A relay that lives, and says what the test has it say.
struct Scene {
    TemporaryFolder folder;
    Registry registry{Layout(folder.path() / "state")};
    std::optional<FileLock> lock;
    Record record;

    Scene() {
        registry.prepare();
        registry.set_wanted("one", true);
        lock = FileLock::try_acquire(registry.layout().relay_lock("one"));
        REQUIRE(lock);
        record.name = "one";
        record.guardian = this_process();
        record.settled = true;
    }
    void become(State state, std::optional<EndCode> why = {}) {
        record.state = state;
        record.reason.reset();
        if (why) record.reason = to_reason({*why}, "one");
        REQUIRE_FALSE(registry.publish(record));
    }
    std::optional<Outcome::Kind> known(const Expectation& expected) const {
        const auto outcome = known_outcome(registry, "one", expected);
        return outcome ? std::optional(outcome->kind) : std::nullopt;
    }
    int final_status(const Expectation& expected) const {
        return exit_status(final_outcome(registry, "one", expected), expected);
    }
};

using Kind = Outcome::Kind;

const Expectation anything{0, true, false};
const Expectation live_only{0, true, true};

}  // namespace

TEST_CASE("outcome: who waits for live is not content with a destination that only holds") {
    Scene scene;
    scene.become(State::holding, EndCode::ingest_gone);
    CHECK(scene.known(anything) == Kind::holding);
    CHECK(scene.final_status(anything) == 0);
    CHECK_FALSE(scene.known(live_only));
    CHECK(scene.final_status(live_only) == 1);
    CHECK(final_outcome(scene.registry, "one", live_only).kind == Kind::holding);
    scene.become(State::live);
    CHECK(scene.known(live_only) == Kind::live);
    CHECK(scene.final_status(live_only) == 0);
}

TEST_CASE("outcome: who waits for live waits for the publisher, too") {
    Scene scene;
    scene.become(State::waiting, EndCode::no_publisher);
    CHECK(scene.known(anything) == Kind::waiting);
    CHECK_FALSE(scene.known(live_only));
    CHECK(scene.final_status(live_only) == 1);
}

TEST_CASE("outcome: a failure that is shown while it tries again is no wait for the ingest") {
    Scene scene;
    scene.record.failure = to_reason({EndCode::connection_refused, "1.2.3.4:1935"}, "one");
    scene.become(State::waiting);
    CHECK_FALSE(scene.known(anything));
    CHECK(scene.final_status(anything) == 5);
    scene.become(State::connecting);
    CHECK_FALSE(scene.known(anything));
    const auto outcome = final_outcome(scene.registry, "one", anything);
    CHECK(outcome.kind == Kind::connecting);
    CHECK(describe(outcome).find("the server refused the connection (1.2.3.4:1935)") !=
          std::string::npos);
    scene.become(State::waiting, EndCode::no_publisher);
    CHECK(scene.known(anything) == Kind::waiting);
}

TEST_CASE("outcome: a key that another session uses is reported at once") {
    Scene scene;
    scene.record.attempts = 1;
    scene.become(State::backoff, EndCode::already_published);
    CHECK(scene.known(anything) == Kind::refused);
    CHECK(scene.final_status(anything) == 5);
    scene.become(State::backoff, EndCode::session_held);
    CHECK_FALSE(scene.known(anything));  // the server lets go of it by itself
}
