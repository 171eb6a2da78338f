// A flight recorder: what it keeps of what a worker tells, and how often.
#include "worker/flight_recorder.hpp"

#include <doctest/doctest.h>

#include "temporary_folder.hpp"

using namespace restream;
using namespace std::chrono_literals;

namespace {

/// A recorder, the clock that it is told, and a session that flows.
struct Flight {
    tests::TemporaryFolder folder;
    std::filesystem::path path = folder.path() / "one.events";
    FlightRecorder recorder{path, 0};
    SteadyTime now = SteadyClock::now();
    SessionFigures figures;
    FlowFacts flow = {{1s, 750'000, 77, 40ms}, TcpFacts{1, 0, 0, 0}, TcpFacts{20, 0, 0, 9000}};
    MediaFacts media{VideoTrack{}, AudioTrack{}};

    Flight() {
        media.video->fps = 30;
        recorder.entered(State::live, std::nullopt);
    }
    /// So many seconds, each as the last one was.
    void run(int seconds) {
        for (int i = 0; i < seconds; ++i) {
            now += 1s;
            figures.bytes_sent += 750'000;
            flow.ingest_tcp->rtt_ms += 1;  // events of one moment that are the same are one
            recorder.measured(figures, media, flow, now);
        }
    }
    std::vector<Flow> flows() {
        recorder.write(0ms);
        std::vector<Flow> found;
        for (const auto& event : read_flight(path)) {
            if (const auto* each = std::get_if<Flow>(&event.what)) found.push_back(*each);
        }
        return found;
    }
};

}  // namespace

TEST_CASE("flight recorder: what flows as ever is told every ten seconds, with its figures") {
    Flight flight;
    flight.run(60);
    const auto flows = flight.flows();
    REQUIRE(flows.size() == 6);
    for (const Flow& each : flows) {
        CHECK(each.span_ms == 10'000);
        CHECK(each.in_kbps == 6000);
        CHECK(each.out_kbps == 6000);
        CHECK(each.in_messages == 770);
        CHECK(each.gap_ms == 40);
        CHECK(each.fps == 30);
        CHECK(each.rtt_ms == 20);
        CHECK(each.in_rtt_ms > 0);
        CHECK(each.delivery_kbps == 9000);
        CHECK(each.drops == 0);
    }
}

TEST_CASE("flight recorder: what is out of the ordinary is told at once, and so is its end") {
    using Change = void (*)(Flight&);
    const std::vector<std::pair<const char*, Change>> changes = {
        {"gap", [](Flight& it) { it.flow.ingest.longest_gap = 1500ms; }},
        {"queue", [](Flight& it) { it.figures.queue_ms = 900; }},
        {"round trip", [](Flight& it) { it.flow.destination_tcp->rtt_ms = 400; }},
        {"bitrate", [](Flight& it) { it.flow.ingest.bytes = 100'000; }},
        {"frames", [](Flight& it) { it.media.video->fps = 9; }},
        {"drops", [](Flight& it) { it.figures.dropped_messages += 12; }},
        {"retransmits", [](Flight& it) { it.flow.destination_tcp->retransmits += 30; }},
    };
    for (const auto& [name, change] : changes) {
        CAPTURE(name);
        Flight flight;
        flight.run(23);
        const auto before = flight.flows().size();
        change(flight);
        flight.run(1);
        CHECK(flight.flows().size() == before + 1);
    }
}

TEST_CASE("flight recorder: what lasts is told less often, and fits into its file") {
    Flight flight;
    flight.run(20);
    flight.figures.queue_ms = 2000;
    flight.run(600);
    const auto flows = flight.flows();
    CHECK(flows.size() > 100);
    CHECK(flows.size() < 160);
}

TEST_CASE("flight recorder: counts what grew, also over a new connection and a new session") {
    Flight flight;
    flight.flow.destination_tcp->retransmits = 100;
    flight.figures.dropped_messages = 5;
    flight.run(1);
    flight.flow.destination_tcp->retransmits = 3;  // of another connection
    flight.figures = {};
    flight.figures.started = WallTime(1s);
    flight.figures.dropped_messages = 2;
    flight.run(1);
    std::uint32_t drops = 0;
    std::uint32_t retransmits = 0;
    for (const Flow& each : flight.flows()) {
        drops += each.drops;
        retransmits += each.retransmits;
    }
    CHECK(drops == 7);
    CHECK(retransmits == 103);
}

TEST_CASE("flight recorder: an ingest that is away is told by the state, not again and again") {
    Flight flight;
    flight.run(11);
    flight.recorder.entered(State::holding, SessionEnd{EndCode::ingest_gone});
    flight.flow.ingest = {1s, 0, 0, 5s};
    const auto before = flight.flows().size();
    flight.run(20);
    CHECK(flight.flows().size() <= before + 2);
}

TEST_CASE("flight recorder: states and ends come with their reasons, and what flowed before them") {
    Flight flight;
    flight.run(3);
    flight.recorder.ended({EndCode::closed, "by the server"});
    flight.recorder.entered(State::backoff, SessionEnd{EndCode::closed, "by the server"});
    flight.recorder.write(0ms);
    const auto events = read_flight(flight.path);
    REQUIRE(events.size() == 5);
    CHECK(std::holds_alternative<Began>(events[0].what));
    CHECK(std::get<Entered>(events[1].what).state == State::live);
    CHECK(std::get<Flow>(events[2].what).span_ms == 3000);
    CHECK(std::get<SessionEnded>(events[3].what).code == "closed");
    const auto& last = std::get<Entered>(events[4].what);
    CHECK(last.state == State::backoff);
    CHECK(last.code == "closed");
    CHECK(last.message.find("by the server") != std::string::npos);
}

TEST_CASE("flight recorder: what lies between two sessions is part of neither's flow") {
    Flight flight;
    flight.run(10);
    flight.recorder.ended({EndCode::stalled});
    for (int i = 0; i < 3; ++i) flight.recorder.ended({EndCode::unreachable});
    CHECK(flight.flows().size() == 1);  // nothing was measured since
    flight.now += 8s;
    flight.figures = {};
    flight.figures.started = WallTime(1s);
    flight.run(2);
    flight.recorder.ended({EndCode::stopped});
    const auto flows = flight.flows();
    REQUIRE(flows.size() == 2);
    CHECK(flows.back().span_ms == 2000);
    CHECK(flows.back().in_kbps == 6000);
    CHECK(flows.back().out_kbps == 6000);
    CHECK(flows.back().in_messages == 2 * 77);
}

TEST_CASE("flight recorder: no secret gets into the file, and no text without bound") {
    Flight flight;
    flight.recorder.hide(Secret("live_hush?a=b"));
    for (const std::string said : {"no live_hush?a=b here", "percent live_hush%3Fa%3Db"}) {
        flight.recorder.ended({EndCode::publish_refused, said});
        flight.recorder.entered(State::rejected, SessionEnd{EndCode::publish_refused, said});
    }
    flight.recorder.ended({EndCode::failed, std::string(100'000, 'x')});
    flight.recorder.write(0ms);
    const std::string text = flight.folder.read("one.events");
    CHECK(text.find("hush") == std::string::npos);
    CHECK(text.find("***") != std::string::npos);
    CHECK(text.size() < 5000);
}

TEST_CASE("flight recorder: what cannot be written waits, bounded, and what is lost is counted") {
    Flight flight;
    std::filesystem::create_directory(flight.path);
    for (int i = 0; i < 1000; ++i) {
        flight.recorder.ended({EndCode::closed, std::to_string(i)});
        if (i % 50 == 0) flight.recorder.write(0ms);
    }
    flight.recorder.write(0ms);
    std::filesystem::remove(flight.path);
    flight.recorder.write(0ms);
    const auto events = read_flight(flight.path);
    REQUIRE(events.size() > 10);
    REQUIRE(events.size() < 400);
    std::uint32_t lost = 0;
    for (const auto& event : events) {
        if (const auto* each = std::get_if<Unwritten>(&event.what)) {
            lost += each->events;
            CHECK_FALSE(each->message.empty());
        }
    }
    CHECK(lost + events.size() >= 1000);
    CHECK(std::get<SessionEnded>(events.back().what).message.find("999") != std::string::npos);
    flight.recorder.ended({EndCode::reset, ""});
    flight.recorder.write(0ms);
    CHECK(std::get<SessionEnded>(read_flight(flight.path).back().what).code == "reset");
}

TEST_CASE("flight recorder: a turn that comes late is told with the next flow") {
    Flight flight;
    flight.run(11);
    flight.recorder.write(2500ms);
    flight.run(1);
    const auto flows = flight.flows();
    REQUIRE_FALSE(flows.empty());
    CHECK(flows.back().late_ms == 2500);
}

TEST_CASE("arrivals: a gap that goes on is counted from its begin") {
    ArrivalCount count;
    const SteadyTime begin{};
    CHECK(count.take(begin).messages == 0);
    count.add(100, begin + 5s);
    count.add(200, begin + 5s + 40ms);
    Arrivals taken = count.take(begin + 6s);
    CHECK(taken.bytes == 300);
    CHECK(taken.messages == 2);
    CHECK(taken.span == 1s);
    CHECK(taken.longest_gap == 960ms);
    CHECK(count.take(begin + 7s).longest_gap == 1960ms);
    count.add(1, begin + 8s);
    taken = count.take(begin + 8s);
    CHECK(taken.longest_gap == 2960ms);
    CHECK(taken.messages == 1);
    CHECK(taken.span == 1s);
}

TEST_CASE("machine facts: shares are of the time between two looks") {
    const MachineCounters before{1000, 500, 10, 0};
    CHECK(shares_between(before, {1200, 600, 50, 0}).busy == 50);
    CHECK(shares_between(before, {1200, 600, 50, 0}).stolen == 20);
    CHECK(shares_between(before, before).busy == 0);
    CHECK(shares_between(before, {900, 400, 0, 0}).busy == 0);  // a counter that began anew
    CHECK(shares_between(before, {1100, 900, 5, 0}).busy == 100);
    CHECK(shares_between(before, {1100, 900, 5, 0}).stolen == 0);
    CHECK(machine_counters().ticks > 0);
}
