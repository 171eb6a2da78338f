// Faults of a real network: narrow lines, lost packets, an interface that is down, firewalls that
// answer. Run by tests/scripts/in-namespaces.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "process/network_namespace.hpp"
#include "process/patience.hpp"
#include "process/rtmp_tags.hpp"
#include "process/tag_publisher.hpp"
#include "process/tag_server.hpp"
#include "process/world.hpp"

namespace restream::test {

using nlohmann::json;
using namespace std::chrono_literals;
using Fate = NetworkLab::Fate;

TEST_SUITE_BEGIN("network");

namespace {

const std::array<std::string, NetworkLab::platforms> names = {"one", "two", "three"};
const std::string key = "hushhush-key";

Milliseconds since(SteadyTime begin) {
    return std::chrono::duration_cast<Milliseconds>(SteadyClock::now() - begin);
}

std::string code_of(const json& part) {
    return part["reason"].is_null() ? "" : part["reason"]["code"].get<std::string>();
}

/// Numbered tags, 1.6 Mbit/s, on their way to three platforms.
struct Broadcast {
    NetworkLab lab;
    World world{IngestServer::embedded};
    std::deque<TagServer> platforms;
    std::optional<TagPublisher> publisher;

    Broadcast() {
        world.must({"ingest", "start"});
        publish_numbers(publisher, world.ingest_url());
        for (int i = 0; i < NetworkLab::platforms; ++i) {
            lab.at_platform(i, [&] { platforms.emplace_back(NetworkLab::platform_address(i)); });
            world.add(names[i], platforms[i].url(), key);
        }
        world.must({"enable", "--all"});
        for (int i = 0; i < NetworkLab::platforms; ++i) go_on(i, 1s);
    }
    bool wait_code(const std::string& name, const std::string& code, Milliseconds longest) const {
        return world.wait_status(
            name, [&](const json& part) { return code_of(part) == code; }, longest);
    }
    /// Until so much more has been published, and arrived at that platform.
    void go_on(int platform, Milliseconds media) {
        const std::uint32_t until =
            publisher->counted() + static_cast<std::uint32_t>(media.count()) / numbered_interval_ms;
        REQUIRE(platforms[platform].wait_for(
            [until](const auto& all) {
                return std::ranges::any_of(all, [until](const auto& each) {
                    return !each.tags.empty() && number_of(each.tags.back()).value_or(0) >= until;
                });
            },
            media + 20s));
    }
    /// Those that publish: doctor looks whether somebody is there, too.
    std::vector<TagServer::Session> sessions_at(int platform) const {
        auto all = platforms[platform].sessions();
        std::erase_if(all, [](const auto& each) { return !each.is_publishing; });
        return all;
    }
    /// One session, in which nothing is missing.
    void check_untouched(int platform) const {
        CAPTURE(names[platform]);
        const auto sessions = sessions_at(platform);
        REQUIRE(sessions.size() == 1);
        CHECK(numbers_of(sessions[0].tags).gaps == 0);
        const json part = world.status(names[platform]);
        CHECK_MESSAGE(part["state"] == "live", part.dump());
        CHECK_MESSAGE(part["reconnects"] == 0, part.dump());
        CHECK_MESSAGE(part["session"]["dropped_messages"] == 0, part.dump());
    }
    json explained() const { return json::parse(world.must({"explain", "--json"}).output); }
    /// The incident of this rule that befell exactly these, once there is one; else null.
    json wait_incident(const std::string& rule, const std::set<std::string>& affected) const {
        json found;
        wait_until(
            Patience(20s),
            [&] {
                const json document = explained();
                for (const auto& each : document["incidents"]) {
                    if (each["rule"] == rule &&
                        each["affected"].get<std::set<std::string>>() == affected)
                        found = each;
                }
                return !found.is_null();
            },
            Milliseconds(100));
        if (found.is_null()) MESSAGE(explained()["incidents"].dump(1));
        return found;
    }
    std::string log(const std::string& name) const { return content_of(world.layout().log(name)); }
};

/// Which numbers are missing between the first and the last that a session got.
struct Losses {
    std::size_t pictures = 0;
    std::size_t sounds = 0;
    std::size_t wrong_begins = 0;  ///< a picture behind a gap that is no keyframe
};

Losses losses_of(const std::vector<Tag>& tags) {
    constexpr std::uint32_t tags_per_gop = 50;
    Losses found;
    std::set<std::uint32_t> all;
    for (const Tag& each : tags) {
        if (const auto number = number_of(each)) all.insert(*number);
    }
    if (all.empty()) return found;
    bool was_missing = false;
    for (std::uint32_t i = *all.begin(); i < *all.rbegin(); ++i) {
        const bool is_picture = i % 2 == 0;
        if (!all.contains(i)) {
            ++(is_picture ? found.pictures : found.sounds);
            was_missing |= is_picture;
        } else if (is_picture && std::exchange(was_missing, false)) {
            found.wrong_begins += i % tags_per_gop == 0 ? 0 : 1;
        }
    }
    return found;
}

}  // namespace

TEST_CASE(
    "network: a line of 300 kbit/s drops pictures up to the next keyframe and keeps the sound; the "
    "others lose nothing; and it recovers by itself") {
    Broadcast broadcast;
    World& world = broadcast.world;
    const json before = world.status("one")["session"];
    broadcast.lab.limit_line(0, 300);
    REQUIRE(world.wait_status("one", [](const json& part) {
        return part["session"].is_object() && part["session"]["dropped_messages"] > 0;
    }));
    broadcast.go_on(1, 2s);
    const json narrow = world.status("one");
    CHECK_MESSAGE(narrow["state"] == "live", narrow.dump());
    CHECK_MESSAGE(narrow["session"]["rtt_ms"] > before["rtt_ms"].get<double>() * 3, narrow.dump());
    MESSAGE("a round trip of " << before["rtt_ms"] << " ms became " << narrow["session"]["rtt_ms"]);
    const json told = broadcast.wait_incident("destination_alone", {"one"});
    REQUIRE_FALSE(told.is_null());
    CHECK(told["culprit"] == "destination");
    CHECK(told["steady"].size() >= 1);
    CHECK(told["figures"][0]["worst"]["retransmits"] > 0);
    MESSAGE(told["words"].get<std::string>());
    // Where it has just dropped what waited, nothing waits for long for a moment.
    Outcome doctor;
    CHECK_MESSAGE(wait_until(Patience(10s),
                             [&] {
                                 doctor = world.run({"doctor"});
                                 return has(doctor.output, "! relays: one: live, and falls behind");
                             }),
                  doctor.describe());
    CHECK_MESSAGE(has(doctor.output, "relays: two: live\n"), doctor.describe());

    const SteadyTime mended = SteadyClock::now();
    broadcast.lab.limit_line(0, NetworkLab::no_limit);
    CHECK(world.wait_status("one", [](const json& part) {
        return part["session"].is_object() && part["session"]["queue_ms"] == 0;
    }));
    broadcast.go_on(0, 500ms);
    MESSAGE("in time again within " << since(mended).count() << " ms");
    broadcast.go_on(0, 1500ms);  // figures are told once a second
    const json recovered = world.status("one")["session"];
    broadcast.go_on(0, 2s);
    const auto sessions = broadcast.sessions_at(0);
    REQUIRE(sessions.size() == 1);
    const Losses losses = losses_of(sessions[0].tags);
    CHECK(losses.sounds == 0);
    CHECK(losses.wrong_begins == 0);
    CHECK(losses.pictures == recovered["dropped_messages"]);
    const json after = world.status("one");
    CHECK(after["session"]["dropped_messages"] == recovered["dropped_messages"]);
    CHECK(after["reconnects"] == 0);
    MESSAGE(losses.pictures << " pictures were dropped, and " << numbers_of(sessions[0].tags).count
                            << " tags arrived");
    broadcast.check_untouched(1);
    broadcast.check_untouched(2);
}

TEST_CASE(
    "network: packets that vanish, and a firewall that answers with RST or ICMP, each have their "
    "reason; it is live again soon after they pass; and a goodbye that nobody gets holds up "
    "nobody") {
    Broadcast broadcast;
    World& world = broadcast.world;
    SteadyTime begin = SteadyClock::now();
    broadcast.lab.set_fate(0, Fate::dropped);
    CHECK(broadcast.wait_code("one", "stalled", 15s));
    MESSAGE("stalled after " << since(begin).count() << " ms");
    const json told = broadcast.wait_incident("destination_alone", {"one"});
    REQUIRE_FALSE(told.is_null());
    CHECK(told["culprit"] == "destination");
    MESSAGE(told["words"].get<std::string>());

    broadcast.lab.set_fate(1, Fate::unreachable);
    CHECK(broadcast.wait_code("one", "connect_timed_out", 20s));
    MESSAGE("no answer after " << since(begin).count() << " ms");
    const Outcome doctor = world.run({"doctor"});
    CHECK_MESSAGE(has(doctor.output, "! destinations: one: " + NetworkLab::platform_address(0)),
                  doctor.describe());
    CHECK_MESSAGE(has(doctor.output, "destinations: three: 198.51.100.10"), doctor.describe());
    CHECK(broadcast.wait_code("two", "unreachable", 15s));
    CHECK_MESSAGE(has(broadcast.log("two"), "session ended: the server took nothing more"),
                  broadcast.log("two"));

    begin = SteadyClock::now();
    broadcast.lab.set_fate(0, Fate::forwarded);
    broadcast.lab.set_fate(1, Fate::forwarded);
    for (const std::string name : {"one", "two"}) {
        CHECK_MESSAGE(world.wait_state(name, "live", 15s), world.status(name).dump());
        MESSAGE(name << " is live again within " << since(begin).count() << " ms");
    }

    broadcast.lab.set_fate(1, Fate::reset);
    CHECK(broadcast.wait_code("two", "connection_refused", 10s));
    CHECK_MESSAGE(has(broadcast.log("two"), "session ended: the connection broke"),
                  broadcast.log("two"));
    broadcast.lab.set_fate(1, Fate::forwarded);
    CHECK(world.wait_state("two", "live", 15s));

    broadcast.lab.set_fate(0, Fate::dropped);
    const Outcome disable = world.must({"disable", "one"});
    MESSAGE("disable took " << disable.elapsed.count() << " ms");
    CHECK(disable.counted < 5s);
    CHECK(world.state("one") == "stopped");
    CHECK_FALSE(world.is_lock_held("one"));
    broadcast.check_untouched(2);
}

TEST_CASE(
    "network: an uplink that is down for 5 s costs no session, and after a longer while all come "
    "back by themselves, not at once") {
    Broadcast broadcast;
    World& world = broadcast.world;
    broadcast.lab.cut_uplink();
    // By the clock on the wall, as the relays count.
    CHECK_FALSE(wait_until(
        Deadline::after(5s), [&] { return broadcast.sessions_at(0).size() != 1; }, 100ms));
    SteadyTime begin = SteadyClock::now();
    broadcast.lab.mend_uplink();
    for (int i = 0; i < NetworkLab::platforms; ++i) broadcast.go_on(i, 500ms);
    MESSAGE("after 5 s, all go on within " << since(begin).count() << " ms");
    for (int i = 0; i < NetworkLab::platforms; ++i) {
        const auto sessions = broadcast.sessions_at(i);
        REQUIRE(sessions.size() == 1);
        const Losses losses = losses_of(sessions[0].tags);
        CHECK(losses.sounds == 0);
        CHECK(losses.wrong_begins == 0);
    }

    begin = SteadyClock::now();
    broadcast.lab.cut_uplink();
    for (const auto& name : names) {
        CHECK_MESSAGE(broadcast.wait_code(name, "unreachable", 20s), world.status(name).dump());
        CHECK_MESSAGE(has(broadcast.log(name), "session ended: the server took nothing more"),
                      broadcast.log(name));
    }
    MESSAGE("all know that nothing is reached after " << since(begin).count() << " ms");
    const SteadyTime back = SteadyClock::now();
    broadcast.lab.mend_uplink();
    std::vector<Milliseconds> begins;
    for (int i = 0; i < NetworkLab::platforms; ++i) {
        broadcast.go_on(i, 100ms);
        const auto session = broadcast.sessions_at(i).back();
        begins.push_back(std::chrono::duration_cast<Milliseconds>(session.arrivals.front() - back));
    }
    std::ranges::sort(begins);
    MESSAGE("back after " << begins[0].count() << ", " << begins[1].count() << " and "
                          << begins[2].count() << " ms");
    CHECK(begins.back() < 15s);
    CHECK(begins.back() - begins.front() > 10ms);
    const json told = broadcast.wait_incident("uplink", {names.begin(), names.end()});
    REQUIRE_FALSE(told.is_null());
    MESSAGE(told["words"].get<std::string>());
    const json document = broadcast.explained();
    for (const auto& each : document["incidents"]) {
        CHECK_MESSAGE(each["culprit"] == "uplink", each.dump());
    }
    // The ingest, over loopback, was never any different.
    CHECK_FALSE(broadcast.publisher->ending());
    for (const auto& name : names) CHECK_FALSE(has(broadcast.log(name), "holding"));
}

TEST_CASE("network: an uplink that is too narrow for all is told to be the uplink") {
    Broadcast broadcast;
    World& world = broadcast.world;
    broadcast.lab.limit_uplink(2000);
    for (const auto& name : names) {
        CHECK(world.wait_status(name, [](const json& part) {
            return part["session"].is_object() && part["session"]["dropped_messages"] > 0;
        }));
    }
    const json told = broadcast.wait_incident("uplink", {names.begin(), names.end()});
    REQUIRE_FALSE(told.is_null());
    CHECK(told["culprit"] == "uplink");
    CHECK(has(told["remedy"].get<std::string>(), "lower the encoder's bitrate"));
    MESSAGE(told["words"].get<std::string>());
    for (const auto& each : told["figures"]) {
        CHECK_MESSAGE(each["worst"]["rtt_ms"] > 100, each.dump());
    }
}

TEST_SUITE_END();

}  // namespace restream::test
