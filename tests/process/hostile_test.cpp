// The embedded ingest among hostile peers: the live publisher and its relays lose nothing.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <list>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "engine/raw_client.hpp"
#include "process/patience.hpp"
#include "process/rtmp_tags.hpp"
#include "process/rude_bytes.hpp"
#include "process/tag_publisher.hpp"
#include "process/tag_server.hpp"
#include "process/world.hpp"

namespace restream::test {

using nlohmann::json;
using std::chrono::seconds;

TEST_SUITE_BEGIN("hostile");

namespace {

/// Of gigabytes that are claimed. Sanitizers keep what was freed for a while. **Unit**: kilobytes.
constexpr long most_growth_kb = 128 * 1024;

/// What stands behind `label`, which begins a line.
long number_in(const std::string& path, const std::string& label) {
    const std::string text = content_of(path);
    const auto at = text.find("\n" + label);
    REQUIRE(at != std::string::npos);
    const auto digits = text.find_first_of("0123456789", at);
    long number = 0;
    std::from_chars(text.data() + digits, text.data() + text.size(), number);
    return number;
}

/// **Unit**: kilobytes; what the process has for itself, and its share of what it shares.
long pss_of(int pid) { return number_in(fmt::format("/proc/{}/smaps_rollup", pid), "Pss:"); }

/// The test's own soft limit of descriptors, up to the hard one. Until it goes.
class MoreDescriptors {
  public:
    explicit MoreDescriptors(rlim_t count) {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        rlimit wanted = before_;
        wanted.rlim_cur = std::min(std::max(wanted.rlim_cur, count), wanted.rlim_max);
        REQUIRE(wanted.rlim_cur >= count);
        ::setrlimit(RLIMIT_NOFILE, &wanted);
    }
    ~MoreDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
    MoreDescriptors(const MoreDescriptors&) = delete;
    MoreDescriptors& operator=(const MoreDescriptors&) = delete;

  private:
    rlimit before_{};
};

/// Without waiting for who does not read.
void say(const Fd& socket, std::string_view text) {
    (void)::send(static_cast<int>(socket.native()), text.data(), text.size(),
                 MSG_DONTWAIT | MSG_NOSIGNAL);
}

/// C0, C1 and C2.
std::string greeting() { return "\x03" + std::string(1536, '\0') + std::string(1536, 'x'); }

/// connect, with this for its object.
std::string connect_with(const std::string& object) {
    return message(
        20, bytes({2, 0, 7}) + "connect" + bytes({0, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0}) + object);
}

/// Plays, and reads nothing once it is accepted.
class DeafPlayer {
  public:
    explicit DeafPlayer(int port) : socket_(connect_to(port)) {
        const int few = 4096;
        ::setsockopt(static_cast<int>(socket_.native()), SOL_SOCKET, SO_RCVBUF, &few, sizeof few);
        const std::string app =
            bytes({3, 0, 3}) + "app" + bytes({2, 0, 4}) + "live" + bytes({0, 0, 9});
        const std::string null = "\x05";
        say(socket_, greeting() + connect_with(app) +
                         message(20, bytes({2, 0, 12}) + "createStream" + two() + null) +
                         message(20, bytes({2, 0, 4}) + "play" + two() + null + bytes({2, 0, 0})));
    }

  private:
    /// A transaction's number.
    static std::string two() { return bytes({0, 0x40, 0, 0, 0, 0, 0, 0, 0}); }
    Fd socket_;
};

/// What is said by one who has not published yet, and ends his connection soon.
struct Rudeness {
    std::string what;
    std::string says;
};

std::vector<Rudeness> rudenesses() {
    const std::string huge_count = bytes({0xff, 0xff, 0xff, 0xff});
    return {
        {"garbage", std::string(5000, '\xff')},
        {"HTTP", "GET / HTTP/1.1\r\nHost: live.example\r\n\r\n"},
        {"a TLS hello", bytes({0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3}) + std::string(505, 'r')},
        {"a message of 16 MB", greeting() + bytes({3, 0, 0, 0, 0xff, 0xff, 0xff, 20, 0, 0, 0, 0})},
        {"16 MB of sound", greeting() + bytes({4, 0, 0, 0, 0xff, 0xff, 0xff, 8, 1, 0, 0, 0})},
        {"chunks of no size", greeting() + message(1, bytes({0, 0, 0, 0}))},
        {"a chunk size cut off", greeting() + message(1, bytes({0, 1}))},
        {"chunks that continue nothing", greeting() + std::string(500, '\xc5')},
        {"objects in objects", greeting() + connect_with(nested(15'000))},
        {"an array of 4 billion", greeting() + connect_with("\x0a" + huge_count)},
        {"a map of 4 billion", greeting() + connect_with("\x08" + huge_count)},
        {"a string that is longer than all", greeting() + connect_with("\x0c" + huge_count)},
        {"nonsense for a command", greeting() + message(20, "zzzz")},
    };
}

/// A live broadcast with two relays.
class Broadcast {
  public:
    explicit Broadcast(const std::string& ingest_fields = "", const std::string& key = "") {
        world_.configure("", ingest_fields);
        world_.must({"ingest", "start"});
        publish_numbers(publisher_, world_.ingest_url(), key);
        world_.add("one", one_.url(), "k3y-1");
        world_.add("two", two_.url(), "k3y-2");
        world_.must({"enable", "one", "two"});
        server_ = world_.status()["ingest"]["worker_pid"].get<int>();
        check("before");
        pss_before_ = pss_of(server_);
    }
    int port() const { return world_.ingest_port(); }
    const World& world() const { return world_; }

    /// What is sent now arrives, and nothing is missing.
    void check(const std::string& after) const {
        CAPTURE(after);
        const std::uint32_t now = publisher_->counted();
        for (const TagServer* each : {&one_, &two_}) {
            CHECK(each->wait_for([now](const auto& sessions) {
                return !sessions.empty() && !sessions.back().tags.empty() &&
                       number_of(sessions.back().tags.back()).value_or(0) >= now;
            }));
            const auto sessions = each->sessions();
            REQUIRE(sessions.size() == 1);
            CHECK(!sessions[0].has_ended);
            const Numbers numbers = numbers_of(sessions[0].tags);
            CHECK(numbers.gaps == 0);
            CHECK(numbers.count == numbers.last - numbers.first + 1);
        }
        CHECK(!publisher_->ending());
    }
    /// So many play, the relays among them.
    bool wait_players(int count) const {
        return wait_until(
            Patience(seconds(40)), [&] { return world_.ingest()["players"] == count; },
            Milliseconds(100));
    }
    /// It takes others as if nothing had happened.
    void check_open() const {
        CountedTime took;
        CHECK_NOTHROW(RawPublisher(port(), "new"));
        CHECK(has_picture());
        CHECK(took.passed() < seconds(2));
    }
    /// A new player gets a keyframe.
    bool has_picture() const {
        Loop loop;
        ClientConnection::Request request;
        request.endpoint = *play_endpoint(world_.ingest_url());
        ClientConnection player(loop, request);
        const Deadline deadline = long_enough();
        while (!deadline.has_passed() && !player.ending()) {
            const auto event = player.poll();
            if (const auto* tag = std::get_if<Tag>(&event)) {
                const auto facts =
                    tag->type == TagType::video ? video_facts(tag->bytes()) : std::nullopt;
                if (facts && facts->is_keyframe) return true;
            } else {
                loop.run_once(deadline);
            }
        }
        return false;
    }
    /// The most that the server ever had in memory. **Unit**: kilobytes.
    long peak_kb() const { return number_in(fmt::format("/proc/{}/status", server_), "VmHWM:"); }
    /// The server is the same, and has not grown by much.
    void check_memory() const {
        CHECK(world_.status()["ingest"]["worker_pid"] == server_);
        const long now = pss_of(server_);
        CAPTURE(pss_before_);
        CAPTURE(now);
        CHECK(now - pss_before_ < most_growth_kb);
    }

  private:
    World world_{IngestServer::embedded};
    TagServer one_, two_;
    std::optional<TagPublisher> publisher_;
    int server_ = -1;
    long pss_before_ = 0;
};

}  // namespace

TEST_CASE("hostile: rude, slow, endless and silent peers cost the live ones nothing") {
    const MoreDescriptors descriptors(4096);
    const Broadcast live;

    // Who takes his time, from now on: a handshake of one byte now and then, a message that does
    // not end, a player that does not read.
    std::list<Fd> slow;
    for (int i = 0; i < 40; ++i) slow.push_back(connect_to(live.port()));
    RawPublisher endless(live.port(), "endless");
    endless.send_raw(std::vector<std::uint8_t>{6, 0, 0, 0, 0x7a, 0x12, 0, 9, 1, 0, 0, 0});
    const DeafPlayer deaf(live.port());
    REQUIRE(live.wait_players(3));

    std::list<Fd> rude;
    for (const Rudeness& each : rudenesses()) {
        for (int i = 0; i < 20; ++i) {
            rude.push_back(connect_to(live.port()));
            say(rude.back(), each.says);
        }
        for (const Fd& loris : slow) say(loris, "\x03");
        endless.send_raw(std::vector<std::uint8_t>{0});
        live.check(each.what);
    }
    live.check_open();
    for (const Fd& each : rude) CHECK(is_closed_by_peer(each, long_enough()));

    std::list<Fd> silent;
    for (int i = 0; i < 1000; ++i) silent.push_back(connect_to(live.port()));
    live.check("1,000 that say nothing");
    live.check_open();

    // All that take their time are out at last.
    for (const auto* each : {&slow, &silent}) {
        for (const Fd& peer : *each) CHECK(is_closed_by_peer(peer, long_enough()));
    }
    CHECK(wait_until(Patience(seconds(30)), [&] {
        endless.send_raw(std::vector<std::uint8_t>{0});
        return is_closed_by_peer(endless.fd(), Deadline::after(Milliseconds(50)));
    }));
    CHECK(live.wait_players(2));
    live.check("all are out");
    live.check_open();
    live.check_memory();
}

TEST_CASE("hostile: forty players that never read have a bound together, and relays lose nothing") {
    const Broadcast live;
    RawPublisher load(live.port(), "load");
    std::list<RawPlayer> deaf;
    for (int i = 0; i < 40; ++i) deaf.emplace_back(live.port(), "load");
    REQUIRE(live.wait_players(2));
    const long before = live.peak_kb();
    // Of so short messages each player's queue has a copy, less than a player may leave waiting.
    const std::vector<std::uint8_t> sound(250, 0x2f);
    for (std::uint32_t i = 0; i < 60'000; ++i) {
        load.send(make_tag(TagType::audio, RtmpTime(i), sound));
        if (i % 20'000 == 0) live.check("some of the load");
    }
    live.check("all of the load");
    // A sanitizer keeps what was freed, and is so slow that the players' time is over first.
    if (!is_short()) {
        const json cut_offs = live.world().ingest()["cut_offs"];
        CHECK_MESSAGE(
            std::ranges::any_of(cut_offs,
                                [](const json& each) { return each["code"] == "memory_short"; }),
            cut_offs.dump());
        const Outcome doctor = live.world().run({"doctor"});
        CHECK_MESSAGE(doctor.output.find("took too much memory") != std::string::npos,
                      doctor.describe());
        const long grown = live.peak_kb() - before;
        CAPTURE(grown);
        // 256 MiB, and what the heap loses between queues that grow.
        CHECK(grown < 400 * 1024);
    }
    live.check_open();
}

TEST_CASE("hostile: publishers that misbehave end themselves alone") {
    const Broadcast live;
    const std::vector<Rudeness> cases = {
        {"a message of 16 MB", bytes({6, 0, 0, 0, 0xff, 0xff, 0xff, 9, 1, 0, 0, 0})},
        {"chunks of no size", bytes({2, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0})},
        {"chunks that continue nothing", std::string(1000, '\xff')},
    };
    for (const Rudeness& each : cases) {
        CAPTURE(each.what);
        std::list<RawPublisher> publishers;
        for (int i = 0; i < 4; ++i) {
            RawPublisher& bad = publishers.emplace_back(live.port(), fmt::format("bad{}", i));
            bad.send(numbered_tag(0));
            bad.send_raw(
                {reinterpret_cast<const std::uint8_t*>(each.says.data()), each.says.size()});
        }
        live.check(each.what);
        for (const RawPublisher& bad : publishers)
            CHECK(is_closed_by_peer(bad.fd(), long_enough()));
    }
    // Metadata is read, for what it says of the picture.
    for (const std::string& bomb : {nested(60'000), "\x0a" + std::string(4, '\xff'),
                                    "\x08" + std::string(4, '\xff') + std::string(200'000, '\0')}) {
        RawPublisher publisher(live.port(), "bomb");
        const std::string text = bytes({2, 0, 10}) + "onMetaData" + bomb;
        publisher.send(make_tag(TagType::script, RtmpTime(),
                                {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}));
        publisher.send(numbered_tag(0));
        live.check("metadata");
    }
    // The name is taken.
    CHECK_THROWS(RawPublisher(live.port(), "live"));
    live.check("a second publisher");
    live.check_open();
    live.check_memory();
}

TEST_CASE("hostile: who hammers with wrong keys does not get in, nor in the way") {
    const std::string key = "canary7f3a";
    const Broadcast live("publish_key = \"" + key + "\"", key);
    int refused = 0;
    for (int i = 0; i < 200; ++i) {
        try {
            const RawPublisher guess(live.port(), fmt::format("live/canary{}", i));
        } catch (const std::runtime_error&) {
            ++refused;
        }
        if (i % 50 == 0) live.check("wrong keys");
    }
    CHECK(refused == 200);
    // Not even with the right one while the first is live, nor without any.
    CHECK_THROWS(RawPublisher(live.port(), "live/" + key));
    CHECK_THROWS(RawPublisher(live.port(), "live"));
    live.check("wrong keys");
    CHECK(live.has_picture());
    live.check_memory();
    const Outcome status = live.world().run({"ingest", "status", "--json"});
    CHECK_MESSAGE(status.output.find("canary") == std::string::npos, status.output);
    CHECK(live.world().logs().find("canary") == std::string::npos);
}

TEST_SUITE_END();

}  // namespace restream::test
