#include "ingest/publications_record.hpp"

#include <doctest/doctest.h>

#include "temporary_folder.hpp"

using namespace restream;

namespace {

PublicationsRecord full() {
    PublicationsRecord record;
    const WallTime when = *from_iso8601("2026-01-31T20:14:03.120Z");
    record.written = when;
    PublicationRecord one{"live", when, "192.168.1.7", "FMLE/3.0", {}, 1ULL << 40, 6128, 20, {}};
    one.media.video = VideoTrack{"h264", "High", 1920, 1080, 29.97, 6000, 2.0, true};
    one.media.audio = AudioTrack{"aac", "LC", 48000, 2, 128};
    one.gop = Milliseconds(1999);
    PublicationRecord two{"cam/***", when, "::1", "", {}, 0, 0, 0, {}};
    two.media.audio = AudioTrack{"opus", "", 0, 0, std::nullopt};
    PublicationRecord three{"x", when, "::1", "", {}, 0, 0, 0, {}};
    three.media.video = VideoTrack{"av1", "", 0, 0, {}, {}, {}, {}};
    record.publications = {one, two, three};
    record.refusals = {
        {IngestRefusal::Wish::publish, when, "192.168.1.8", "OBS", "wrong stream key", 12},
        {IngestRefusal::Wish::play, when, "10.0.0.1", "", "playing is not allowed", 1}};
    record.connections = 23;
    record.dropped_players = 4;
    record.cut_offs = {
        {CutOff::Role::publisher, when, "192.168.1.9", "OBS", "bad_rtmp", "a chunk size of 0", 3},
        {CutOff::Role::stranger, when, "10.0.0.2", "", "http", "", 1}};
    record.cut_off_count = 4;
    record.silent_visits = 7;
    record.listen_problem = "[::1]:1935 is taken by nginx (PID 17)";
    return record;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("publications record: what is written is read again") {
    CHECK(publications_from_json(to_json(full())) == full());
    CHECK(publications_from_json(to_json({})) == PublicationsRecord{});
    CHECK(to_json(full()).find('\n') == to_json(full()).size() - 1);
}

TEST_CASE("publications record: one by an older server, which knows no cut offs, is read") {
    PublicationsRecord old = full();
    old.cut_offs.clear();
    old.cut_off_count = old.silent_visits = 0;
    old.listen_problem.clear();
    std::string text = to_json(old);
    for (const char* each :
         {R"("cut_off_count":0,)", R"("cut_offs":[],)", R"("silent_visits":0,)"}) {
        text = replaced(text, each, "");
    }
    CHECK(publications_from_json(text) == old);
    const std::string good = to_json(full());
    for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
             {R"("role":"stranger")", R"("role":"x")"},
             {R"("cut_off_count":4)", R"("cut_off_count":-4)"},
             {R"("cut_offs":[)", R"("cut_offs":[5,)"},
             {R"("detail":"a chunk size of 0")", R"("detail":0)"}}) {
        CAPTURE(to);
        CHECK(!publications_from_json(replaced(good, from, to)).has_value());
    }
}

TEST_CASE(
    "publications record: who is on the air is told where there is a backup, and only there") {
    PublicationsRecord record = full();
    CHECK(to_json(record).find("on_air") == std::string::npos);
    CHECK(to_json(record).find(R"("role":"primary")") == std::string::npos);
    CHECK(record.played("live")->path == "live");
    record.publications[0].role = EncoderRole::primary;
    record.publications[1].role = EncoderRole::backup;
    record.on_air = OnAirRecord{EncoderRole::backup, record.written};
    CHECK(publications_from_json(to_json(record)) == record);
    CHECK(record.find(EncoderRole::primary)->path == "live");
    CHECK(record.played("live")->path == "cam/***");
    const std::string good = to_json(record);
    for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
             {R"("on_air":"backup")", R"("on_air":"both")"},
             {R"("on_air":"backup")", R"("on_air":1)"},
             {R"("on_air_since":)", R"("on_air_sinze":)"},
             {R"("on_air_since":")", R"("on_air_since":"x)"},
             {R"("role":"primary")", R"("role":"")"},
             {R"("role":"primary")", R"("role":null)"}}) {
        CAPTURE(to);
        CHECK(!publications_from_json(replaced(good, from, to)).has_value());
    }
    record.publications.clear();
    CHECK(record.played("live") == nullptr);
}

TEST_CASE("publications record: what is not known is null") {
    const std::string text = to_json(full());
    CHECK(text.find(R"("width":null)") != std::string::npos);
    CHECK(text.find(R"("b_frames":null)") != std::string::npos);
    CHECK(text.find(R"("video":null)") != std::string::npos);
}

TEST_CASE("publications record: text that is no UTF-8 is written, too") {
    PublicationsRecord record;
    record.refusals = {{IngestRefusal::Wish::publish, {}, "::1", "bad \xff\xfe", "x", 1}};
    const auto again = publications_from_json(to_json(record));
    REQUIRE(again.has_value());
    CHECK(again->refusals.front().software.starts_with("bad "));
}

TEST_CASE("publications record: what is torn, foreign or of another shape is no record") {
    const std::string good = to_json(full());
    const std::vector<std::string> bad = {
        "",
        "{}",
        "[]",
        "null",
        "nonsense",
        good.substr(0, good.size() / 2),
        replaced(good, R"("schema":1)", R"("schema":2)"),
        replaced(good, R"("schema":1)", R"("schema":"1")"),
        replaced(good, R"("schema":1)", R"("schemb":1)"),
        replaced(good, R"("connections":23)", R"("connections":-1)"),
        replaced(good, R"("connections":23)", R"("connections":4294967296)"),
        replaced(good, R"("connections":23)", R"("connections":null)"),
        replaced(good, R"("times":12)", R"("times":1.5)"),
        replaced(good, R"("wish":"play")", R"("wish":"look")"),
        replaced(good, R"("fps":29.97)", R"("fps":"fast")"),
        replaced(good, R"("b_frames":true)", R"("b_frames":1)"),
        replaced(good, R"("width":1920)", R"("width":19.2)"),
        replaced(good, R"("audio":null)", R"("audio":[])"),
        replaced(good, R"("gop_ms":1999)", R"("gop_ms":-5)"),
        replaced(good, R"("path":"live")", R"("path":7)"),
        replaced(good, R"("written":"2026)", R"("written":"x2026)"),
        replaced(good, R"("publications":[)", R"("publications":[5,)"),
        replaced(good, R"("refusals":[)", R"("refusals":[null,)"),
    };
    for (const std::string& each : bad) {
        CAPTURE(each);
        CHECK(!publications_from_json(each).has_value());
    }
    CHECK(!publications_from_json(replaced(good, R"("refusals":[)", R"("refusals":{},"x":[)")));
}

TEST_CASE("publications record: it is found by path, and counts while the server lives") {
    CHECK(full().find("live")->players == 20);
    CHECK(full().find("cam") == nullptr);
    const tests::TemporaryFolder folder;
    const Layout layout(folder.path());
    CHECK(!last_publications(layout).has_value());
    folder.write("run/publications.json", to_json(full()));
    CHECK(last_publications(layout) == full());
    CHECK(!live_publications(layout).has_value());
}
