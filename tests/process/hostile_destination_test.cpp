// Hostile destinations: the relay says what is wrong with each, lives, and harms no other.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <nlohmann/json.hpp>

#include "flv/amf0.hpp"
#include "process/patience.hpp"
#include "process/raw_server.hpp"
#include "process/rtmp_tags.hpp"
#include "process/rude_bytes.hpp"
#include "process/tag_publisher.hpp"
#include "process/tag_server.hpp"
#include "process/world.hpp"
#include "rtmp/link.hpp"
#include "system/random.hpp"

namespace restream::test {

using nlohmann::json;
using std::chrono::seconds;
using Step = RtmpServer::Step;

TEST_SUITE_BEGIN("hostile_destination");

namespace {

const std::string key = "canary7f3a";

std::string command(const std::string& name, double transaction, const std::string& rest,
                    std::size_t chunk = first_chunk_size) {
    std::vector<std::uint8_t> head;
    append_amf0(AmfValue::of(name), head);
    append_amf0(AmfValue::of(transaction), head);
    return message(20, std::string(head.begin(), head.end()) + rest, chunk);
}

/// S0, S1 and S2: the client takes any.
std::string greeting() { return "\x03" + std::string(2 * 1536, 's'); }

/// The answer to connect sends the client elsewhere: to where it is.
std::string redirect_to(const std::string& url) {
    std::vector<std::uint8_t> rest;
    append_amf0(AmfValue::null(), rest);
    append_amf0(AmfValue::object({{"level", AmfValue::of("error")},
                                  {"code", AmfValue::of("NetConnection.Connect.Rejected")},
                                  {"description", AmfValue::of("[ AccessManager.Redirect ]")},
                                  {"ex", AmfValue::object({{"code", AmfValue::of(302.0)},
                                                           {"redirect", AmfValue::of(url)}})}}),
                rest);
    return command("_error", 1, std::string(rest.begin(), rest.end()));
}

RtmpServer make_server() { return RtmpServer({.random = random_bytes(1528)}); }

/// Says this in place of a handshake, or behind it, in place of an answer to connect.
RawServer::Serve saying(const std::string& text) {
    return [text](RawConnection& peer) {
        if (peer.send(text)) peer.drain();
    };
}

/// Plays by the rules up to that step; there it goes.
RawServer::Serve closing_at(Step step) {
    return [step](RawConnection& peer) {
        RtmpServer rtmp = make_server();
        peer.serve_until(rtmp, step);
    };
}
RawServer::Serve resetting_at(Step step) {
    return [step](RawConnection& peer) {
        RtmpServer rtmp = make_server();
        peer.serve_until(rtmp, step);
        peer.reset();
    };
}

/// A broadcast, a good destination, and one that a test makes bad.
struct Siege {
    World world{IngestServer::embedded};
    TagServer good;
    std::optional<TagPublisher> publisher;

    Siege() {
        world.must({"ingest", "start"});
        publish_numbers(publisher, world.ingest_url());
        world.add("good", good.url(), "good");
        world.must({"enable", "good"});
    }
    /// enable says so; the relay lives on, under the same worker, and tries again.
    void check(const std::string& what, RawServer::Serve serve, const std::string& code,
               const std::string& words) const {
        CAPTURE(what);
        const RawServer bad(std::move(serve));
        check_at(bad, code, words);
    }
    void check_at(const RawServer& bad, const std::string& code, const std::string& words) const {
        world.add("bad", bad.url(), key);
        const Outcome enable = world.run({"enable", "bad"});
        CHECK_MESSAGE(enable.status == 5, enable.describe());
        CHECK_MESSAGE(enable.error.find(words) != std::string::npos, enable.describe());
        CHECK_MESSAGE(enable.error.find(key) == std::string::npos, enable.describe());
        // Between two tries: while it tries again there is no reason.
        json part;
        const bool is_told = world.wait_status("bad", [&](const json& now) {
            part = now;
            return now["reason"].is_object() && now["reason"]["code"] == code;
        });
        CHECK_MESSAGE(is_told, part.dump());
        CHECK_MESSAGE(part["wanted"] == true, part.dump());
        CHECK_MESSAGE(part["worker_restarts"] == 0, part.dump());
        CHECK(!is_gone(world.worker("bad")));
        world.must({"disable", "bad"});
    }
    void check_good() const {
        const std::uint32_t now = publisher->counted();
        CHECK(good.wait_for([now](const auto& sessions) {
            return number_of(sessions.back().tags.back()).value_or(0) >= now;
        }));
        const auto sessions = good.sessions();
        CHECK(sessions.size() == 1);
        CHECK(numbers_of(sessions[0].tags).gaps == 0);
        CHECK(world.logs().find(key) == std::string::npos);
    }
};

}  // namespace

TEST_CASE("hostile destination: what is no RTMP is named so, with what to look at") {
    const Siege siege;
    const auto check = [&](const std::string& what, const std::string& says) {
        siege.check(what, saying(says), "not_rtmp", "rtmps:// or rtmp://");
    };
    check("garbage", std::string(5000, '\xff'));
    check("HTTP", "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    check("a TLS alert", bytes({21, 3, 1, 0, 2, 2, 70}));
    check("a message of 16 MB", greeting() + bytes({3, 0, 0, 0, 0xff, 0xff, 0xff, 20, 0, 0, 0, 0}));
    check("chunks of no size", greeting() + message(1, bytes({0, 0, 0, 0})));
    check("chunks that continue nothing", greeting() + std::string(500, '\xc5'));
    // Commands that cannot be read are none, so connect was never answered.
    siege.check("bombs for commands",
                saying(greeting() + command("_result", 1, nested(15'000)) +
                       command("_result", 1, "\x0a" + std::string(4, '\xff')) +
                       command("_error", 1, "\x08" + std::string(4, '\xff')) + message(20, "zzzz")),
                "connect_timed_out", "no answer to connect");
    siege.check_good();
}

TEST_CASE("hostile destination: one that closes says where, at each step") {
    const Siege siege;
    for (const bool resets : {false, true}) {
        CAPTURE(resets);
        const auto check = [&](Step step, const std::string& code, const std::string& words) {
            CAPTURE(static_cast<int>(step));
            siege.check("closing", resets ? resetting_at(step) : closing_at(step), code, words);
        };
        check(Step::handshake, "not_rtmp", "rtmps:// or rtmp://");
        check(Step::connect, "app_refused", "instead of answering connect");
    }
    siege.check("createStream", closing_at(Step::create), "publish_refused", "restream key bad");
    siege.check_good();
}

TEST_CASE("hostile destination: a redirect to itself is not followed in circles") {
    const Siege siege;
    std::optional<RawServer> bad;
    bad.emplace([&bad](RawConnection& peer) {
        RtmpServer rtmp = make_server();
        if (peer.serve_until(rtmp, Step::connect) &&
            peer.send(redirect_to(bad->url() + "/" + key))) {
            peer.drain();
        }
    });
    // Once it is followed; the second answer is the end, and nobody tries again.
    siege.check_at(*bad, "redirect_refused", "a second redirect");
    CHECK(bad->accepted() == 2);
    siege.check_good();
}

TEST_CASE("hostile destination: what it says in mid-session ends the session, not the relay") {
    const Siege siege;
    std::string pings;
    for (int i = 0; i < 2000; ++i) {
        pings += bytes({2, 0, 0, 0, 0, 0, 6, 4, 0, 0, 0, 0, 0, 6, 1, 2, 3, 4});
    }
    struct Case {
        std::string what;
        std::string says;
        std::string word;  ///< the log's
        bool pours;        ///< the same for ever, and nothing of ours is read
    };
    const std::vector<Case> cases = {
        {"a claim of 16 MB", bytes({3, 0, 0, 0, 0xff, 0xff, 0xff, 20, 0, 0, 0, 0}),
         "a message of 16777215 bytes", false},
        {"chunks of no size", message(1, bytes({0, 0, 0, 0})), "a chunk size of 0", false},
        // The one or the other is noticed first: both take 10 s.
        {"pings whose answers it leaves", pings, "", true},
    };
    for (const Case& each : cases) {
        CAPTURE(each.what);
        const RawServer bad([&each](RawConnection& peer) {
            RtmpServer rtmp = make_server();
            bool goes_on = peer.serve_until(rtmp, Step::publishing) && peer.send(each.says);
            while (goes_on && each.pours) goes_on = peer.send(each.says);
            peer.drain();
        });
        siege.world.add("bad", bad.url(), key);
        (void)siege.world.run({"enable", "bad"});
        // It is tried again, by the same worker.
        CHECK(wait_until(Patience(seconds(30)), [&] { return bad.accepted() >= 2; }));
        CHECK(siege.world.status("bad")["worker_restarts"] == 0);
        CHECK(siege.world.logs().find(each.word) != std::string::npos);
        siege.world.must({"disable", "bad"});
    }
    siege.check_good();
}

TEST_CASE("hostile destination: one that talks without end is heard out, and sent all the same") {
    const Siege siege;
    // What a publisher need not understand, AMF that nobody can read, and a message of 7 MB of
    // which a little comes now and then.
    constexpr std::size_t chunk = RtmpLink::chunk_size;
    const std::string talk = message(15, std::string(1'000'000, 'd'), chunk) +
                             message(20, "zzzz", chunk) +
                             command("onStatus", 0, nested(10'000), chunk);
    std::atomic<int> rounds = 0;
    const RawServer bad([&](RawConnection& peer) {
        RtmpServer rtmp = make_server();
        if (!peer.serve_until(rtmp, Step::publishing)) return;
        const std::string some(chunk, 'e');
        bool goes_on = peer.send(bytes({7, 0, 0, 0, 0x6d, 0xdd, 0, 20, 0, 0, 0, 0}) + some);
        const std::string part = "\xc7" + some;
        while (goes_on) {
            goes_on = peer.send(talk) && peer.send(part) && peer.take_what_is_there();
            ++rounds;
        }
    });
    siege.world.add("bad", bad.url(), key);
    siege.world.must({"enable", "bad"});
    CHECK(wait_until(Patience(seconds(30)), [&] { return rounds >= 50; }));
    siege.check_good();
    const json part = siege.world.status("bad");
    CHECK_MESSAGE(part["state"] == "live", part.dump());
    CHECK_MESSAGE(part["session"]["dropped_messages"] == 0, part.dump());
    CHECK(bad.accepted() == 1);
    siege.world.must({"disable", "bad"});
}

TEST_SUITE_END();

}  // namespace restream::test
