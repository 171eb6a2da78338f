// The rules of `explain`: each with the evidence for which it is there, and what is ambiguous.
#include <doctest/doctest.h>

#include "explain/rules.hpp"
#include "state/session_end.hpp"

using namespace restream;
using namespace std::chrono_literals;
using Family = Evidence::Family;
using Kind = Trouble::Kind;

namespace {

const WallTime begin = from_iso8601("2026-01-31T20:14:03Z").value();

Flow usual_flow() {
    Flow flow;
    flow.span_ms = 3'600'000;
    flow.in_kbps = flow.out_kbps = 6000;
    flow.in_messages = 77;
    flow.gap_ms = 40;
    flow.fps = 30;
    flow.queue_ms = 10;
    flow.rtt_ms = 20;
    return flow;
}

Witness steady(const std::string& name, Place place = Place::remote) {
    Witness witness{name, place, std::nullopt, usual_flow(), usual_flow()};
    witness.worst.span_ms = 10'000;
    return witness;
}

Witness affected(const std::string& name, Kind kind, const std::string& code = "",
                 Place place = Place::remote) {
    Witness witness = steady(name, place);
    std::string message;
    if (const auto known = parse_end_code(code)) message = describe({*known});
    witness.trouble = Trouble{name, kind, begin, begin + 8s, false, code, message};
    if (kind == Kind::slow) {
        witness.worst.queue_ms = 2800;
        witness.worst.drops = 140;
        witness.worst.out_kbps = 1500;
    }
    if (kind == Kind::ingest_gap) witness.worst.gap_ms = 3100;
    if (kind == Kind::ingest_thin) witness.worst.in_messages = 20;
    return witness;
}

Evidence evidence(Family family, std::vector<Witness> befallen, std::vector<Witness> well = {}) {
    return {family, begin, begin + 8s, false, std::move(befallen), std::move(well)};
}

Witness delayed(Witness witness, std::uint32_t late_ms, std::uint32_t wait_ms = 0,
                std::uint32_t stolen = 0) {
    witness.worst.late_ms = late_ms;
    witness.worst.wait_ms = wait_ms;
    witness.worst.stolen_percent = stolen;
    return witness;
}

struct Case {
    const char* what;
    Evidence evidence;
    const char* rule;
    Culprit culprit;
};

void check(const std::vector<Case>& cases) {
    for (const auto& each : cases) {
        CAPTURE(each.what);
        const Verdict verdict = judge(each.evidence);
        CHECK(verdict.rule == each.rule);
        CHECK(verdict.culprit == each.culprit);
        CHECK_FALSE(verdict.words.empty());
        // Who says that he does not know says what he would need.
        CHECK(verdict.needs.empty() == (each.culprit != Culprit::unknown));
    }
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("explain rules: a destination and its backup are one platform") {
    check({
        {"both fail, others do not",
         evidence(
             Family::way,
             {affected("a", Kind::slow), affected("a+backup", Kind::unreachable, "unreachable")},
             {steady("b")}),
         "destination_alone", Culprit::destination},
        {"both fail, and there is nothing to compare with",
         evidence(Family::way, {affected("a", Kind::slow), affected("a+backup", Kind::slow)}),
         "only_destination", Culprit::unknown},
        {"both fail, and another one does",
         evidence(Family::way, {affected("a", Kind::slow), affected("a+backup", Kind::slow),
                                affected("b", Kind::slow)}),
         "uplink", Culprit::uplink},
        {"only its own server fails, the backup does not",
         evidence(Family::way, {affected("a", Kind::slow)}, {steady("a+backup")}),
         "destination_alone", Culprit::destination},
    });
    const Verdict died =
        judge(evidence(Family::machine, {affected("a+backup", Kind::died, "gone")}));
    CHECK_MESSAGE(has(died.words, "a (backup)"), died.words);
    CHECK(has(died.remedy, "restream start a"));
    CHECK_FALSE(has(died.remedy, "+"));
}

TEST_CASE("explain rules: the ingest") {
    check({
        {"two lost it",
         evidence(Family::ingest, {affected("a", Kind::ingest_lost, "ingest_gone"),
                                   affected("b", Kind::ingest_lost, "no_publisher")}),
         "publisher_left", Culprit::encoder},
        {"the only one lost it",
         evidence(Family::ingest, {affected("a", Kind::ingest_lost, "ingest_gone")}),
         "publisher_left", Culprit::encoder},
        {"one saw the gap that came before the loss",
         evidence(Family::ingest, {affected("a", Kind::ingest_gap),
                                   affected("b", Kind::ingest_lost, "ingest_gone")}),
         "publisher_left", Culprit::encoder},
        {"a gap",
         evidence(Family::ingest,
                  {affected("a", Kind::ingest_gap), affected("b", Kind::ingest_gap)}),
         "encoder_gap", Culprit::encoder},
        {"less than usual",
         evidence(Family::ingest,
                  {affected("a", Kind::ingest_thin), affected("b", Kind::ingest_thin)}),
         "encoder_thin", Culprit::encoder},
        {"nothing answered there",
         evidence(Family::ingest, {affected("a", Kind::ingest_lost, "ingest_down"),
                                   affected("b", Kind::ingest_lost, "ingest_down")}),
         "ingest_server_down", Culprit::machine},
        {"one of two missed it",
         evidence(Family::ingest, {affected("a", Kind::ingest_gap)}, {steady("b")}),
         "ingest_missed_by_some", Culprit::unknown},
        {"one of three lost it",
         evidence(Family::ingest, {affected("a", Kind::ingest_lost, "ingest_gone")},
                  {steady("b"), steady("c")}),
         "ingest_missed_by_some", Culprit::unknown},
        {"a gap while the machine was busy",
         evidence(Family::ingest, {delayed(affected("a", Kind::ingest_gap), 2500),
                                   affected("b", Kind::ingest_gap)}),
         "machine_busy", Culprit::machine},
        {"a publisher that leaves a busy machine has left",
         evidence(Family::ingest, {delayed(affected("a", Kind::ingest_lost, "ingest_gone"), 2500)}),
         "publisher_left", Culprit::encoder},
        {"a delay that nobody feels is none",
         evidence(Family::ingest, {delayed(affected("a", Kind::ingest_gap), 150, 1300, 5)}),
         "encoder_gap", Culprit::encoder},
        {"a delay that is small beside the gap is none",
         evidence(Family::ingest, {delayed(affected("a", Kind::ingest_gap), 500)}), "encoder_gap",
         Culprit::encoder},
    });
}

TEST_CASE("explain rules: the uplink and destinations") {
    check({
        {"both remote ones were slow",
         evidence(Family::way, {affected("a", Kind::slow), affected("b", Kind::slow)}), "uplink",
         Culprit::uplink},
        {"one was slow, one stalled",
         evidence(Family::way, {affected("a", Kind::slow), affected("b", Kind::slow, "stalled")}),
         "uplink", Culprit::uplink},
        {"both could not be reached",
         evidence(Family::way, {affected("a", Kind::unreachable, "unreachable"),
                                affected("b", Kind::unreachable, "name_not_found")}),
         "uplink", Culprit::uplink},
        {"both broke; what stayed was here",
         evidence(Family::way,
                  {affected("a", Kind::closed, "reset"), affected("b", Kind::closed, "reset")},
                  {steady("here", Place::this_machine), steady("file", Place::file)}),
         "uplink", Culprit::uplink},
        {"one slow, one steady", evidence(Family::way, {affected("a", Kind::slow)}, {steady("b")}),
         "destination_alone", Culprit::destination},
        {"one stalled, two steady",
         evidence(Family::way, {affected("a", Kind::slow, "stalled")}, {steady("b"), steady("c")}),
         "destination_alone", Culprit::destination},
        {"one unreachable, one steady",
         evidence(Family::way, {affected("a", Kind::unreachable, "connect_timed_out")},
                  {steady("b")}),
         "destination_alone", Culprit::destination},
        {"the only one was closed by its server",
         evidence(Family::way, {affected("a", Kind::closed, "closed")}), "destination_alone",
         Culprit::destination},
        {"the only one has another host's certificate",
         evidence(Family::way, {affected("a", Kind::unreachable, "tls_wrong_host")}),
         "destination_alone", Culprit::destination},
        {"the only one, on this machine, was slow",
         evidence(Family::way, {affected("a", Kind::slow, "", Place::this_machine)}),
         "destination_alone", Culprit::destination},
        {"one here was slow, another here was not",
         evidence(Family::way, {affected("a", Kind::slow, "", Place::this_machine)},
                  {steady("b", Place::this_machine)}),
         "destination_alone", Culprit::destination},
        {"a key was refused",
         evidence(Family::way, {affected("a", Kind::refused, "publish_refused")}, {steady("b")}),
         "key_refused", Culprit::destination},
        {"the only one refused the key",
         evidence(Family::way, {affected("a", Kind::refused, "publish_refused")}), "key_refused",
         Culprit::destination},
    });
}

TEST_CASE("explain rules: where the evidence does not suffice, they say so") {
    Witness gapped = affected("a", Kind::slow);
    gapped.worst.gap_ms = 2000;
    check({
        {"the only one was slow", evidence(Family::way, {affected("a", Kind::slow)}),
         "only_destination", Culprit::unknown},
        {"the only one broke", evidence(Family::way, {affected("a", Kind::closed, "reset")}),
         "only_destination", Culprit::unknown},
        {"the only one could not be reached",
         evidence(Family::way, {affected("a", Kind::unreachable, "unreachable")}),
         "only_destination", Culprit::unknown},
        {"one was slow; a destination on this machine, which needs no uplink, was not",
         evidence(Family::way, {affected("a", Kind::slow)}, {steady("b", Place::this_machine)}),
         "only_destination", Culprit::unknown},
        {"one was slow; a file was not",
         evidence(Family::way, {affected("a", Kind::slow)}, {steady("b", Place::file)}),
         "only_destination", Culprit::unknown},
        {"two of three were slow",
         evidence(Family::way, {affected("a", Kind::slow), affected("b", Kind::slow)},
                  {steady("c")}),
         "destinations_some", Culprit::unknown},
        {"two on this machine were slow",
         evidence(Family::way, {affected("a", Kind::slow, "", Place::this_machine),
                                affected("b", Kind::slow, "", Place::this_machine)}),
         "destinations_some", Culprit::unknown},
        {"one remote and one here were slow",
         evidence(Family::way,
                  {affected("a", Kind::slow), affected("b", Kind::slow, "", Place::this_machine)}),
         "destinations_some", Culprit::unknown},
        {"both were slow, and the ingest had gaps",
         evidence(Family::way, {gapped, affected("b", Kind::slow)}), "uplink_and_ingest",
         Culprit::unknown},
    });
}

TEST_CASE("explain rules: this machine") {
    check({
        {"a turn came late and messages waited",
         evidence(Family::way, {delayed(affected("a", Kind::slow), 900)}, {steady("b")}),
         "machine_busy", Culprit::machine},
        {"both waited for a processor",
         evidence(Family::way, {delayed(affected("a", Kind::slow), 0, 2600),
                                delayed(affected("b", Kind::slow), 0, 1900)}),
         "machine_busy", Culprit::machine},
        {"others took its processors",
         evidence(Family::way, {delayed(affected("a", Kind::slow), 0, 0, 35)}), "machine_busy",
         Culprit::machine},
        {"only late", evidence(Family::machine, {delayed(affected("a", Kind::late), 1800)}),
         "machine_busy", Culprit::machine},
        {"a key that is refused by a busy machine's destination is refused",
         evidence(Family::way, {delayed(affected("a", Kind::refused, "publish_refused"), 5000)}),
         "key_refused", Culprit::destination},
        {"crashed", evidence(Family::machine, {affected("a", Kind::died, "crashed")}),
         "worker_died", Culprit::machine},
        {"killed", evidence(Family::machine, {affected("a", Kind::died, "killed")}), "worker_died",
         Culprit::machine},
        {"gone", evidence(Family::machine, {affected("a", Kind::died, "gone")}), "worker_died",
         Culprit::machine},
        {"rebooted",
         evidence(Family::machine,
                  {affected("a", Kind::died, "rebooted"), affected("b", Kind::died, "rebooted")}),
         "worker_died", Culprit::machine},
        {"the disk was full", evidence(Family::machine, {affected("a", Kind::disk, "disk_full")}),
         "disk_failed", Culprit::machine},
        {"the state folder was full",
         evidence(Family::machine, {affected("a", Kind::disk, "unwritten")}), "disk_failed",
         Culprit::machine},
        {"a file was slow",
         evidence(Family::way, {affected("a", Kind::slow, "", Place::file)}, {steady("b")}),
         "file_slow", Culprit::machine},
        {"no key",
         evidence(Family::machine, {affected("a", Kind::configuration, "key_unavailable")}),
         "configuration_invalid", Culprit::machine},
    });
}

TEST_CASE("explain rules: words have the figures that show it") {
    const Verdict gap = judge(evidence(
        Family::ingest, {affected("a", Kind::ingest_gap), affected("b", Kind::ingest_gap)}));
    CHECK_MESSAGE(has(gap.words, "3.1 s"), gap.words);
    CHECK_MESSAGE(has(gap.words, "both relays"), gap.words);
    const Verdict line =
        judge(evidence(Family::way, {affected("a", Kind::slow), affected("b", Kind::slow)}));
    CHECK_MESSAGE(has(line.words, "12000 kbit/s"), line.words);
    CHECK_MESSAGE(has(line.words, "3000 went out"), line.words);
    CHECK_MESSAGE(has(line.words, "2.8 s"), line.words);
    CHECK_MESSAGE(has(line.words, "140 were dropped"), line.words);
    Witness far = affected("a", Kind::slow);
    far.worst.rtt_ms = 480;
    const Verdict one = judge(evidence(Family::way, {far}, {steady("b")}));
    CHECK_MESSAGE(has(one.words, "from 20 to 480 ms"), one.words);
    CHECK_MESSAGE(has(one.words, "b went on"), one.words);
    const Verdict key =
        judge(evidence(Family::way, {affected("a", Kind::refused, "publish_refused")}));
    CHECK_MESSAGE(has(key.words, "refused the stream key"), key.words);
    CHECK_MESSAGE(has(key.remedy, "restream key a"), key.remedy);
    const Verdict busy =
        judge(evidence(Family::way, {delayed(affected("a", Kind::slow), 900, 2100, 35)}));
    CHECK_MESSAGE(has(busy.words, "900 ms late"), busy.words);
    CHECK_MESSAGE(has(busy.words, "2.1 s for a processor"), busy.words);
    CHECK_MESSAGE(has(busy.words, "35 %"), busy.words);
}

TEST_CASE("explain rules: each has a name of its own") {
    for (const Rule& each : rules()) {
        int count = 0;
        for (const Rule& other : rules()) count += other.name == each.name ? 1 : 0;
        CAPTURE(each.name);
        CHECK(count == 1);
    }
}
