// One bad destination harms no other: none of them loses a message or waits for one.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <fstream>
#include <nlohmann/json.hpp>

#include "process/free_port.hpp"
#include "process/raw_server.hpp"
#include "process/rtmp_tags.hpp"
#include "process/tag_publisher.hpp"
#include "process/tag_server.hpp"
#include "process/tcp_proxy.hpp"
#include "process/world.hpp"
#include "system/random.hpp"

namespace restream::test {

using nlohmann::json;
using namespace std::chrono_literals;
using Step = RtmpServer::Step;

TEST_SUITE_BEGIN("blast_doors");

namespace {

RtmpServer make_server() { return RtmpServer({.random = random_bytes(1528)}); }

/// Of the resident memory, in MiB; 0 where it is gone.
double resident_mib(int pid) {
    std::ifstream file(fmt::format("/proc/{}/statm", pid));
    long all = 0;
    long resident = 0;
    file >> all >> resident;
    return static_cast<double>(resident) * 4096 / (1024 * 1024);
}

/// A broadcast of numbered tags, and good destinations that keep all they get.
struct Broadcast {
    World world{IngestServer::embedded};
    std::deque<TagServer> good;
    std::optional<TagPublisher> publisher;

    explicit Broadcast(std::size_t destinations) : good(destinations) {
        world.must({"ingest", "start"});
        publish_numbers(publisher, world.ingest_url());
        for (std::size_t i = 0; i < good.size(); ++i) {
            world.add(fmt::format("good{}", i), good[i].url(), "k3y");
        }
        world.must({"enable", "--all"});
    }
    /// Until so much more has been published and has arrived at the good ones.
    void go_on(Milliseconds media) const {
        const std::uint32_t until =
            publisher->counted() + static_cast<std::uint32_t>(media.count()) / numbered_interval_ms;
        for (const TagServer& each : good) {
            REQUIRE(each.wait_for(
                [until](const auto& all) {
                    return !all.back().tags.empty() &&
                           number_of(all.back().tags.back()).value_or(0) >= until;
                },
                media + 20s));
        }
    }
    /// How late a message is at the good ones: of a hundred, the slowest but one, since number
    /// `from`.
    Milliseconds late(std::uint32_t from) const {
        std::vector<Milliseconds> all;
        for (const TagServer& each : good) {
            const auto session = each.sessions().back();
            for (std::size_t i = 0; i < session.tags.size(); ++i) {
                const auto number = number_of(session.tags[i]);
                if (!number || *number < from) continue;
                const auto due =
                    publisher->counts_since() + Milliseconds(*number * numbered_interval_ms);
                all.push_back(std::chrono::duration_cast<Milliseconds>(session.arrivals[i] - due));
            }
        }
        REQUIRE(all.size() > 100);
        std::ranges::sort(all);
        return all[all.size() * 99 / 100];
    }
    void check_good() const {
        for (const TagServer& each : good) {
            const auto sessions = each.sessions();
            CHECK(sessions.size() == 1);
            CHECK(numbers_of(sessions[0].tags).gaps == 0);
        }
        for (std::size_t i = 0; i < good.size(); ++i) {
            const json part = world.status(fmt::format("good{}", i));
            CHECK_MESSAGE(part["state"] == "live", part.dump());
            CHECK_MESSAGE(part["session"]["dropped_messages"] == 0, part.dump());
        }
    }
    std::string code(const std::string& name) const {
        const json part = world.status(name);
        return part["reason"].is_null() ? "" : part["reason"]["code"].get<std::string>();
    }
};

}  // namespace

TEST_CASE(
    "blast doors: six bad destinations at once, and the good ones lose and wait for nothing") {
    Broadcast broadcast(3);
    World& world = broadcast.world;
    // One beside it that has no bad destination: what is late there too, this machine is to blame
    // for.
    const Broadcast control(1);
    broadcast.go_on(1s);  // what the ingest had stored has arrived
    control.go_on(1s);

    std::atomic<bool> is_mended = false;
    const RawServer stalls([&](RawConnection& peer) {
        RtmpServer rtmp = make_server();
        if (!peer.serve_until(rtmp, Step::publishing)) return;
        if (!is_mended) peer.stall([&] { return is_mended.load(); });
        peer.drain();
    });
    const RawServer crawls([](RawConnection& peer) {
        RtmpServer rtmp = make_server();
        if (peer.serve_until(rtmp, Step::publishing))
            peer.drain_slowly(100'000 / 8, [] { return false; });
    });
    const TagServer behind;
    TcpProxy closes(behind.port());
    closes.cut_each_after(3000);
    const RawServer silent([](RawConnection& peer) { peer.drain(); });
    // Takes one session; whoever comes back within 6 s of its end hears that it is still there.
    std::atomic<bool> was_taken = false;
    std::atomic<bool> is_held = true;
    const RawServer holds([&](RawConnection& peer) {
        RtmpServer rtmp = make_server();
        if (was_taken && is_held) {
            if (peer.refuse_publisher(rtmp, "NetStream.Publish.BadName")) peer.drain();
            return;
        }
        if (!peer.serve_until(rtmp, Step::publishing)) return;
        if (was_taken.exchange(true)) {
            peer.drain();
        } else {
            // What it sends says that it has heard it is accepted: what is reset is lost.
            peer.take_next();
            peer.reset();
        }
    });
    world.add("stalls", stalls.url(), "k3y");
    world.add("crawls", crawls.url(), "k3y");
    world.add("closes", fmt::format("rtmp://127.0.0.1:{}/live", closes.port()), "k3y");
    world.add("refuses", fmt::format("rtmp://127.0.0.1:{}/live", free_port()), "k3y");
    world.add("silent", silent.url(), "k3y");
    world.add("holds", holds.url(), "k3y");

    const std::uint32_t from = broadcast.publisher->counted();
    const std::uint32_t control_from = control.publisher->counted();
    (void)world.run(
        {"enable", "stalls", "crawls", "closes", "refuses", "silent", "holds", "--timeout", "2s"});
    const double slim = resident_mib(world.worker("crawls"));
    CHECK(world.wait_status(
        "stalls",
        [](const json& part) {
            return !part["reason"].is_null() && part["reason"]["code"] == "stalled";
        },
        40s));
    CHECK(world.wait_status(
        "crawls",
        [](const json& part) {
            return !part["session"].is_null() && part["session"]["dropped_messages"] > 0;
        },
        40s));
    CHECK(resident_mib(world.worker("crawls")) < slim + 48);
    CHECK(closes.accepted() >= 3);
    CHECK(broadcast.code("refuses") == "connection_refused");
    CHECK(world.wait_status("silent", [](const json& part) {
        return !part["reason"].is_null() && part["reason"]["code"] == "handshake_timed_out";
    }));
    CHECK(world.wait_status("holds", [](const json& part) {
        return !part["reason"].is_null() && part["reason"]["code"] == "session_held";
    }));

    const Milliseconds late = broadcast.late(from);
    const Milliseconds control_late = control.late(control_from);
    MESSAGE("a message is late by " << late.count() << " ms (p99) beside six bad destinations, by "
                                    << control_late.count() << " ms in a broadcast without them");
    // Its ingest server has ten relays to send to, not one: that much, and no stall of the others.
    CHECK(late < control_late + 100ms);
    broadcast.check_good();

    // Each is live again by itself once it is good.
    is_mended = true;
    is_held = false;
    closes.cut_each_after(0);
    closes.cut();
    for (const std::string name : {"stalls", "closes", "holds"}) {
        CAPTURE(name);
        CHECK_MESSAGE(world.wait_state(name, "live", 60s), world.status(name).dump());
    }
    broadcast.check_good();
}

TEST_CASE("blast doors: ten that lost the uplink together come back soon, and not in one burst") {
    World world(IngestServer::embedded);
    world.must({"ingest", "start"});
    TagPublisher publisher(world.ingest_url());
    REQUIRE(publisher.wait_accepted());
    publisher.begin_counting();
    const TagServer platform;
    TcpProxy uplink(platform.port());
    constexpr int count = 10;
    const auto name = [](int i) { return fmt::format("d{}", i); };
    for (int i = 0; i < count; ++i) {
        world.add(name(i), fmt::format("rtmp://127.0.0.1:{}/live", uplink.port()), name(i));
    }
    world.must({"enable", "--all"});
    for (int i = 0; i < count; ++i) {
        REQUIRE(
            world.wait_status(name(i), [](const json& part) { return part["confirmed"] == true; }));
    }
    uplink.set_mode(TcpProxy::Mode::refuse);
    uplink.cut();
    // Nobody gets through for five seconds, by the clock on the wall, by which the relays wait
    // longer after each try.
    CHECK_FALSE(wait_until(
        Deadline::after(5s), [&] { return platform.sessions().size() > count; }, 100ms));
    const SteadyTime back = SteadyClock::now();
    uplink.set_mode(TcpProxy::Mode::pass);
    REQUIRE(platform.wait_for(
        [&](const auto& all) {
            return all.size() == 2 * count &&
                   std::ranges::all_of(all, [](const auto& each) { return !each.tags.empty(); });
        },
        30s));
    std::vector<SteadyTime> begins;
    for (const auto& each : platform.sessions()) {
        if (each.arrivals.front() > back) begins.push_back(each.arrivals.front());
    }
    REQUIRE(begins.size() == count);
    std::ranges::sort(begins);
    int most = 0;
    for (std::size_t i = 0; i < begins.size(); ++i) {
        const auto end = std::ranges::lower_bound(begins, begins[i] + 100ms);
        most = std::max(most, static_cast<int>(end - begins.begin()) - static_cast<int>(i));
    }
    MESSAGE("back after " << std::chrono::duration_cast<Milliseconds>(begins.front() - back).count()
                          << " to "
                          << std::chrono::duration_cast<Milliseconds>(begins.back() - back).count()
                          << " ms, " << most << " within 100 ms at most");
    CHECK(begins.back() - back < 30s);
    CHECK(most <= count / 2);
    for (int i = 0; i < count; ++i) CHECK(world.wait_state(name(i), "live"));
}

TEST_SUITE_END();

}  // namespace restream::test
