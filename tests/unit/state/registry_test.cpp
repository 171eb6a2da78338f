// The registry: what it makes of files that are not there.
#include "state/registry.hpp"

#include <doctest/doctest.h>

#include "state/lock.hpp"
#include "system/process.hpp"
#include "temporary_folder.hpp"

namespace fs = std::filesystem;
using namespace restream;
using restream::tests::TemporaryFolder;

namespace {

struct Scene {
    TemporaryFolder folder;
    Registry registry{Layout(folder.path() / "state")};

    void make_lock(const std::string& name) const {
        REQUIRE(FileLock::try_acquire(registry.layout().relay_lock(name)));
    }
    void publish(const std::string& name) const {
        Record record;
        record.name = name;
        record.guardian = this_process();
        REQUIRE_FALSE(registry.publish(record));
    }
    /// As it is when nothing was made anew for a while.
    void age(const fs::path& path) const {
        fs::last_write_time(path, fs::file_time_type::clock::now() - 2 * lock_return);
    }
};

}  // namespace

TEST_CASE("registry: a lock file that is missing may have been deleted a moment ago, or not") {
    Scene scene;
    const Layout& layout = scene.registry.layout();
    CHECK(scene.registry.may_have_lost_lock("one"));  // there is not even a folder
    scene.registry.prepare();
    CHECK(scene.registry.may_have_lost_lock("one"));  // somebody has just made it
    scene.age(layout.relay_directory());
    CHECK_FALSE(scene.registry.may_have_lost_lock("one"));

    scene.make_lock("two");
    CHECK(scene.registry.may_have_lost_lock("one"));  // another's is new
    CHECK_FALSE(scene.registry.may_have_lost_lock("two"));
    scene.age(layout.relay_lock("two"));
    CHECK_FALSE(scene.registry.may_have_lost_lock("one"));  // it never was started

    scene.publish("two");
    CHECK_FALSE(scene.registry.may_have_lost_lock("one"));
    scene.publish("three");  // by a worker whose guardian has not looked yet
    CHECK(scene.registry.may_have_lost_lock("one"));
    CHECK(scene.registry.may_have_lost_lock("three"));
}
