// What is said of the ingest: who publishes, who was refused, what OBS must be given.
#include "status/ingest_view.hpp"

#include <doctest/doctest.h>

#include "ingest/address.hpp"
#include "ingest/control.hpp"
#include "status/values_json.hpp"

using namespace restream;
using namespace std::chrono_literals;

namespace {

const WallTime now = *from_iso8601("2026-01-31T20:14:03Z");

PublicationRecord published(const std::string& path) {
    PublicationRecord record;
    record.path = path;
    record.since = now - 90s;
    record.address = "192.168.1.7";
    record.software = "FMLE/3.0";
    VideoTrack& video = record.media.video.emplace();
    video.codec = "h264";
    video.width = 1280;
    video.height = 720;
    record.players = 2;
    return record;
}

IngestRefusal refused(const std::string& problem, std::chrono::seconds ago) {
    IngestRefusal refusal;
    refusal.when = now - ago;
    refusal.address = "192.168.1.9";
    refusal.problem = problem;
    return refusal;
}

IngestConfig playing(const std::string& path) {
    IngestConfig config;
    config.url = "rtmp://127.0.0.1:1935/" + path;
    return config;
}

bool says(const std::string& text, const std::string& part) {
    CAPTURE(text);
    CAPTURE(part);
    const bool is_said = text.find(part) != std::string::npos;
    CHECK(is_said);
    return is_said;
}

}  // namespace

TEST_CASE("ingest path: what relays play is named as the server names it") {
    CHECK(played_path(playing("live")) == "live");
    CHECK(played_path(playing("live/")) == "live");
    CHECK(played_path(playing("live//k4")) == "live/k4");
    CHECK(played_path(playing("live/k4?a=1/2")) == "live/k4");
    CHECK(played_path(playing("live?a=1")) == "live");
}

TEST_CASE("publisher trouble: none where the right path is published, or nobody tried") {
    PublicationsRecord record;
    CHECK_FALSE(publisher_trouble(record, playing("live"), now));
    record.publications = {published("other"), published("live")};
    record.refusals = {refused("wrong stream key", 5s)};
    CHECK_FALSE(publisher_trouble(record, playing("live"), now));
}

TEST_CASE("publisher trouble: a picture that goes to another path, and what helps") {
    const auto trouble = [](const char* path, const char* played) {
        PublicationsRecord record;
        record.publications = {published(path)};
        const auto found = publisher_trouble(record, playing(played), now);
        REQUIRE(found);
        return *found;
    };
    const auto keyed = trouble("live/***", "live");
    says(keyed.message, "somebody publishes to live with a stream key, but relays play it without");
    says(keyed.remedy, "empty OBS's Stream Key field");
    const auto unkeyed = trouble("live", "live/k4");
    says(unkeyed.message, "another stream key than relays play");
    says(unkeyed.remedy, "what follows \"/live/\"");
    const auto elsewhere = trouble("studio", "live/k4");
    says(elsewhere.message, "somebody publishes to studio, but relays play live/***");
    says(elsewhere.remedy, "make OBS's Server rtmp://127.0.0.1:1935/live");
    CHECK(keyed.code == "publisher_key_unused");
    CHECK(unkeyed.code == "publisher_key_differs");
    CHECK(elsewhere.code == "publisher_application");
    for (const auto& each : {keyed, unkeyed, elsewhere}) {
        CHECK(json_of(each.values).dump().find("k4") == std::string::npos);
        CHECK(each.message.find("k4") == std::string::npos);
        CHECK(each.remedy.find("k4") == std::string::npos);
    }
}

TEST_CASE("publisher trouble: who was refused lately is told with what helps") {
    PublicationsRecord record;
    record.refusals = {refused("wrong stream key", 14s)};
    IngestConfig config = playing("live");
    config.publish_key = KeyText{Secret("sesame-7")};
    const auto keyed = publisher_trouble(record, config, now);
    REQUIRE(keyed);
    says(keyed->message, "somebody was refused 14 s ago: wrong stream key");
    says(keyed->cause, "it came from 192.168.1.9");
    CHECK(keyed->code == "publisher_refused_by_key");
    CHECK(json_of(keyed->values).dump() ==
          R"({"ago_s":14,"refusal":"wrong_key","publisher":"192.168.1.9"})");
    says(keyed->remedy, "must be the value of publish_key");
    config.publish_key = std::monostate();
    says(publisher_trouble(record, config, now)->remedy, "add its address to allow_publish");
    record.refusals = {refused("wrong stream key", 601s)};
    CHECK_FALSE(publisher_trouble(record, config, now));
    record.refusals = {refused("playing from this address is not allowed", 1s)};
    record.refusals[0].wish = IngestRefusal::Wish::play;
    CHECK_FALSE(publisher_trouble(record, config, now));
}

TEST_CASE("ingest view: who publishes, for how long, with what, and who was turned away") {
    IngestView view;
    view.status.url = "rtmp://127.0.0.1:1935/live";
    view.status.state = IngestState::live;
    view.played = published("live");
    view.embedded.emplace().refusals = {refused("wrong stream key", 3s), refused("b", 4s),
                                        refused("c", 5s), refused("d", 6s)};
    view.embedded->refusals[0].times = 7;
    const std::string text = to_text(view, now);
    says(text, "embedded at rtmp://127.0.0.1:1935/live: somebody publishes\n");
    says(text, "  from 192.168.1.7 for 1 min, FMLE/3.0\n");
    says(text, "  1280x720 h264, no sound\n");
    says(text, "  2 players\n");
    says(text, "  refused 3 s ago: publisher from 192.168.1.9: wrong stream key (7 times)\n");
    CHECK(text.find("6 s ago") == std::string::npos);
    const std::string json = to_json(view);
    says(json, "\"address\": \"192.168.1.7\"");
    says(json, "\"times\": 7");
    says(json, "\"problem\": \"d\"");
    says(json, "\"running\": null");
    CutOff& cut_off = view.embedded->cut_offs.emplace_back();
    cut_off = {CutOff::Role::publisher, now - 9s, "10.0.0.1", "FMLE/3.0", "bad_rtmp", "x", 2};
    view.embedded->cut_off_count = 2;
    says(to_text(view, now),
         "  cut off 9 s ago: publisher from 10.0.0.1, FMLE/3.0: it sent bytes that are not valid "
         "RTMP: x (2 times)\n");
    const std::string more = to_json(view);
    says(more, "\"role\": \"publisher\"");
    says(more, "\"code\": \"bad_rtmp\"");
    says(more, "\"problem\": \"sent bytes that are not valid RTMP: x\"");
    says(more, "\"cut_off_count\": 2");
}

TEST_CASE("ingest view: who of primary and backup is on the air, and what the other one does") {
    IngestView view;
    view.embedded.emplace().publications = {published("live"), published("live/backup")};
    view.embedded->publications[0].role = EncoderRole::primary;
    view.embedded->publications[1].role = EncoderRole::backup;
    view.embedded->on_air = OnAirRecord{EncoderRole::backup, now - 125s};
    view.played = *view.embedded->played("live");
    CHECK(view.played->path == "live/backup");
    std::string text = to_text(view, now);
    says(text, "  on the air for 2 min: the backup\n");
    says(text, "  the primary publishes, too: from 192.168.1.7 for 1 min, FMLE/3.0\n    1280x720");
    says(to_json(view), "\"on_air\": \"backup\"");
    says(to_json(view), "\"path\": \"live/backup\"");
    view.embedded->publications.erase(view.embedded->publications.begin());
    says(to_text(view, now), "  the primary does not publish\n");
    says(to_json(view), "\"primary\": null");
    view.embedded->on_air.reset();
    says(to_json(view), "\"on_air\": null");
    CHECK(to_text(view, now).find("on the air") == std::string::npos);
    IngestConfig config = playing("live");
    config.backup = "backup";
    says(obs_settings(config), "In the backup encoder, the same but:\n  Stream Key:  backup\n");
    config.publish_key = KeyText{Secret("CANARY-1")};
    says(obs_settings(config), "  Stream Key:  (the same)/backup\n");
}

TEST_CASE("ingest view: a server of another kind than the configuration wants is told") {
    IngestView view;
    view.record.emplace().kind = IngestServer::nginx;
    says(to_text(view, now),
         "nginx runs, but restream.toml wants the embedded server; 'restream ingest restart'");
    view.status.server = IngestServer::external;
    says(to_text(view, now), "'restream ingest stop' ends it");
    says(to_json(view), "\"running\": \"nginx\"");
}

TEST_CASE("ingest view: what nginx carries reads as everywhere else") {
    IngestView view;
    view.nginx = NginxPublication{"live",
                                  Secret(""),
                                  true,
                                  2,
                                  0,
                                  NginxVideo{"h264", 1280, 720, 29.97},
                                  NginxAudio{"aac", 2, 48000}};
    says(to_text(view, now), "  1280x720 29.97 fps h264, aac 48 kHz stereo\n  1 player\n");
    says(to_json(view), "\"fps\": 29.97");
    says(to_json(view), "\"codec\": \"h264\"");
    view.nginx->audio->channels = 1;
    says(to_text(view, now), "aac 48 kHz mono");
}

TEST_CASE("obs settings: say where the key is, never the key") {
    IngestConfig config = playing("live");
    says(obs_settings(config), "Server:      rtmp://127.0.0.1:1935/live\n");
    says(obs_settings(config), "Stream Key:  (leave it empty)");
    config.publish_key = KeyText{Secret("CANARY-1")};
    says(obs_settings(config), "Server:      rtmp://127.0.0.1:1935/live\n");
    says(obs_settings(config), "Stream Key:  (the value of publish_key in restream.toml)");
    config.url += "/CANARY-2";
    says(obs_settings(config), "Server:      (the whole of [ingest] url)");
    config.listen_host = "0.0.0.0";
    says(obs_settings(config), "put this one's address");
    config.publish_key = std::monostate();
    says(obs_settings(config), "what follows \"/live/\" in [ingest] url");
    CHECK(obs_settings(config).find("CANARY") == std::string::npos);
}
