// What is remembered of clients that were cut off, and how little memory that takes.
#include "ingest/cut_offs.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

#include "doctor/turned_away.hpp"
#include "ingest/publication_words.hpp"
#include "server/line_budget.hpp"

using namespace restream;
using namespace std::chrono_literals;

namespace {

const WallTime now = *from_iso8601("2026-01-31T20:14:03Z");

CutOff cut_off(CutOff::Role role, const std::string& address, const char* code,
               std::chrono::seconds ago = 0s) {
    CutOff one;
    one.role = role;
    one.when = now - ago;
    one.address = address;
    one.software = role == CutOff::Role::stranger ? "" : "FMLE/3.0";
    one.code = code;
    return one;
}

bool has(const std::vector<CutOff>& list, const std::string& address) {
    return std::ranges::find(list, address, &CutOff::address) != list.end();
}

}  // namespace

TEST_CASE("cut offs: the same client with the same reason is one entry with its count") {
    CutOffs all;
    for (int i = 9; i >= 0; --i) {
        all.note(cut_off(CutOff::Role::publisher, "10.0.0.1", "bad_rtmp", 1s * i));
    }
    all.note(cut_off(CutOff::Role::publisher, "10.0.0.1", "too_slow"));
    const auto list = all.latest();
    REQUIRE(list.size() == 2);
    CHECK(list[0].code == "too_slow");
    CHECK(list[1].times == 10);
    CHECK(list[1].when == now);
    CHECK(all.total() == 11);
}

TEST_CASE("cut offs: a port scan takes bounded memory and pushes out no publisher") {
    CutOffs all;
    all.note(cut_off(CutOff::Role::publisher, "192.168.1.7", "bad_rtmp", 60s));
    all.note(cut_off(CutOff::Role::client, "192.168.1.8", "nothing_asked", 50s));
    for (int i = 0; i < 10'000; ++i) {
        all.note(
            cut_off(CutOff::Role::stranger, fmt::format("10.0.{}.{}", i / 250, i % 250), "http"));
        all.note_silent_visit();
    }
    const auto list = all.latest();
    CHECK(list.size() == 2 + CutOffs::most_strangers);
    CHECK(has(list, "192.168.1.7"));
    CHECK(has(list, "192.168.1.8"));
    CHECK(all.total() == 10'002);
    CHECK(all.silent_visits() == 10'000);
}

TEST_CASE("cut offs: one address with many reasons pushes out its own entries first") {
    CutOffs all;
    all.note(cut_off(CutOff::Role::publisher, "192.168.1.7", "too_slow", 99s));
    for (const char* code :
         {"bad_rtmp", "silent", "too_slow", "nothing_asked", "did_not_read", "took_nothing",
          "too_far_behind", "replaced", "too_many_connections"}) {
        all.note(cut_off(CutOff::Role::publisher, "10.0.0.1", code));
    }
    CHECK(all.latest().size() == CutOffs::most_known);
    CHECK(has(all.latest(), "192.168.1.7"));
}

TEST_CASE("cut offs: words come from the code, with what more is known") {
    CutOff one = cut_off(CutOff::Role::client, "::1", "bad_rtmp");
    CHECK(describe_cut_off(one) == "sent bytes that are not valid RTMP");
    one.detail = "a chunk size of 0";
    CHECK(describe_cut_off(one) == "sent bytes that are not valid RTMP: a chunk size of 0");
    one.code = "a_code_of_the_future";
    CHECK(describe_cut_off(one) == "a_code_of_the_future: a chunk size of 0");
    for (const auto role : {CutOff::Role::publisher, CutOff::Role::player, CutOff::Role::client,
                            CutOff::Role::stranger}) {
        CutOff::Role again{};
        CHECK(read_cut_off_role(cut_off_role_name(role), again));
        CHECK(again == role);
    }
    CutOff::Role role{};
    CHECK_FALSE(read_cut_off_role("", role));
}

TEST_CASE("line budget: a flood is one line a second, and what was left out is counted") {
    LineBudget budget;
    SteadyTime at{1000s};
    int written = 0;
    for (int i = 0; i < 1000; ++i) written += budget.take(at);
    CHECK(written == LineBudget::most_at_once);
    CHECK(budget.take_left_out() == 980);
    CHECK(budget.take_left_out() == 0);
    for (int i = 0; i < 100; ++i) written += budget.take(at += 100ms);
    CHECK(written == LineBudget::most_at_once + 10);
    at += 3600s;
    for (int i = 0; i < 1000; ++i) written += budget.take(at);
    CHECK(written == 2 * LineBudget::most_at_once + 10);
}

TEST_CASE("publisher trouble: who was cut off lately is told, a scanner is not") {
    IngestConfig config;
    PublicationsRecord record;
    record.cut_offs = {cut_off(CutOff::Role::stranger, "10.0.0.9", "http", 1s),
                       cut_off(CutOff::Role::player, "10.0.0.8", "took_nothing", 2s)};
    CHECK_FALSE(publisher_trouble(record, config, now));
    record.cut_offs.push_back(cut_off(CutOff::Role::publisher, "10.0.0.7", "too_slow", 14s));
    const auto found = publisher_trouble(record, config, now);
    REQUIRE(found);
    CHECK(found->code == "publisher_cut_off");
    CHECK(
        found->message ==
        "nobody publishes, and the server cut somebody off 14 s ago: it sent a message too slowly");
    CHECK(found->cause == "it came from 10.0.0.7, FMLE/3.0");
    record.cut_offs = {cut_off(CutOff::Role::stranger, "10.0.0.7", "tls", 3s)};
    const auto tls = publisher_trouble(record, config, now);
    REQUIRE(tls);
    CHECK(tls->code == "publisher_spoke_tls");
    CHECK(tls->remedy == "make the program's Server rtmp://127.0.0.1:1935/live");
    // The later of the two is why nobody publishes now.
    IngestRefusal refusal;
    refusal.when = now - 1s;
    refusal.problem = "wrong stream key";
    record.refusals = {refusal};
    CHECK(publisher_trouble(record, config, now)->code == "publisher_refused_by_address");
    record.refusals[0].when = now - 5s;
    CHECK(publisher_trouble(record, config, now)->code == "publisher_spoke_tls");
}

TEST_CASE("doctor: who was refused or cut off is told, also while somebody publishes") {
    PublicationsRecord record;
    CHECK(check_turned_away(record, now).empty());
    record.cut_offs = {cut_off(CutOff::Role::publisher, "10.0.0.7", "bad_rtmp", 14s),
                       cut_off(CutOff::Role::stranger, "10.0.0.9", "http", 20s),
                       cut_off(CutOff::Role::publisher, "10.0.0.6", "too_slow", 700s),
                       cut_off(CutOff::Role::publisher, "10.0.0.5", "silent", 3700s)};
    record.cut_offs[0].times = 3;
    IngestRefusal refusal;
    refusal.when = now - 30s;
    refusal.address = "10.0.0.4";
    refusal.problem = "already publishing";
    record.refusals = {refusal};
    const auto found = check_turned_away(record, now);
    REQUIRE(found.size() == 4);
    CHECK(found[0].finding.message == "10.0.0.4 was refused 30 s ago (1 time): already publishing");
    CHECK(found[0].finding.severity == Severity::ok);
    CHECK(found[1].finding.message ==
          "the server cut 10.0.0.7 (FMLE/3.0) off 14 s ago (3 times): it sent bytes that are not "
          "valid RTMP");
    CHECK(found[1].finding.severity == Severity::warning);
    CHECK(found[2].finding.severity == Severity::ok);
    CHECK(found[3].finding.severity == Severity::ok);
}
