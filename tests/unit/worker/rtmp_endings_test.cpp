// What the ends of RTMP connections mean, and what connect announces.
#include "worker/rtmp_endings.hpp"

#include <doctest/doctest.h>

#include "unit/tags.hpp"
#include "worker/rtmp_sink.hpp"

using namespace restream;
using namespace restream::test;
using namespace std::chrono_literals;
using Cause = RtmpEnding::Cause;

namespace {

const RtmpEndpoint endpoint = *publish_endpoint("rtmps://live.example/app", Secret("word"));

struct Row {
    Cause cause;
    std::string_view said;
    std::string_view code;
    std::string_view detail;
};

}  // namespace

TEST_CASE("ends: each way in which a destination's connection ends has its own reason") {
    const Row rows[] = {
        {Cause::stopped, "", "stopped", ""},
        {Cause::name_not_found, "", "name_not_found", "live.example"},
        {Cause::connection_refused, "", "connection_refused", "rtmps://live.example:443"},
        {Cause::connection_refused, "1.2.3.4:443: refused", "connection_refused",
         "1.2.3.4:443: refused"},
        {Cause::unreachable, "", "unreachable", "rtmps://live.example:443"},
        {Cause::connect_timed_out, "", "connect_timed_out", "rtmps://live.example:443"},
        {Cause::tls_wrong_host, "", "tls_wrong_host", "live.example"},
        {Cause::tls_expired, "", "tls_expired", "live.example"},
        {Cause::tls_untrusted, "live.example: self-signed", "tls_untrusted",
         "live.example: self-signed"},
        {Cause::tls_failed, "wrong version number", "tls_failed", "wrong version number"},
        {Cause::handshake_timed_out, "", "handshake_timed_out", "rtmps://live.example:443"},
        {Cause::answer_timed_out, "no answer to publish", "connect_timed_out",
         "no answer to publish"},
        {Cause::app_refused, "NetConnection.Connect.Rejected: no", "app_refused",
         "NetConnection.Connect.Rejected: no"},
        {Cause::app_refused, "", "app_refused", "it closed the connection"},
        {Cause::name_refused, "NetStream.Publish.BadName: Already publishing", "already_published",
         "NetStream.Publish.BadName: Already publishing"},
        {Cause::name_refused, "", "publish_refused", "it closed the connection"},
        {Cause::closed, "", "closed", ""},
        {Cause::reset, "Connection reset by peer", "reset", "Connection reset by peer"},
        {Cause::stalled, "took nothing for 10 s", "stalled", "took nothing for 10 s"},
        {Cause::malformed, "", "not_rtmp", "rtmps://live.example:443"},
        {Cause::malformed, "a version of 72", "not_rtmp",
         "rtmps://live.example:443: a version of 72"},
        {Cause::failed, "why", "failed", "why"},
        {Cause::failed, "", "failed", "rtmps://live.example:443"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.code);
        const SessionEnd end =
            destination_end({row.cause, std::string(row.said)}, endpoint, PublishStep::accepted);
        CHECK(end_code_name(end.code) == row.code);
        CHECK(end.detail == row.detail);
        CHECK(describe(end).find("word") == std::string::npos);
    }
    // What never took the session cannot have closed or broken it. So does a TLS server that is
    // spoken to in plain RTMP.
    for (const Cause cause : {Cause::closed, Cause::reset}) {
        const SessionEnd end =
            destination_end({cause, "gone before the handshake"}, endpoint, PublishStep::opening);
        CHECK(end == SessionEnd{EndCode::not_rtmp, "gone before the handshake"});
    }
}

TEST_CASE("ends: an ingest that cannot be played is down, refuses, or has no publisher") {
    struct IngestRow {
        Cause cause;
        std::string_view said;
        PlayStep step;
        std::string_view code;
    };
    const IngestRow rows[] = {
        {Cause::name_not_found, "", PlayStep::opening, "ingest_down"},
        {Cause::connection_refused, "", PlayStep::opening, "ingest_down"},
        {Cause::connect_timed_out, "", PlayStep::opening, "ingest_down"},
        {Cause::handshake_timed_out, "", PlayStep::opening, "ingest_down"},
        {Cause::answer_timed_out, "", PlayStep::opening, "ingest_down"},
        {Cause::malformed, "", PlayStep::opening, "ingest_down"},
        {Cause::closed, "", PlayStep::opening, "ingest_down"},
        {Cause::app_refused, "no", PlayStep::opening, "ingest_refused"},
        {Cause::name_refused, "NetStream.Play.Failed: denied", PlayStep::opening, "ingest_refused"},
        {Cause::name_refused, "NetStream.Play.StreamNotFound: No such stream", PlayStep::opening,
         "no_publisher"},
        {Cause::closed, "", PlayStep::refusable, "ingest_refused"},
        {Cause::reset, "", PlayStep::refusable, "ingest_refused"},
        {Cause::closed, "", PlayStep::silent, "ingest_down"},
        {Cause::reset, "", PlayStep::silent, "ingest_down"},
        {Cause::closed, "", PlayStep::had_message, "ingest_gone"},
        {Cause::reset, "", PlayStep::had_message, "ingest_gone"},
        {Cause::stalled, "", PlayStep::had_message, "ingest_gone"},
        {Cause::malformed, "", PlayStep::had_message, "failed"},
        {Cause::stopped, "", PlayStep::had_message, "stopped"},
    };
    for (const IngestRow& row : rows) {
        CAPTURE(row.code);
        CAPTURE(row.said);
        const SessionEnd end = ingest_end({row.cause, std::string(row.said)}, endpoint, row.step);
        CHECK(end_code_name(end.code) == row.code);
    }
}

TEST_CASE("ends: every code has a name of its own, words, and a remedy that names no other") {
    std::vector<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(EndCode::no_record); ++i) {
        const auto code = static_cast<EndCode>(i);
        CAPTURE(end_code_name(code));
        CHECK_FALSE(describe(SessionEnd{code}).empty());
        CHECK(remedy(code, "youtube").find("{}") == std::string::npos);
        names.push_back(end_code_name(code));
    }
    std::sort(names.begin(), names.end());
    CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
}

TEST_CASE("sink: announces the codecs that have a FourCC, and nothing for AVC and AAC") {
    CHECK(fourccs_of({metadata(), avc_header(), aac_header(), keyframe(0)}).empty());
    CHECK(fourccs_of({}).empty());
    const Tag hevc = tag(TagType::video, 0, {0x90, 'h', 'v', 'c', '1', 1, 2});
    const Tag hevc_picture = tag(TagType::video, 0, {0x91, 'h', 'v', 'c', '1', 0, 0, 0, 1});
    const Tag opus = tag(TagType::audio, 0, {0x90, 'O', 'p', 'u', 's', 1});
    CHECK(fourccs_of({hevc, opus, hevc_picture}) == std::vector<std::string>{"hvc1", "Opus"});
    CHECK(fourccs_of({tag(TagType::video, 0, {0x90, 'a'})}).empty());
    // A second track beside plain AVC.
    const Tag track = tag(TagType::video, 0, {0x96, 0, 'a', 'v', 'c', '1', 1, 1});
    CHECK(fourccs_of({avc_header(), track}) == std::vector<std::string>{"avc1"});
}

TEST_CASE("ends: a key that is in use is not a bad key, in the words of each server") {
    const std::string_view busy[] = {
        "NetStream.Publish.BadName: Already publishing",                  // nginx-rtmp, ZLMediaKit
        "NetStream.Publish.BadName: already publishing",                  // restream
        "NetStream.Publish.BadName: Stream already publishing",           // node-media-server
        "NetStream.Publish.BadName: Stream name is already in use: ***",  // Wowza
        "NetStream.Publish.BadName: someone is already publishing to path 'live/***'",  // MediaMTX
        "another publisher is already publishing to path 'live'",
        "NetStream.Publish.BadName: Stream already exists or busy",  // SRS
        "rtmp: stream /live/livestream is busy",
        "NetStream.Publish.Failed: Stream is already in use.",
        "NetStream.Publish.BadName: *** is already being published",
        "NetStream.Publish.Denied: Duplicate stream name",
    };
    for (const auto words : busy) {
        CAPTURE(words);
        for (const Cause cause : {Cause::name_refused, Cause::app_refused}) {
            const auto end =
                destination_end({cause, std::string(words)}, endpoint, PublishStep::accepted);
            CHECK(end.code == EndCode::already_published);
            CHECK(end.detail == words);
        }
        // Only of a refusal.
        CHECK(destination_end({Cause::closed, std::string(words)}, endpoint, PublishStep::accepted)
                  .code == EndCode::closed);
    }
    const std::string_view bad_key[] = {
        "NetStream.Publish.BadName",
        "NetStream.Publish.BadName: Invalid stream key",
        "NetStream.Publish.BadName: this key was already used",
        "NetStream.Publish.BadName: the broadcast has already ended",
        "NetStream.Publish.Denied: not allowed",
        "NetStream.Publish.BadName: stream not found",
    };
    for (const auto words : bad_key) {
        CAPTURE(words);
        CHECK(destination_end({Cause::name_refused, std::string(words)}, endpoint,
                              PublishStep::accepted)
                  .code == EndCode::publish_refused);
    }
}
