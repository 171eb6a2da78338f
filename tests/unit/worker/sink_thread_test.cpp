// A library that blocks, behind a sink that does not.
#include "worker/sink_thread.hpp"

#include <doctest/doctest.h>

#include <atomic>

#include "unit/tags.hpp"

using namespace restream;
using namespace restream::test;
using namespace std::chrono_literals;

namespace {

/// What the blocking side does; the test holds and lets go.
struct Library {
    std::optional<SessionEnd> refusal;
    std::optional<SessionEnd> failure;
    std::atomic<bool> opens = true;   ///< false: opening blocks until it is true or cancelled
    std::atomic<bool> writes = true;  ///< the same for write()
    std::atomic<int> written = 0;
    std::atomic<int> goodbyes = 0;
    std::atomic<int> open = 0;

    bool block(const std::atomic<bool>& until, const Cancel& cancel) const {
        return wait_until(
                   Deadline::after(5s), [&] { return until.load() || cancel.is_requested(); },
                   1ms) &&
               until.load();
    }
    OpenSink opener();
};

class LibrarySink final : public BlockingSink {
  public:
    LibrarySink(Library& library, const Cancel& cancel) : library_(library), cancel_(cancel) {
        ++library.open;
    }
    ~LibrarySink() override { --library_.open; }
    std::optional<SessionEnd> write(const Tag&) override {
        if (!library_.block(library_.writes, cancel_)) return SessionEnd{EndCode::stopped};
        ++library_.written;
        return library_.failure;
    }
    void finish(const Deadline&) override { ++library_.goodbyes; }
    std::string file_name() const override { return "a.flv"; }

  private:
    Library& library_;
    const Cancel& cancel_;
};

OpenSink Library::opener() {
    return on_thread([this](const SinkRequest&, const Cancel& cancel) -> OpenedSink {
        if (!block(opens, cancel)) return SessionEnd{EndCode::stopped};
        if (refusal) return *refusal;
        return std::make_unique<LibrarySink>(*this, cancel);
    });
}

/// Runs the loop until it is so: the sink has to wake it.
bool run_until(Loop& loop, const std::function<bool()>& is_so) {
    const Deadline deadline = Deadline::after(3s);
    while (!is_so()) {
        if (deadline.has_passed()) return false;
        loop.run_once(deadline);
    }
    return true;
}

}  // namespace

TEST_CASE("sink thread: accepts, writes in order, and says goodbye") {
    Loop loop;
    Library library;
    const auto sink = library.opener()({}, loop);
    REQUIRE(run_until(loop, [&] { return sink->is_accepted(); }));
    CHECK(sink->file_name() == "a.flv");
    for (std::uint32_t i = 0; i < 20; ++i) {
        REQUIRE(run_until(loop, [&] { return sink->is_ready(); }));
        sink->write(audio(i));
    }
    sink->finish(Deadline::after(1s));
    REQUIRE(run_until(loop, [&] { return sink->end().has_value(); }));
    CHECK(sink->end()->code == EndCode::stopped);
    CHECK(library.goodbyes == 1);
    CHECK(library.written >= 19);
    CHECK(library.open == 0);
}

TEST_CASE("sink thread: is not ready while the library is busy") {
    Loop loop;
    Library library;
    library.writes = false;
    const auto sink = library.opener()({}, loop);
    REQUIRE(run_until(loop, [&] { return sink->is_ready(); }));
    sink->write(audio(0));
    CHECK_FALSE(sink->is_ready());
    library.writes = true;
    CHECK(run_until(loop, [&] { return sink->is_ready(); }));
    CHECK(library.written == 1);
}

TEST_CASE("sink thread: a refusal and a failed write are ends") {
    Loop loop;
    {
        Library library;
        library.refusal = SessionEnd{EndCode::disk_full, "a"};
        const auto sink = library.opener()({}, loop);
        REQUIRE(run_until(loop, [&] { return sink->end().has_value(); }));
        CHECK(sink->end() == library.refusal);
        CHECK_FALSE(sink->is_accepted());
        CHECK_FALSE(sink->is_ready());
    }
    Library library;
    library.failure = SessionEnd{EndCode::file_failed, "b"};
    const auto sink = library.opener()({}, loop);
    REQUIRE(run_until(loop, [&] { return sink->is_ready(); }));
    sink->write(audio(0));
    REQUIRE(run_until(loop, [&] { return sink->end().has_value(); }));
    CHECK(sink->end() == library.failure);
    CHECK(sink->is_accepted());
    CHECK_FALSE(sink->is_ready());
    CHECK(library.goodbyes == 0);
}

TEST_CASE("sink thread: a goodbye ends an opening and a write that block") {
    Loop loop;
    {
        Library library;
        library.opens = false;
        const auto sink = library.opener()({}, loop);
        sink->finish(Deadline::after(1s));
        REQUIRE(run_until(loop, [&] { return sink->end().has_value(); }));
        CHECK(sink->end()->code == EndCode::stopped);
    }
    Library library;
    library.writes = false;
    const auto sink = library.opener()({}, loop);
    REQUIRE(run_until(loop, [&] { return sink->is_ready(); }));
    sink->write(audio(0));
    sink->finish(Deadline::after(1s));
    REQUIRE(run_until(loop, [&] { return sink->end().has_value(); }));
    CHECK(sink->end()->code == EndCode::stopped);
    CHECK(library.goodbyes == 1);
}

TEST_CASE("sink thread: dropped at any step, it ends without a goodbye") {
    Loop loop;
    for (const int step : {0, 1, 2}) {
        CAPTURE(step);
        Library library;
        library.opens = step > 0;
        library.writes = step < 2;
        const auto begun = SteadyClock::now();
        {
            const auto sink = library.opener()({}, loop);
            if (step > 0) REQUIRE(run_until(loop, [&] { return sink->is_ready(); }));
            if (step > 1) sink->write(audio(0));
        }
        CHECK(SteadyClock::now() - begun < 1s);
        CHECK(library.goodbyes == 0);
        CHECK(library.open == 0);
    }
}
