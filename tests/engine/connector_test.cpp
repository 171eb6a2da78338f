// From a name to a connection: who is asked, in which order, for how long.
#include <doctest/doctest.h>

#include <boost/asio/post.hpp>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stdexcept>

#include "engine/listener.hpp"
#include "net/connector_asio.hpp"
#include "net/look_up.hpp"

using namespace restream;
using namespace restream::test;
using namespace std::chrono_literals;
using Cause = RtmpEnding::Cause;

namespace {

/// A resolver that answers when it is let go.
class SlowResolver {
  public:
    ~SlowResolver() { let_go(); }

    LookUp how() {
        return [gate = gate_](const std::string&) {
            std::unique_lock lock(gate->mutex);
            ++gate->asked;
            gate->changed.notify_all();
            gate->changed.wait(lock, [&] { return gate->is_open; });
            ++gate->left;
            gate->changed.notify_all();
            return LookedUp{{"127.0.0.1"}};
        };
    }
    void wait_until_asked() {
        std::unique_lock lock(gate_->mutex);
        REQUIRE(gate_->changed.wait_for(lock, 10s, [&] { return gate_->asked > 0; }));
    }
    void let_go() {
        std::unique_lock lock(gate_->mutex);
        gate_->is_open = true;
        gate_->changed.notify_all();
        gate_->changed.wait_for(lock, 10s, [&] { return gate_->left == gate_->asked; });
    }

  private:
    struct Gate {
        std::mutex mutex;
        std::condition_variable changed;
        bool is_open = false;
        int asked = 0;
        int left = 0;
    };
    std::shared_ptr<Gate> gate_ = std::make_shared<Gate>();
};

/// What came of it, and when.
struct Outcome {
    std::optional<RtmpEnding> ending;
    std::string peer;  ///< where it is connected
    SteadyClock::duration took{};
};

Outcome connect(const std::string& host, int port, LookUp how = {},
                SteadyClock::duration patience = 10s) {
    Loop loop;
    Outcome outcome;
    bool is_done = false;
    const auto begun = SteadyClock::now();
    Connector connector(loop, host, port, std::move(how), Deadline::after(patience),
                        [&](Connector::Result result) {
                            is_done = true;
                            outcome.took = SteadyClock::now() - begun;
                            if (auto* ending = std::get_if<RtmpEnding>(&result)) {
                                outcome.ending = *ending;
                            } else {
                                const auto& socket = std::get<boost::asio::ip::tcp::socket>(result);
                                outcome.peer = socket.remote_endpoint().address().to_string();
                            }
                        });
    CHECK(!is_done);  // never by the constructor
    const Deadline last = Deadline::after(patience + 10s);
    while (!is_done && !last.has_passed()) loop.run_once(last);
    REQUIRE(is_done);
    return outcome;
}

LookUp answer(std::vector<std::string> addresses, std::string problem = {}) {
    return [=](const std::string&) { return LookedUp{addresses, problem}; };
}

/// True where one of a few tries took less: a busy machine may keep any one of them waiting.
bool once_within(SteadyClock::duration span, const std::function<Outcome()>& attempt) {
    for (int i = 0; i < 5; ++i) {
        if (attempt().took < span) return true;
    }
    return false;
}

LookUp nobody_asks() {
    return [](const std::string& host) -> LookedUp { throw std::logic_error("asked for " + host); };
}

}  // namespace

TEST_CASE("connector: numeric addresses are connected to without asking anybody") {
    const Listener four;
    CHECK(connect("127.0.0.1", four.port(), nobody_asks()).peer == "127.0.0.1");
    const Listener six("::1");
    CHECK(connect("::1", six.port(), nobody_asks()).peer == "::1");
}

TEST_CASE("connector: a name is looked up by the system") {
    const Listener listener;
    const Outcome outcome = connect("localhost", listener.port());
    CHECK(outcome.peer == "127.0.0.1");
}

TEST_CASE("connector: a refusal names the address") {
    const ClosedPort closed;
    const Outcome outcome = connect("127.0.0.1", closed.port());
    REQUIRE(outcome.ending);
    CHECK(outcome.ending->cause == Cause::connection_refused);
    CHECK(outcome.ending->detail ==
          "127.0.0.1:" + std::to_string(closed.port()) + ": Connection refused");
}

TEST_CASE("connector: an address without a way to it is unreachable") {
    const Outcome outcome = connect("255.255.255.255", 1935);
    REQUIRE(outcome.ending);
    CHECK(outcome.ending->cause == Cause::unreachable);
    CHECK(outcome.ending->detail == "255.255.255.255:1935: Network is unreachable");
}

TEST_CASE("connector: a name without an address says what the system said") {
    const Outcome outcome = connect("no.such.host.invalid", 1935, answer({}, "Host not found"));
    REQUIRE(outcome.ending);
    CHECK(outcome.ending->cause == Cause::name_not_found);
    CHECK(outcome.ending->detail == "no.such.host.invalid: Host not found");
}

TEST_CASE("connector: answers of the resolver that are no addresses count for nothing") {
    for (const auto& addresses : std::vector<std::vector<std::string>>{
             {}, {""}, {"localhost"}, {"999.1.1.1", "1.2.3", ":::"}, {"1.2.3.4 "}}) {
        const Outcome outcome = connect("h", 1935, answer(addresses));
        REQUIRE(outcome.ending);
        CHECK(outcome.ending->cause == Cause::name_not_found);
    }
}

TEST_CASE("connector: a resolver that throws is a name that was not found") {
    const Outcome outcome = connect("h", 1935, nobody_asks());
    REQUIRE(outcome.ending);
    CHECK(outcome.ending->cause == Cause::name_not_found);
    CHECK(outcome.ending->detail == "h: asked for h");
}

TEST_CASE("connector: where one address refuses, the next one is tried at once") {
    const Listener listener;
    CHECK(once_within(200ms, [&] {
        Outcome outcome = connect("h", listener.port(), answer({"::1", "127.0.0.1"}));
        CHECK(outcome.peer == "127.0.0.1");
        return outcome;
    }));
}

TEST_CASE("connector: kinds of addresses take turns") {
    const Listener listener;
    // Nobody listens on any ::1: the one IPv4 address is the second, not the last.
    const Outcome outcome =
        connect("h", listener.port(), answer({"::1", "::2", "::3", "::4", "127.0.0.1"}));
    CHECK(outcome.peer == "127.0.0.1");
}

TEST_CASE("connector: where all addresses fail, each is named and a refusal counts most") {
    const ClosedPort closed;
    const Outcome outcome =
        connect("h", closed.port(), answer({"127.0.0.1", "255.255.255.255", "127.0.0.1"}));
    REQUIRE(outcome.ending);
    CHECK(outcome.ending->cause == Cause::connection_refused);
    CHECK(outcome.ending->detail.find("127.0.0.1:") != std::string::npos);
    CHECK(outcome.ending->detail.find("255.255.255.255:") != std::string::npos);
    CHECK(outcome.ending->detail.rfind("127.0.0.1:") == outcome.ending->detail.find("127.0.0.1:"));
}

TEST_CASE("connector: an address that does not answer has a head start, no more") {
    auto [silent, listener] = listen_on_both();
    silent.fall_silent();
    const Outcome outcome = connect("h", listener.port(), answer({"::1", "127.0.0.1"}));
    CHECK(outcome.peer == "127.0.0.1");
    CHECK(outcome.took >= 250ms);
    CHECK(outcome.took < 5s);
}

TEST_CASE("connector: a short deadline is shared among the addresses") {
    auto [silent, listener] = listen_on_both();
    silent.fall_silent();
    // Half of it each: less than a head start.
    const auto patience = 400ms;
    CHECK(once_within(patience, [&] {
        return connect("h", listener.port(), answer({"::1", "127.0.0.1"}), patience);
    }));
}

TEST_CASE("connector: where no address answers, the time is out at the deadline") {
    auto [six, four] = listen_on_both();
    six.fall_silent();
    four.fall_silent();
    const Outcome outcome = connect("h", six.port(), answer({"::1", "127.0.0.1"}), 300ms);
    REQUIRE(outcome.ending);
    CHECK(outcome.ending->cause == Cause::connect_timed_out);
    CHECK(outcome.ending->detail.find("[::1]:") != std::string::npos);
    CHECK(outcome.ending->detail.find("127.0.0.1:") != std::string::npos);
    CHECK(outcome.took >= 300ms);
    CHECK(outcome.took < 5s);
}

TEST_CASE("connector: a resolver that hangs costs no more than the deadline") {
    SlowResolver resolver;
    const Outcome outcome = connect("h", 1935, resolver.how(), 30ms);
    REQUIRE(outcome.ending);
    CHECK(outcome.ending->cause == Cause::name_not_found);
    CHECK(outcome.ending->detail == "h: no answer to the look-up in time");
    CHECK(outcome.took >= 30ms);
}

TEST_CASE("connector: connector and loop go while the resolver hangs") {
    SlowResolver resolver;
    bool is_called = false;
    const auto begun = SteadyClock::now();
    {
        Loop loop;
        const Connector connector(loop, "h", 1935, resolver.how(), long_enough(),
                                  [&](const Connector::Result&) { is_called = true; });
        resolver.wait_until_asked();
    }
    CHECK(SteadyClock::now() - begun < 5s);
    resolver.let_go();
    CHECK(!is_called);
}

TEST_CASE("connector: an answer for a connector that is gone is dropped by the loop") {
    SlowResolver resolver;
    bool is_called = false;
    Loop loop;
    {
        const Connector connector(loop, "h", 1935, resolver.how(), long_enough(),
                                  [&](const Connector::Result&) { is_called = true; });
        resolver.wait_until_asked();
    }
    resolver.let_go();
    loop.run_once(Deadline::after(20ms));
    CHECK(!is_called);
}

TEST_CASE("connector: gone at any moment, it leaves nothing behind") {
    const Listener listener;
    const auto before = count_descriptors();
    const auto threads = count_threads();
    for (int turns = 0; turns < 4; ++turns) {
        Loop loop;
        const Connector connector(loop, "h", listener.port(), answer({"::1", "127.0.0.1"}),
                                  long_enough(), [](const Connector::Result&) {});
        for (int i = 0; i < turns; ++i) loop.run_once(Deadline::after(5ms));
    }
    CHECK(wait_until(long_enough(), [&] { return count_threads() <= threads; }));
    CHECK(count_descriptors() == before);
}
