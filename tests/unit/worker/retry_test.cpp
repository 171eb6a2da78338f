// What comes after each end of a session.
#include "worker/retry.hpp"

#include <doctest/doctest.h>

#include "state/record.hpp"

using namespace restream;
using namespace std::chrono_literals;

namespace {

constexpr SteadyTime start = SteadyTime(1h);
constexpr SessionFacts never_accepted{};
constexpr SessionFacts ran_well{true, true, false, 60s};
constexpr PlatformFacts plain{};
constexpr PlatformFacts twitch{4s, true};
constexpr PlatformFacts single_use{0s, false};

}  // namespace

TEST_CASE("retry: waits grow by half from 1 s to 60 s, and are any part of that") {
    Backoff backoff;
    CHECK(backoff.next(0) == 1000ms);
    CHECK(backoff.next(0) == 1500ms);
    CHECK(backoff.next(0) == 2250ms);
    for (int i = 0; i < 20; ++i) backoff.next(0);
    CHECK(backoff.next(0) == 60s);
    CHECK(backoff.next(0.5) == 30s);
    CHECK(backoff.next(0.999) == Backoff::shortest);
    backoff.reset();
    CHECK(backoff.next(0) == 1000ms);
}

TEST_CASE("retry: a failure that may pass is tried again, ever later, without end") {
    RetryPolicy policy;
    Milliseconds last{0};
    for (int i = 0; i < 50; ++i) {
        const auto next =
            policy.after({EndCode::connection_refused}, never_accepted, plain, start, 0);
        CHECK(next.kind == NextTry::Kind::after);
        CHECK(next.wait >= last);
        CHECK(next.wait <= 60s);
        last = next.wait;
    }
    CHECK(last == 60s);
}

TEST_CASE("retry: only confirmed flow resets the wait") {
    RetryPolicy policy;
    for (int i = 0; i < 5; ++i)
        policy.after({EndCode::connection_refused}, never_accepted, plain, start, 0);
    const SessionFacts short_one{true, false, false, 3s};
    CHECK(policy.after({EndCode::closed}, short_one, plain, start, 0).wait > 5s);
    CHECK(policy.after({EndCode::closed}, ran_well, plain, start, 0).kind ==
          NextTry::Kind::at_once);
    CHECK(policy.after({EndCode::connection_refused}, never_accepted, plain, start, 0).wait ==
          1000ms);
}

TEST_CASE("retry: a session that ended because the ingest did resets the wait as any other") {
    constexpr SessionFacts in_order{true, true, true, 60s};
    RetryPolicy policy;
    for (int i = 0; i < 20; ++i)
        policy.after({EndCode::connection_refused}, never_accepted, plain, start, 0);
    policy.after({EndCode::reset}, SessionFacts{true, false, false, 3s}, plain, start, 0);
    CHECK(policy.dirty_end());
    for (const auto code : {EndCode::ingest_gone, EndCode::tracks_changed}) {
        CHECK(policy.after({code}, in_order, plain, start, 0).kind == NextTry::Kind::at_once);
    }
    CHECK_FALSE(policy.dirty_end());
    CHECK(policy.after({EndCode::connection_refused}, never_accepted, plain, start, 0).wait ==
          1000ms);
}

TEST_CASE("retry: one change of tracks is followed at once, a loop of them backs off") {
    RetryPolicy policy;
    constexpr SessionFacts short_one{true, false, true, 2s};
    const SessionEnd changed{EndCode::tracks_changed};
    CHECK(policy.after(changed, short_one, plain, start, 0).kind == NextTry::Kind::at_once);
    Milliseconds last{0};
    for (int i = 0; i < 20; ++i) {
        const auto next = policy.after(changed, short_one, plain, start, 0);
        CHECK(next.kind == NextTry::Kind::after);
        CHECK(next.shown.code == EndCode::tracks_changed);
        CHECK(next.wait >= last);
        last = next.wait;
        // What is nobody's fault between them is no flow.
        policy.after({EndCode::ingest_gone}, short_one, plain, start, 0);
    }
    CHECK(last == 60s);
    // Only flow begins it anew.
    CHECK(policy.after(changed, ran_well, plain, start, 0).kind == NextTry::Kind::at_once);
    CHECK(policy.after(changed, short_one, plain, start, 0).kind == NextTry::Kind::at_once);
    CHECK(policy.after(changed, short_one, plain, start, 0).wait == 1000ms);
}

TEST_CASE(
    "retry: a refused key is rejected: for long where keys last, until the user acts where not") {
    RetryPolicy policy;
    const auto lasting = policy.after({EndCode::publish_refused}, never_accepted, plain, start, 0);
    CHECK(lasting.kind == NextTry::Kind::after_long);
    CHECK(lasting.wait == 5min);
    CHECK(policy.after({EndCode::publish_refused}, never_accepted, single_use, start, 0).kind ==
          NextTry::Kind::after_user);
    for (const auto code :
         {EndCode::key_unavailable, EndCode::config_invalid, EndCode::not_supported}) {
        CHECK(policy.after({code}, never_accepted, plain, start, 0).kind ==
              NextTry::Kind::after_user);
    }
}

TEST_CASE("retry: what an uplink that fails does to all is not mended by all at once") {
    for (const auto code : {EndCode::reset, EndCode::unreachable, EndCode::stalled}) {
        RetryPolicy policy;
        const auto next = policy.after({code}, ran_well, plain, start, 0.4);
        CHECK(next.kind == NextTry::Kind::after);
        CHECK(next.wait == 400ms);
    }
    RetryPolicy policy;
    CHECK(policy.after({EndCode::closed}, ran_well, plain, start, 0.4).kind ==
          NextTry::Kind::at_once);
}

TEST_CASE("retry: a quick refusal after a dirty end reads as a session that is still held") {
    RetryPolicy policy;
    CHECK(policy.after({EndCode::closed}, ran_well, plain, start, 0).kind ==
          NextTry::Kind::at_once);
    SteadyTime now = start;
    int held = 0;
    for (;;) {
        const auto next = policy.after({EndCode::publish_refused}, never_accepted, plain, now, 0.5);
        if (next.kind != NextTry::Kind::after) {
            CHECK(next.kind == NextTry::Kind::after_long);
            CHECK(next.shown.code == EndCode::publish_refused);
            break;
        }
        CHECK(next.shown.code == EndCode::session_held);
        REQUIRE(++held < 40);
        now += next.wait;
    }
    CHECK(held >= 2);
    CHECK(now - start >= 90s);
    CHECK(now - start <= 91s);
}

TEST_CASE("retry: a key that another session uses is tried again, as it may be let go") {
    RetryPolicy policy;
    auto next = policy.after({EndCode::already_published}, never_accepted, plain, start, 0);
    CHECK(next.kind == NextTry::Kind::after);
    CHECK(next.shown.code == EndCode::already_published);
    CHECK(next.wait == 1s);
    next = policy.after({EndCode::already_published}, never_accepted, plain, start, 0);
    CHECK(next.wait == 1500ms);
    // After a session that broke off, the other session is ours.
    policy.remember_dirty_end(start - 10s);
    next = policy.after({EndCode::already_published}, never_accepted, plain, start, 0);
    CHECK(next.shown.code == EndCode::session_held);
    next = policy.after({EndCode::already_published}, never_accepted, plain, start + 81s, 0);
    CHECK(next.shown.code == EndCode::already_published);
    CHECK(next.kind == NextTry::Kind::after);
}

TEST_CASE("retry: a refusal after a goodbye is a refusal") {
    RetryPolicy policy;
    policy.after({EndCode::reset}, ran_well, plain, start, 0);
    policy.after({EndCode::failed}, {true, true, true, 60s}, plain, start, 0);
    CHECK(policy.after({EndCode::publish_refused}, never_accepted, plain, start, 0).kind ==
          NextTry::Kind::after_long);
}

TEST_CASE("retry: an earlier life's dirty end counts, for 90 s") {
    RetryPolicy policy;
    policy.remember_dirty_end(start - 30s);
    CHECK(policy.after({EndCode::publish_refused}, never_accepted, plain, start, 0).shown.code ==
          EndCode::session_held);
    RetryPolicy late;
    late.remember_dirty_end(start - 91s);
    CHECK(late.after({EndCode::publish_refused}, never_accepted, plain, start, 0).shown.code ==
          EndCode::publish_refused);
}

TEST_CASE(
    "retry: closed within the time a platform takes to check a key is a bad key, told as such") {
    RetryPolicy policy;
    const SessionFacts early{true, false, false, 3s};
    auto next = policy.after({EndCode::closed}, early, twitch, start, 0);
    CHECK(next.shown.code == EndCode::closed_early);
    CHECK(next.kind == NextTry::Kind::after);
    next = policy.after({EndCode::closed}, early, twitch, start, 0);
    CHECK(next.shown.code ==
          EndCode::closed_early);  // never "still held": it ended no good session
    next = policy.after({EndCode::reset}, early, twitch, start, 0);
    CHECK(next.kind == NextTry::Kind::after_long);
    CHECK(policy.after({EndCode::closed}, early, plain, start, 0).shown.code == EndCode::closed);
    policy.forgive();
    CHECK(policy.after({EndCode::closed}, early, twitch, start, 0).kind == NextTry::Kind::after);
}

TEST_CASE("retry: every end has its words, and a remedy names the destination") {
    for (int i = 0; i <= static_cast<int>(EndCode::no_record); ++i) {
        const auto code = static_cast<EndCode>(i);
        CAPTURE(i);
        CHECK_FALSE(end_code_name(code).empty());
        CHECK_FALSE(describe({code}).empty());
        CHECK(remedy(code, "yt").find('{') == std::string::npos);
        if (is_refusal(code)) CHECK_FALSE(remedy(code, "yt").empty());
        for (int j = 0; j < i; ++j)
            CHECK(end_code_name(code) != end_code_name(static_cast<EndCode>(j)));
    }
    for (const auto name : end_code_names()) {
        for (const char* detail : {"", "1.2.3.4:443", "BadName (x)"}) {
            const SessionEnd end{*parse_end_code(name), detail};
            CHECK(to_session_end(to_reason(end, "yt")) == end);
        }
    }
    CHECK_FALSE(to_session_end({"another", "words", ""}));
    CHECK(remedy(EndCode::publish_refused, "yt") == "copy a fresh key and run 'restream key yt'");
    CHECK(describe({EndCode::publish_refused, "BadName"}) ==
          "the server refused the stream key (BadName)");
}
