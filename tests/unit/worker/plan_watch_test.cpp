// Whether a running session's configuration has changed.
#include "worker/plan_watch.hpp"

#include <doctest/doctest.h>

#include "temporary_folder.hpp"

using namespace restream;
using restream::tests::TemporaryFolder;

namespace {

/// A configuration of the test's, and files whose only meaning is that they have changed.
struct Scene {
    TemporaryFolder folder;
    Plan plan;
    bool is_broken = false;
    int reads = 0;
    PlanWatch watch{[this]() -> std::optional<Plan> {
        ++reads;
        if (is_broken) return std::nullopt;
        return plan;
    }};

    Scene() {
        plan.config.directory = folder.path();
        plan.destination.name = "one";
        plan.destination.url = "rtmp://live.example/app";
        plan.destination.origin = folder.write("destinations.d/one.toml", "x");
        plan.destination.key = KeyText{Secret("k-1")};
        plan.key = Secret("k-1");
        watch.use(plan);
        CHECK_FALSE(watch.has_changed());
    }
    /// A file is written anew, longer than it was.
    void touch() { folder.write("destinations.d/one.toml", std::string(++length, 'x')); }
    std::size_t length = 1;
};

}  // namespace

TEST_CASE("plan watch: files that stay are not read again") {
    Scene scene;
    const int before = scene.reads;
    for (int i = 0; i < 5; ++i) CHECK_FALSE(scene.watch.has_changed());
    CHECK(scene.reads == before);
    scene.touch();
    CHECK_FALSE(scene.watch.has_changed());  // a comment, say
    CHECK(scene.reads == before + 1);
}

TEST_CASE("plan watch: another key or setting is seen, and so is that it is as before again") {
    const std::pair<const char*, void (*)(Plan&)> changes[] = {
        {"key", [](Plan& plan) { plan.key = Secret("k-2"); }},
        {"url", [](Plan& plan) { plan.destination.url += "2"; }},
        {"hold", [](Plan& plan) { plan.destination.hold += std::chrono::seconds(1); }},
        {"on_ingest_loss",
         [](Plan& plan) { plan.destination.on_ingest_loss = OnIngestLoss::close; }},
        {"slate", [](Plan& plan) { plan.destination.slate.picture = "/x.png"; }},
        {"ca_file", [](Plan& plan) { plan.destination.ca_file = "/x.pem"; }},
        {"backup", [](Plan& plan) { plan.destination.backup = Backup::both; }},
        {"on_state",
         [](Plan& plan) {
             plan.destination.on_state.what = HookCommand{"true", "/"};
         }},
        {"ingest", [](Plan& plan) { plan.config.ingest.url += "2"; }},
    };
    for (const auto& [name, change] : changes) {
        CAPTURE(name);
        Scene scene;
        const Plan before = scene.plan;
        change(scene.plan);
        scene.touch();
        CHECK(scene.watch.has_changed());
        CHECK(scene.watch.has_changed());
        scene.plan = before;
        scene.touch();
        CHECK_FALSE(scene.watch.has_changed());
    }
}

TEST_CASE("plan watch: a configuration that breaks changes nothing of what is known") {
    Scene scene;
    scene.is_broken = true;
    scene.touch();
    CHECK_FALSE(scene.watch.has_changed());
    scene.is_broken = false;
    scene.plan.key = Secret("k-2");
    scene.touch();
    CHECK(scene.watch.has_changed());
    scene.is_broken = true;
    scene.touch();
    CHECK(scene.watch.has_changed());
    scene.watch.use(scene.plan);  // the next session
    CHECK_FALSE(scene.watch.has_changed());
}

TEST_CASE("plan watch: a key command that is the same is taken for the same key") {
    Scene scene;
    scene.plan.destination.key = KeyCommand{"pass show key"};
    scene.watch.use(scene.plan);
    scene.plan.key = Secret();  // it is not run
    CHECK_FALSE(scene.watch.has_changed());
    scene.plan.destination.key = KeyCommand{"pass show other"};
    scene.touch();
    CHECK(scene.watch.has_changed());
}

TEST_CASE("plan watch: a key file that is replaced is seen") {
    Scene scene;
    scene.plan.destination.key = KeyFile{scene.folder.write("one.key", "k-1\n")};
    scene.watch.use(scene.plan);
    CHECK_FALSE(scene.watch.has_changed());
    scene.folder.write("one.key", "k-22\n");
    scene.plan.key = Secret("k-22");
    CHECK(scene.watch.has_changed());
}
