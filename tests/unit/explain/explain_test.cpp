// From what relays kept to incidents: what belongs together, and what it is called.
#include "explain/explain.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <optional>

#include "state/session_end.hpp"

using namespace restream;
using namespace std::chrono_literals;

namespace {

const WallTime noon = from_iso8601("2026-01-31T12:00:00Z").value();
constexpr auto length = 30min;

/// A relay that was live for half an hour from noon on, until something is added.
struct Story {
    RelayHistory history;

    explicit Story(std::string name, Place place = Place::remote) {
        history = {std::move(name), place, true, {}};
        add(noon, Began{0, "boot"});
        add(noon + 1s, Entered{State::live, {}, {}});
        for (auto at = noon + 11s; at <= noon + length; at += 10s) add(at, usual());
    }
    static Flow usual() {
        return {10'000, 6000, 770, 40, 30, 1, 0, 6000, 10, 0, 20, 0, 0, 9000, 0, 5, 20, 0};
    }
    Story& add(WallTime at, decltype(FlightEvent::what) what) {
        history.events.push_back({at, std::move(what)});
        std::ranges::stable_sort(history.events, {}, &FlightEvent::at);
        return *this;
    }
    /// Nothing was connected then.
    Story& silence(WallTime begin, WallTime end) {
        std::erase_if(history.events, [&](const FlightEvent& each) {
            return each.at > begin && each.at <= end && std::holds_alternative<Flow>(each.what);
        });
        return *this;
    }
    Story& slow(WallTime from, int seconds) {
        for (int i = 1; i <= seconds; ++i) {
            Flow flow = usual();
            flow.span_ms = 1000;
            flow.in_messages = 77;
            flow.queue_ms = 2500;
            flow.drops = 30;
            flow.out_kbps = 1000;
            add(from + i * 1s, flow);
        }
        return *this;
    }
    Story& gap(WallTime end, std::uint32_t ms) {
        Flow flow = usual();
        flow.span_ms = 1000;
        flow.gap_ms = ms;
        return add(end, flow);
    }
    Story& fails(WallTime at, EndCode code, State next = State::backoff) {
        const std::string name(end_code_name(code));
        add(at, SessionEnded{name, describe({code})});
        return add(at + 1ms, Entered{next, name, describe({code})});
    }
    Story& lives(WallTime at) { return add(at, Entered{State::live, {}, {}}); }
};

Explanation explained(const std::vector<Story>& stories, std::vector<std::string> names = {},
                      std::chrono::seconds since = length + 1min) {
    std::vector<RelayHistory> histories;
    for (const auto& each : stories) histories.push_back(each.history);
    const WallTime now = noon + length;
    return explain(histories, now - since, now, names);
}

std::vector<std::string> rules_of(const Explanation& explanation) {
    std::vector<std::string> found;
    for (const auto& each : explanation.incidents) found.emplace_back(each.verdict.rule);
    return found;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("explain: where nothing went wrong, nothing is told") {
    const auto explanation = explained({Story("a"), Story("b")});
    CHECK(explanation.incidents.empty());
    REQUIRE(explanation.relays.size() == 2);
    CHECK(explanation.relays[0].usual.in_kbps == 6000);
    CHECK(explanation.relays[0].usual.in_messages == 77);
    CHECK(explanation.relays[0].worst.queue_ms == 10);
}

TEST_CASE("explain: a publisher that leaves is one incident of all relays") {
    std::vector<Story> stories = {Story("a"), Story("b"), Story("c")};
    for (auto& each : stories) {
        each.add(noon + 10min, Entered{State::holding, "ingest_gone", "the ingest stopped"});
        each.lives(noon + 10min + 3s);
    }
    const auto explanation = explained(stories);
    CHECK(rules_of(explanation) == Names{"publisher_left"});
    const auto& evidence = explanation.incidents.at(0).evidence;
    CHECK(evidence.affected.size() == 3);
    CHECK(evidence.begin == noon + 10min);
    CHECK(evidence.end == noon + 10min + 3s);
    CHECK_FALSE(evidence.is_ongoing);
}

TEST_CASE("explain: an encoder that hangs sent nothing while its connection stayed") {
    std::vector<Story> stories = {Story("a"), Story("b")};
    for (auto& each : stories) {
        each.add(noon + 10min + 1500ms,
                 Entered{State::holding, "ingest_silent", "the ingest is silent"});
        each.lives(noon + 10min + 8s);
    }
    const auto explanation = explained(stories);
    CHECK(rules_of(explanation) == Names{"encoder_gap"});
    const auto& incident = explanation.incidents.at(0);
    CHECK(incident.evidence.begin == noon + 10min);
    CHECK(incident.evidence.end == noon + 10min + 8s);
    CHECK_MESSAGE(incident.verdict.words.find("nothing came from it for 8.0 s") == 0,
                  incident.verdict.words);
}

TEST_CASE("explain: an ingest without publisher is nothing new before it was live") {
    Story story("a");
    story.history.events = {{noon, Began{0, "boot"}},
                            {noon + 1s, Entered{State::waiting, "no_publisher", "nobody"}}};
    CHECK(explained({story}).incidents.empty());
}

TEST_CASE("explain: what happens at different times is different incidents") {
    Story a("a");
    Story b("b");
    a.slow(noon + 5min, 6);
    b.slow(noon + 15min, 6);
    CHECK(rules_of(explained({a, b})) == Names{"destination_alone", "destination_alone"});
    a.slow(noon + 25min, 6);
    b.slow(noon + 25min + 2s, 6);
    CHECK(rules_of(explained({a, b})) == Names{"destination_alone", "destination_alone", "uplink"});
}

TEST_CASE("explain: an uplink that ends all sessions is not taken for an ingest that sends less") {
    std::vector<Story> stories = {Story("a"), Story("b"), Story("c")};
    Flow rest = Story::usual();  // of a session that ends: hardly any time, and nothing in it
    rest.span_ms = 3;
    rest.in_kbps = rest.in_messages = rest.fps = rest.out_kbps = 0;
    for (auto& each : stories) {
        each.silence(noon + 10min, noon + 11min);
        each.slow(noon + 10min, 10).add(noon + 10min + 10500ms, rest);
        each.fails(noon + 10min + 11s, EndCode::stalled);
        each.fails(noon + 10min + 12s, EndCode::unreachable).lives(noon + 10min + 20s);
    }
    const auto explanation = explained(stories);
    for (const auto& rule : rules_of(explanation)) CHECK(rule == "uplink");
    REQUIRE_FALSE(explanation.incidents.empty());
    const auto& evidence = explanation.incidents.front().evidence;
    CHECK(evidence.affected.size() == 3);
    CHECK(evidence.affected.front().worst.in_messages == 77);
    CHECK(evidence.affected.front().worst.out_kbps == 1000);
}

TEST_CASE("explain: a refused key and a slow uplink at the same time are two incidents") {
    Story a("a");
    Story b("b");
    Story c("c");
    a.slow(noon + 5min, 6);
    b.slow(noon + 5min + 1s, 6);
    c.silence(noon, noon + length).fails(noon + 5min, EndCode::publish_refused, State::rejected);
    const auto explanation = explained({a, b, c});
    CHECK(rules_of(explanation) == Names{"uplink", "key_refused"});
    CHECK(explanation.incidents.at(1).evidence.is_ongoing);
}

TEST_CASE("explain: retries that fail again are one incident until it is live") {
    Story a("a");
    a.silence(noon + 10min, noon + 13min);
    for (int i = 0; i < 10; ++i) {
        a.fails(noon + 10min + i * 15s, EndCode::connection_refused);
        a.add(noon + 10min + i * 15s + 10s, Entered{State::waiting, {}, {}});
        a.add(noon + 10min + i * 15s + 11s, Entered{State::connecting, {}, {}});
    }
    a.lives(noon + 13min);
    const auto explanation = explained({a, Story("b")});
    CHECK(rules_of(explanation) == Names{"destination_alone"});
    CHECK(explanation.incidents.at(0).evidence.end == noon + 13min);
}

TEST_CASE("explain: what looked like a close and was a refusal is a refusal") {
    Story a("a");
    a.silence(noon + 10min, noon + length);
    for (int i = 0; i < 3; ++i) {
        const auto at = noon + 10min + i * 10s;
        a.lives(at);
        a.add(at + 3s, SessionEnded{"closed", "the server closed the session"});
        a.add(at + 3s, Entered{State::rejected, "closed_early", "closed soon after it accepted"});
    }
    CHECK(rules_of(explained({a, Story("b")})) == Names{"key_refused"});
}

TEST_CASE("explain: a life that begins without the last one's end is told as what it was") {
    struct Way {
        Began began;
        const char* code;
    };
    for (const Way& way : {Way{{1, "boot"}, "crashed"}, Way{{0, "boot"}, "killed"},
                           Way{{0, "other"}, "rebooted"}, Way{{3, "other"}, "rebooted"}}) {
        CAPTURE(way.code);
        Story a("a");
        a.add(noon + 10min + 2s, way.began);
        a.lives(noon + 10min + 4s);
        const auto explanation = explained({a});
        REQUIRE(rules_of(explanation) == Names{"worker_died"});
        CHECK(explanation.incidents.at(0).evidence.affected.at(0).trouble->code == way.code);
    }
    Story orderly("a");
    orderly.add(noon + 10min, SessionEnded{"stopped", "stopped"});
    orderly.add(noon + 10min + 1s, Entered{State::stopped, {}, {}});
    orderly.add(noon + 10min + 2s, Began{0, "boot"});
    orderly.lives(noon + 10min + 3s);
    CHECK(explained({orderly}).incidents.empty());
}

TEST_CASE("explain: a relay that is gone without an end is told, one that was stopped is not") {
    Story gone("a");
    gone.history.is_alive = false;
    const auto explanation = explained({gone});
    REQUIRE(rules_of(explanation) == Names{"worker_died"});
    CHECK(explanation.incidents.at(0).evidence.is_ongoing);
    gone.add(noon + length, Entered{State::stopped, {}, {}});
    CHECK(explained({gone}).incidents.empty());
}

TEST_CASE("explain: a delay of this machine and what it did to relays is one incident") {
    Story a("a");
    Story b("b");
    for (Story* each : {&a, &b}) {
        Flow flow = Story::usual();
        flow.span_ms = 1000;
        flow.gap_ms = 4000;
        flow.queue_ms = 3000;
        flow.late_ms = 3900;
        each->add(noon + 10min, flow);
    }
    const auto explanation = explained({a, b});
    CHECK(rules_of(explanation) == Names{"machine_busy"});
}

TEST_CASE("explain: less of the picture is the encoder's; fewer bits alone are not") {
    Story still("a");
    Story stutters("a");
    for (int i = 0; i < 8; ++i) {
        Flow flow = Story::usual();
        flow.in_kbps = 900;  // nothing moves in the picture
        still.add(noon + 10min + i * 10s, flow);
        flow.in_messages = 300;
        flow.fps = 9;
        stutters.add(noon + 10min + i * 10s, flow);
    }
    CHECK(explained({still}).incidents.empty());
    CHECK(rules_of(explained({stutters})) == Names{"encoder_thin"});
}

TEST_CASE("explain: with names, others are witnesses only; what was before is not told") {
    Story a("a");
    Story b("b");
    a.slow(noon + 5min, 6);
    b.slow(noon + 15min, 6);
    const auto of_a = explained({a, b}, {"a"});
    REQUIRE(rules_of(of_a) == Names{"destination_alone"});
    CHECK(of_a.incidents.at(0).evidence.affected.at(0).relay == "a");
    CHECK(of_a.incidents.at(0).evidence.steady.at(0).relay == "b");
    CHECK(rules_of(explained({a, b}, {}, 20min)) == Names{"destination_alone"});
    CHECK(explained({a, b}, {}, 60s).incidents.empty());
    CHECK(explained({a, b}, {"b"}, 60s).incidents.empty());
}

TEST_CASE("explain: histories that make no sense are explained without harm") {
    constexpr std::uint32_t most = 0xffff'ffff;
    Story mad("a");
    Flow flow;
    flow = {most, most, most, most, most, most, most, most, most,
            most, most, most, most, most, most, most, most, most};
    for (int i = 0; i < 3; ++i) mad.add(noon + 10min, flow);
    mad.add(noon + 10min, Flow{});
    mad.add(noon + 10min, Entered{State::rejected, "no such code", "\x1b[31m\x07"});
    mad.add(noon + 10min, SessionEnded{"", ""});
    mad.add(noon + 10min, Began{most, ""});
    mad.add(noon + 10min, Unwritten{most, ""});
    mad.add(from_iso8601("2099-12-31T23:59:60Z").value(), Began{});
    mad.add(from_iso8601("2000-01-01T00:00:00Z").value(), flow);
    Story empty("b");
    empty.history.events.clear();
    const auto explanation = explained({mad, empty});
    CHECK_FALSE(explanation.incidents.empty());
    CHECK_FALSE(to_json(explanation).empty());
    CHECK(to_text(explanation, {20, true}).find("\x1b[31m\x07") == std::string::npos);
}

TEST_CASE("explain: the text keeps to its width and says who it was") {
    Story a("a");
    Story b("b");
    a.slow(noon + 5min, 6);
    b.slow(noon + 25min, 6);
    a.slow(noon + 25min, 6);
    const auto explanation = explained({a, b});
    for (const int width : {40, 60, 80}) {
        std::string text = to_text(explanation, {width, false, Zone::utc});
        CAPTURE(text);
        CHECK(text.find("the uplink") != std::string::npos);
        CHECK(text.find("12:04:58 UTC") != std::string::npos);
        for (std::size_t at = 0; at < text.size();) {
            const auto end = text.find('\n', at);
            CHECK(end - at <= static_cast<std::size_t>(width));
            at = end + 1;
        }
    }
    CHECK(to_text(explanation, {80, true}).find("\x1b[31mthe uplink\x1b[0m") != std::string::npos);
    CHECK(to_text(explained({Story("a")}), {80, false}).starts_with("nothing went wrong"));
    Story empty("a");
    empty.history.events.clear();
    CHECK(to_text(explained({empty}), {80, false}).starts_with("nothing was recorded"));
}

TEST_CASE("explain: times are local with the name of their zone, or UTC") {
    Story a("a");
    a.slow(noon + 5min, 6);
    const auto explanation = explained({a, Story("b")});
    const auto text_in = [&](const char* zone, Zone shown) {
        const char* before = std::getenv("TZ");
        const std::optional<std::string> kept =
            before == nullptr ? std::nullopt : std::optional<std::string>(before);
        ::setenv("TZ", zone, 1);
        ::tzset();
        std::string text = to_text(explanation, {200, false, shown});
        kept ? ::setenv("TZ", kept->c_str(), 1) : ::unsetenv("TZ");
        ::tzset();
        return text;
    };
    CHECK(text_in("EST5", Zone::local).starts_with("07:04:58 EST, "));
    CHECK(text_in("XYZ-3", Zone::local).starts_with("15:04:58 XYZ, "));
    CHECK(text_in("<+0545>-5:45", Zone::local).starts_with("17:49:58 +0545, "));
    CHECK(text_in("EST5", Zone::utc).starts_with("12:04:58 UTC, "));
    // What was today in one zone was yesterday in another.
    CHECK(text_in("XYZ-11:40", Zone::local).starts_with("2026-01-31 23:44:58 XYZ, "));
    CHECK(to_json(explanation).find("2026-01-31T12:04:5") != std::string::npos);
}

TEST_CASE(
    "explain: two failures with causes of their own, beside destinations that went on, are two "
    "incidents") {
    Story refusing("a");
    Story nameless("b");
    for (auto* each : {&refusing, &nameless}) each->silence(noon, noon + length);
    refusing.fails(noon + 10min, EndCode::connection_refused);
    nameless.fails(noon + 10min + 2s, EndCode::name_not_found);
    const auto explanation = explained({refusing, nameless, Story("c"), Story("d")});
    REQUIRE(rules_of(explanation) == Names{"destination_alone", "destination_alone"});
    for (const auto& each : explanation.incidents) {
        CHECK(each.verdict.culprit == Culprit::destination);
        CHECK(each.evidence.affected.size() == 1);
        CHECK(each.evidence.steady.size() == 2);
        CHECK(each.verdict.remedy.find("bitrate") == std::string::npos);
    }
    CHECK(explanation.incidents[0].evidence.affected[0].relay == "a");
    CHECK(explanation.incidents[1].evidence.affected[0].relay == "b");

    // Each kind of failure that is a server's own, beside each other.
    const EndCode own[] = {EndCode::connection_refused, EndCode::name_not_found,
                           EndCode::connect_timed_out,  EndCode::tls_wrong_host,
                           EndCode::not_rtmp,           EndCode::closed};
    for (const EndCode one : own) {
        for (const EndCode other : own) {
            CAPTURE(end_code_name(one));
            CAPTURE(end_code_name(other));
            Story first("a");
            Story second("b");
            first.silence(noon + 5min, noon + length).fails(noon + 10min, one);
            second.silence(noon + 5min, noon + length).fails(noon + 10min, other);
            const auto both = explained({first, second, Story("c")});
            CHECK(rules_of(both) == Names{"destination_alone", "destination_alone"});
        }
    }
}

TEST_CASE(
    "explain: a full uplink that slows one and breaks another, while a third goes on, stays one "
    "incident") {
    Story slow("a");
    Story broken("b");
    slow.slow(noon + 10min, 8);
    broken.silence(noon + 10min, noon + 11min);
    broken.fails(noon + 10min + 3s, EndCode::reset).lives(noon + 10min + 8s);
    CHECK(rules_of(explained({slow, broken, Story("c")})) == Names{"destinations_some"});
}

TEST_CASE("explain: figures of healthy sessions are no evidence about one that could not be made") {
    Story refused("a");
    refused.silence(noon + 9min, noon + length).fails(noon + 10min, EndCode::connection_refused);
    Flow last = Story::usual();
    last.retransmits = 1;
    last.queue_ms = 90;
    refused.add(noon + 10min - 1s, last);
    const auto explanation = explained({refused, Story("b")});
    REQUIRE(rules_of(explanation) == Names{"destination_alone"});
    const std::string& words = explanation.incidents[0].verdict.words;
    CAPTURE(words);
    CHECK(words.find("sent again") == std::string::npos);
    CHECK(words.find("waited") == std::string::npos);
    CHECK(words.find("waiting") == std::string::npos);
    CHECK(words.find("b went on") != std::string::npos);
    // Of a session that ran and was closed, what is in every healthy one says nothing either.
    Story closed("a");
    closed.silence(noon + 9min, noon + length).add(noon + 10min - 1s, last);
    closed.fails(noon + 10min, EndCode::closed);
    const auto told = explained({closed, Story("b")});
    REQUIRE(rules_of(told) == Names{"destination_alone"});
    CHECK(told.incidents[0].verdict.words.find("sent again") == std::string::npos);
}

TEST_CASE("explain: an encoder is not blamed for the start burst of a session") {
    // Three seconds of stored media at once, then what the encoder sends: looked at after each
    // second.
    for (int seconds = 1; seconds <= 40; ++seconds) {
        CAPTURE(seconds);
        Story story("a");
        story.history.events.clear();
        story.add(noon, Began{0, "boot"}).add(noon, Entered{State::connecting, {}, {}});
        story.add(noon + 100ms, Entered{State::live, {}, {}});
        for (int i = 1; i <= seconds; ++i) {
            Flow flow = Story::usual();
            flow.span_ms = 1000;
            flow.in_messages = i == 1 ? 308 : 77;
            flow.in_kbps = i == 1 ? 24'000 : 6000;
            flow.fps = i == 1 ? 120 : 30;
            story.add(noon + i * 1s, flow);
        }
        CHECK(explained({story}).incidents.empty());
    }
}

TEST_CASE("explain: where a destination is, its URL tells") {
    CHECK(place_of("rtmps://a.rtmps.youtube.com:443/live2") == Place::remote);
    CHECK(place_of("rtmp://192.168.1.7/live") == Place::remote);
    CHECK(place_of("rtmp://127.0.0.1/live") == Place::this_machine);
    CHECK(place_of("srt://localhost:9000") == Place::this_machine);
    CHECK(place_of("file:/srv/a.mkv") == Place::file);
    CHECK(place_of("") == Place::remote);
    CHECK(place_of("no url") == Place::remote);
}
