// A full disk under the state folder. In a suite of its own: it gives this program a mount table of
// its own.
#include <doctest/doctest.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "process/patience.hpp"
#include "process/scene.hpp"

namespace restream::test {

namespace fs = std::filesystem;
using nlohmann::json;
using std::chrono::seconds;

TEST_SUITE_BEGIN("full_disk");

namespace {

/// Mounts made from here on are seen by this program and its children alone, and gone with them.
bool take_own_mounts() {
    const unsigned user = ::geteuid();
    const unsigned group = ::getegid();
    if (::unshare(user == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
    if (user != 0) {
        std::ofstream("/proc/self/setgroups") << "deny";
        // As the same user: as root, nginx would want to change to another one, which is not there.
        std::ofstream("/proc/self/uid_map") << user << " " << user << " 1";
        std::ofstream("/proc/self/gid_map") << group << " " << group << " 1";
    }
    return ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

/// A small file system over a folder.
class SmallDisk {
  public:
    explicit SmallDisk(fs::path folder) : folder_(std::move(folder)) {
        is_mounted_ = ::mount("tmpfs", folder_.c_str(), "tmpfs", 0, "size=512k,mode=0700") == 0;
    }
    ~SmallDisk() {
        if (is_mounted_) ::umount2(folder_.c_str(), MNT_DETACH);
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;
    bool is_mounted() const { return is_mounted_; }
    void fill() const {
        std::ofstream file(folder_ / "filler", std::ios::binary | std::ios::app);
        const std::string block(512, 'x');
        while (file.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
        }
    }
    void free() const { fs::remove(folder_ / "filler"); }

  private:
    fs::path folder_;
    bool is_mounted_ = false;
};

}  // namespace

TEST_CASE(
    "full disk: a live relay goes on, commands say what is wrong, and with space everything is as "
    "before") {
    static const bool has_own_mounts = take_own_mounts();
    if (!has_own_mounts) {
        MESSAGE("SKIPPED: this user may not mount, also not in a user namespace of its own");
        return;
    }
    World world;
    SmallDisk disk(world.state());
    REQUIRE(disk.is_mounted());
    NginxServer platform;
    world.add("youtube", platform.url(), "youtube");
    world.add("twitch", platform.url(), "twitch");
    world.must({"ingest", "start"});
    Publisher publisher(world.ingest_url());
    world.must({"enable", "youtube"});
    REQUIRE(world.wait_state("youtube", "live"));
    const int worker = world.worker("youtube");

    disk.fill();
    // Records cannot be written any more; status must answer, and not with a lie about who lives.
    const Outcome status = world.run({"status", "--json"});
    CHECK_MESSAGE((status.status == 0 || status.status == 1), status.describe());
    // Doctor says that the disk is full, and advises nothing that would interrupt what is live.
    const json found = json::parse(world.run({"doctor", "--json"}).output)["findings"];
    const auto of_code = [&](const std::string& code) {
        return std::ranges::count_if(found, [&](const json& each) { return each["code"] == code; });
    };
    CHECK(of_code("state_full") == 1);
    for (const auto& each : found) {
        const std::string remedy = each["remedy"];
        CAPTURE(each.dump());
        CHECK(remedy.find("'restream ingest restart'") == std::string::npos);
        CHECK(remedy.find("'restream restart") == std::string::npos);
    }
    const Outcome enable = world.run({"enable", "twitch", "--timeout", "3s"});
    CHECK_MESSAGE(enable.status == 5, enable.describe());
    CHECK_MESSAGE(!enable.error.empty(), enable.describe());
    disk.fill();
    const auto bytes = [&] { return fs::file_size(platform.recordings("youtube").back()); };
    const auto before = bytes();
    CHECK(wait_until(Patience(seconds(10)), [&] { return bytes() > before + 100'000; }));
    CHECK_FALSE(is_gone(worker));
    CHECK(platform.begun("youtube") == 1);

    disk.free();
    // The record is written again.
    const auto sent = [&] {
        const json part = world.status("youtube");
        return part["session"].is_object() ? part["session"]["bytes_sent"].get<std::int64_t>() : 0;
    };
    const auto sent_before = sent();
    CHECK(wait_until(
        Patience(seconds(10)), [&] { return sent() > sent_before; }, Milliseconds(60)));
    CHECK(world.state("youtube") == "live");
    const json after = json::parse(world.run({"doctor", "--json"}).output)["findings"];
    for (const auto& each : after) CHECK_MESSAGE(each["code"] != "state_full", each.dump());
    world.must({"enable", "twitch"});
    CHECK(platform.begun("youtube") == 1);
    world.must({"disable", "--all"});
    world.must({"stop", "--ingest"});
}

TEST_CASE("full disk: disable works although nothing can be written") {
    static const bool has_own_mounts = take_own_mounts();
    if (!has_own_mounts) return;
    World world;
    SmallDisk disk(world.state());
    REQUIRE(disk.is_mounted());
    NginxServer platform;
    world.add("youtube", platform.url(), "youtube");
    world.must({"ingest", "start"});
    Publisher publisher(world.ingest_url());
    world.must({"enable", "youtube"});
    REQUIRE(world.wait_state("youtube", "live"));
    const int guardian = world.guardian("youtube");
    disk.fill();
    const Outcome disable = world.run({"disable", "youtube"});
    CHECK_MESSAGE(is_gone(guardian), disable.describe());
    disk.free();
    CHECK(world.status("youtube")["wanted"] == false);
    world.must({"stop", "--ingest"});
}

TEST_SUITE_END();

}  // namespace restream::test
