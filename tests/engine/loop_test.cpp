// What a Loop promises to its thread, and to others.
#include "net/loop.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <thread>
#include <vector>

#include "engine/listener.hpp"
#include "net/loop_asio.hpp"

using namespace restream;
using namespace std::chrono_literals;
using test::long_enough;

TEST_CASE("loop: with nothing to do it waits until the deadline") {
    Loop loop;
    const auto begun = SteadyClock::now();
    loop.run_once(Deadline::after(20ms));
    CHECK(SteadyClock::now() - begun >= 20ms);
}

TEST_CASE("loop: what is ready is handled also where the deadline has passed") {
    Loop loop;
    bool is_handled = false;
    boost::asio::post(loop.inside().context, [&] { is_handled = true; });
    loop.run_once(Deadline::after(-1s));
    CHECK(is_handled);
}

TEST_CASE("loop: a turn handles one thing, in the order in which they came") {
    Loop loop;
    std::vector<int> handled;
    for (int i = 0; i < 3; ++i) {
        boost::asio::post(loop.inside().context, [&handled, i] { handled.push_back(i); });
    }
    loop.run_once(long_enough());
    CHECK(handled == std::vector{0});
    loop.run_once(long_enough());
    loop.run_once(long_enough());
    CHECK(handled == std::vector{0, 1, 2});
}

TEST_CASE("loop: what makes itself ready again and again does not keep its owner out") {
    Loop loop;
    int handled = 0;
    std::function<void()> again = [&] {
        ++handled;
        boost::asio::post(loop.inside().context, again);
    };
    again();
    loop.run_once(long_enough());
    CHECK(handled == 2);
}

TEST_CASE("loop: wake() from another thread ends the wait") {
    Loop loop;
    std::thread other([&] { loop.wake(); });
    const auto begun = SteadyClock::now();
    loop.run_once(Deadline::after(60s));
    CHECK(SteadyClock::now() - begun < 30s);
    other.join();
}

TEST_CASE("loop: wake() before the wait ends the next one, and only that one") {
    Loop loop;
    for (int i = 0; i < 1000; ++i) loop.wake();
    const auto begun = SteadyClock::now();
    loop.run_once(Deadline::after(60s));
    CHECK(SteadyClock::now() - begun < 30s);
    const auto next = SteadyClock::now();
    loop.run_once(Deadline::after(20ms));
    CHECK(SteadyClock::now() - next >= 20ms);
}

TEST_CASE("loop: a timer that is due ends the wait") {
    Loop loop;
    boost::asio::steady_timer timer(loop.inside().context, 5ms);
    bool is_due = false;
    timer.async_wait([&](const auto&) { is_due = true; });
    const auto begun = SteadyClock::now();
    loop.run_once(Deadline::after(60s));
    CHECK(is_due);
    CHECK(SteadyClock::now() - begun < 30s);
}

TEST_CASE("loop: what others post to a loop that is gone is dropped") {
    bool is_handled = false;
    std::shared_ptr<LoopInbox> inbox;
    {
        Loop loop;
        inbox = loop.inside().inbox;
    }
    inbox->post([&] { is_handled = true; });
    CHECK(!is_handled);
}

TEST_CASE("loop: it leaves no descriptor behind") {
    const auto before = test::count_descriptors();
    for (int i = 0; i < 10; ++i) {
        Loop loop;
        loop.wake();
        loop.run_once(long_enough());
    }
    CHECK(test::count_descriptors() == before);
}
