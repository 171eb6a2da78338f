// File destinations: playable whatever happens, and nothing is ever overwritten.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "flv/setup_tags.hpp"
#include "flv/tag_body.hpp"
#include "media/file_name.hpp"
#include "media/packets.hpp"
#include "media/peers.hpp"
#include "media/sessions.hpp"

using namespace restream;
using namespace restream::test;
using namespace std::chrono_literals;

namespace {

/// Three seconds of H.264 with B-frames and AAC; made once.
const Session& made_session() {
    static const TempFolder folder;
    static const Session session = session_of(tags_of(make_flv(folder, 3)));
    return session;
}

std::string counted(const char* codec, const char* kind, int packets) {
    return fmt::format("{},{},{}", codec, kind, packets);
}

/// "h264,video,75" of a file, without order.
bool has_track(const std::vector<std::string>& tracks, const std::string& track) {
    return std::ranges::find(tracks, track) != tracks.end();
}

int packets_of(const std::vector<std::string>& tracks, std::string_view codec) {
    for (const std::string& each : tracks) {
        if (each.starts_with(codec)) return std::stoi(each.substr(each.rfind(',') + 1));
    }
    return 0;
}

Tag hevc_tag() {
    const std::uint8_t payload[] = {0x90, 'h', 'v', 'c', '1', 1, 2, 3};
    return make_tag(TagType::video, RtmpTime(0), payload);
}

}  // namespace

TEST_CASE("file: every container holds every packet that went in, and decodes without a word") {
    const TempFolder folder;
    const Session& session = made_session();
    for (const char* name : {"a.flv", "a.mkv", "a.mp4", "a.ts"}) {
        CAPTURE(name);
        const auto sink = must_open(to_file(folder / name, session.prefix));
        for (const Tag& tag : session.tags) REQUIRE_FALSE(sink->write(tag));
        sink->finish(Deadline::after(1s));
        CHECK(sink->file_name() == (folder / name).string());
        const auto tracks = tracks_of(folder / name);
        CAPTURE(fmt::format("{}", fmt::join(tracks, " ")));
        CHECK(tracks.size() == 2);
        CHECK(has_track(tracks, counted("h264", "video", session.pictures)));
        CHECK(has_track(tracks, counted("aac", "audio", session.sounds)));
        CHECK(decoder_complaints(folder / name) == "");
    }
}

TEST_CASE("file: what a crash leaves plays") {
    const TempFolder folder;
    const Session& session = made_session();
    for (const char* name : {"a.flv", "a.mkv", "a.mp4", "a.ts"}) {
        CAPTURE(name);
        auto sink = must_open(to_file(folder / name, session.prefix));
        for (const Tag& tag : session.tags) REQUIRE_FALSE(sink->write(tag));
        const auto tracks =
            tracks_of(folder / name);  // while it is still open: nothing was said to end it
        CAPTURE(fmt::format("{}", fmt::join(tracks, " ")));
        // At most the last second (a GOP, a cluster) is missing.
        CHECK(packets_of(tracks, "h264") >= session.pictures * 2 / 3 - 1);
        CHECK(packets_of(tracks, "aac") >= session.sounds * 2 / 3 - 3);
        sink.reset();
        CHECK(tracks_of(folder / name).size() == 2);
    }
}

TEST_CASE("file: one kind of track alone") {
    const TempFolder folder;
    for (const TagType kind : {TagType::audio, TagType::video}) {
        std::vector<Tag> tags;
        // The metadata still promises both.
        std::ranges::copy_if(made_session().tags, std::back_inserter(tags), [&](const Tag& tag) {
            return tag.type == kind || tag.type == TagType::script;
        });
        const std::vector<Tag> prefix(tags.begin(), tags.begin() + 4);
        for (const char* name : {"one.mkv", "one.mp4", "one.ts", "one.flv"}) {
            CAPTURE(name);
            auto sink = must_open(to_file(folder / name, prefix));
            for (const Tag& tag : tags) REQUIRE_FALSE(sink->write(tag));
            sink->finish(Deadline::after(1s));
            const auto tracks = tracks_of(sink->file_name());
            if (std::string_view(name) != "one.flv") CHECK(tracks.size() == 1);
            CHECK(packets_of(tracks, kind == TagType::audio ? "aac" : "h264") > 60);
        }
    }
}

TEST_CASE("file: nothing is overwritten, folders are made, the time is in the name") {
    const TempFolder folder;
    const Session& session = made_session();
    std::ofstream(folder / "a.mkv") << "precious";
    std::filesystem::create_symlink(folder / "nowhere", folder / "a-1.mkv");
    const auto second = must_open(to_file(folder / "a.mkv", session.prefix));
    CHECK(second->file_name() == (folder / "a-2.mkv").string());
    const auto third = must_open(to_file(folder / "a.mkv", session.prefix));
    CHECK(third->file_name() == (folder / "a-3.mkv").string());
    CHECK(std::filesystem::file_size(folder / "a.mkv") == 8);
    const auto sink = must_open(to_file(folder / "%Y/%m" / "100%%-%d.flv", session.prefix));
    CHECK(std::filesystem::exists(sink->file_name()));
    CHECK(sink->file_name().find('%') == sink->file_name().rfind('%'));
    CHECK(sink->file_name().find("/20") != std::string::npos);
}

TEST_CASE("file: what cannot be written, and why") {
    const TempFolder folder;
    const Session& session = made_session();
    std::ofstream(folder / "plain") << "x";
    struct Row {
        std::string url;
        EndCode code;
    };
    const Row rows[] = {
        {"file:" + (folder / "plain/a.mkv").string(), EndCode::file_failed},
        {"file:/proc/nothing/a.mkv", EndCode::file_failed},
        {"file:/proc/a.flv", EndCode::file_failed},
        {"file:" + (folder / (std::string(300, 'n') + ".ts")).string(), EndCode::file_failed},
        {"file:" + (folder / "a.avi").string(), EndCode::config_invalid},
        {"file:" + (folder / "mkv").string(), EndCode::config_invalid},
        {"file:", EndCode::config_invalid},
        {"file:/tmp/", EndCode::config_invalid},
        {"file://elsewhere/tmp/a.mkv", EndCode::config_invalid},
        {"ftp://h/a.mkv", EndCode::config_invalid},
        {"", EndCode::config_invalid},
        {"a.mkv", EndCode::config_invalid},
    };
    for (const Row& row : rows) {
        CAPTURE(row.url);
        SinkRequest request = to_file({}, session.prefix);
        request.url = row.url;
        const SessionEnd end = must_fail(request);
        CHECK(end_code_name(end.code) == end_code_name(row.code));
        CHECK_FALSE(end.detail.empty());
    }
}

TEST_CASE("file: a codec that FFmpeg cannot take goes into flv as it is, and nowhere else") {
    const TempFolder folder;
    const std::vector<Tag> prefix = {hevc_tag()};
    for (const char* name : {"a.mkv", "a.mp4", "a.ts"}) {
        const SessionEnd end = must_fail(to_file(folder / name, prefix));
        CHECK(end.code == EndCode::not_supported);
        CHECK(end.detail.find("hevc") != std::string::npos);
        CHECK(end.detail.find("6.1") != std::string::npos);
        CHECK_FALSE(std::filesystem::exists(folder / name));
    }
    CHECK_FALSE(must_open(to_file(folder / "a.flv", prefix))->write(hevc_tag()));
}

TEST_CASE("file: a prefix without tracks, or of noise, is refused with words") {
    const TempFolder folder;
    const std::uint8_t broken_avc[] = {0x17, 0, 0, 0, 0, 1, 2, 3};
    const std::uint8_t broken_aac[] = {0xaf, 0};
    const std::vector<Tag> prefixes[] = {
        {},
        {make_tag(TagType::script, RtmpTime(0), broken_avc)},
        {make_tag(TagType::video, RtmpTime(0), {})},
        {make_tag(TagType::video, RtmpTime(0), broken_avc)},
        {make_tag(TagType::audio, RtmpTime(0), broken_aac)},
    };
    for (const auto& prefix : prefixes) {
        const SessionEnd end = must_fail(to_file(folder / "a.mkv", prefix));
        CHECK(end_code_name(end.code) == "failed");
        CHECK_FALSE(end.detail.empty());
        CHECK_FALSE(std::filesystem::exists(folder / "a.mkv"));
    }
}

TEST_CASE("file: other sequence headers end it as tracks_changed, and the file is whole") {
    const TempFolder folder;
    const Session& session = made_session();
    const auto sink = must_open(to_file(folder / "a.mp4", session.prefix));
    for (const Tag& tag : session.tags) REQUIRE_FALSE(sink->write(tag));
    // The same header again is no change.
    const auto header = std::ranges::find_if(session.tags, [](const Tag& tag) {
        return tag.type == TagType::video && video_facts(tag.bytes())->is_sequence_header;
    });
    REQUIRE(header != session.tags.end());
    CHECK_FALSE(sink->write(*header));
    std::vector<std::uint8_t> other(header->bytes().begin(), header->bytes().end());
    other.back() ^= 1;
    const auto end = sink->write(make_tag(TagType::video, RtmpTime(4000), other));
    REQUIRE(end);
    CHECK(end->code == EndCode::tracks_changed);
    CHECK(has_track(tracks_of(folder / "a.mp4"), counted("h264", "video", session.pictures)));
}

TEST_CASE("file: a full disk is told as such") {
    const TempFolder folder;
    const TinyDisk disk(folder / "disk", 64 * 1024);
    if (!disk.is_mounted()) {
        MESSAGE("no permission to mount a small disk: not tested");
        return;
    }
    const Session& session = made_session();
    for (const char* name : {"a.flv", "a.mkv", "a.mp4", "a.ts"}) {
        CAPTURE(name);
        auto sink = must_open(to_file(folder / "disk" / name, session.prefix));
        std::optional<SessionEnd> end;
        for (int i = 0; i < 20 && !end; ++i) {
            for (const Tag& tag : session.tags) {
                Tag later = tag;
                later.time = tag.time.plus(i * 4000);
                if ((end = sink->write(later))) break;
            }
        }
        REQUIRE(end);
        CHECK(end_code_name(end->code) == "disk_full");
        sink.reset();
        // What could be written is there, and plays.
        CHECK(packets_of(tracks_of(folder / "disk" / name), "h264") > 0);
        std::filesystem::remove(folder / "disk" / name);
    }
}

TEST_CASE("file: a disk that is full from the beginning is left without a file, try after try") {
    const TempFolder folder;
    const TinyDisk disk(folder / "disk", 64 * 1024);
    if (!disk.is_mounted()) {
        MESSAGE("no permission to mount a small disk: not tested");
        return;
    }
    const Session& session = made_session();
    const auto files = [&] {
        const std::filesystem::directory_iterator begin(folder / "disk");
        return std::distance(begin, std::filesystem::directory_iterator());
    };
    for (const int free_bytes : {0, 4096}) {
        const std::string filler(static_cast<std::size_t>(64 * 1024 - free_bytes), 'x');
        std::ofstream(folder / "disk/filler") << filler;
        for (const char* name : {"a.flv", "a.mkv", "a.mp4", "a.ts", "a.m3u8"}) {
            CAPTURE(name);
            for (int i = 0; i < 3; ++i) {
                const Cancel cancel;
                auto opened = open_sink(to_file(folder / "disk" / name, session.prefix), cancel);
                std::optional<SessionEnd> end;
                if (auto* refused = std::get_if<SessionEnd>(&opened)) {
                    end = *refused;
                } else {
                    auto& sink = *std::get<std::unique_ptr<BlockingSink>>(opened);
                    for (const Tag& tag : session.tags) {
                        if ((end = sink.write(tag))) break;
                    }
                    if (!end) sink.finish(Deadline::after(1s));
                }
                if (end) CHECK(end_code_name(end->code) == "disk_full");
                opened = SessionEnd{};
                // Where a little fits, what is left has something to play in it.
                for (const auto& each : std::filesystem::directory_iterator(folder / "disk")) {
                    if (each.path().filename() == "filler") continue;
                    CAPTURE(each.path().string());
                    CHECK(free_bytes > 0);
                    CHECK(each.file_size() > 1024);
                    std::filesystem::remove(each.path());
                }
            }
            CHECK(files() == 1);
        }
        std::filesystem::remove(folder / "disk/filler");
    }
}

TEST_CASE("file: a session that ends before any picture or sound leaves no file") {
    const TempFolder folder;
    const Session& session = made_session();
    std::vector<Tag> headers;
    std::ranges::copy_if(session.prefix, std::back_inserter(headers), [](const Tag& tag) {
        return tag.type == TagType::script || SetupTags::is_one(tag);
    });
    for (const char* name : {"a.flv", "a.mkv", "a.mp4", "a.ts", "a.m3u8"}) {
        for (const bool says_goodbye : {true, false}) {
            CAPTURE(name);
            CAPTURE(says_goodbye);
            auto sink = must_open(to_file(folder / name, session.prefix));
            for (const Tag& tag : headers) REQUIRE_FALSE(sink->write(tag));
            if (says_goodbye) sink->finish(Deadline::after(1s));
            sink.reset();
            CHECK(std::filesystem::is_empty(folder.path()));
        }
        // One picture is enough to stay.
        auto sink = must_open(to_file(folder / name, session.prefix));
        for (const Tag& tag : session.prefix) REQUIRE_FALSE(sink->write(tag));
        sink->finish(Deadline::after(1s));
        sink.reset();
        CHECK(std::filesystem::exists(folder / name));
        for (const auto& each : std::filesystem::directory_iterator(folder.path())) {
            std::filesystem::remove(each.path());
        }
    }
}

TEST_CASE("file: what took the place of a file without media is left alone") {
    const TempFolder folder;
    auto sink = must_open(to_file(folder / "a.mkv", made_session().prefix));
    std::filesystem::rename(folder / "a.mkv", folder / "b.mkv");
    std::ofstream(folder / "a.mkv") << "precious";
    sink.reset();
    CHECK(std::filesystem::file_size(folder / "a.mkv") == 8);
    CHECK(std::filesystem::exists(folder / "b.mkv"));
}

TEST_CASE(
    "packets: times grow strictly, survive the wrap of the clock, and never show before decoding") {
    const Session& session = made_session();
    auto learned = learn_tracks(to_file({}, session.prefix), Container::mp4);
    REQUIRE(std::holds_alternative<Tracks>(learned));
    Packets packets(std::get<Tracks>(learned));
    CHECK(std::get<Tracks>(learned).video->width == 160);
    CHECK(std::get<Tracks>(learned).audio->sample_rate == 44100);
    std::int64_t last[2] = {-1, -1};  // in the track's own time base
    std::int64_t last_ms[2] = {0, 0};
    const std::int64_t first_ms = 0xffffffff - 1000;
    for (const Tag& tag : session.tags) {
        // Begins one second before the wrap, and half of the messages carry the time of the one
        // before.
        Tag moved = tag;
        moved.time =
            RtmpTime(0xffffffff - 1000).plus(static_cast<std::int32_t>(tag.time.ms() / 80 * 80));
        const auto made = packets.make(moved);
        CHECK_FALSE(made.is_changed);
        for (const auto& [packet, kind] : made.packets) {
            const bool is_video = kind == AVMEDIA_TYPE_VIDEO;
            CHECK(packet->dts > last[is_video]);
            CHECK(packet->pts >= packet->dts);
            last[is_video] = packet->dts;
            const AVRational base = packets.time_base(kind);
            last_ms[is_video] = packet->dts * 1000 * base.num / base.den;
            CHECK(last_ms[is_video] - first_ms < 4000);
        }
    }
    CHECK(last_ms[0] - first_ms > 2500);
    CHECK(last_ms[1] - first_ms > 2500);
}

TEST_CASE("packets: composition times that come lower than expected cost the first pictures only") {
    const Session& session = made_session();
    auto learned = learn_tracks(to_file({}, session.prefix), Container::mp4);
    REQUIRE(std::holds_alternative<Tracks>(learned));
    CHECK(std::get<Tracks>(learned).lead_ms == 0);
    Packets packets(std::get<Tracks>(learned));
    int distorted = 0;
    int pictures = 0;
    for (const Tag& tag : session.tags) {
        const Tag moved = with_lower_composition(tag, 80);
        for (const auto& [packet, kind] : packets.make(moved).packets) {
            if (kind != AVMEDIA_TYPE_VIDEO) continue;
            ++pictures;
            const auto body = video_body(moved.bytes());
            if (packet->pts != tag.time.ms() + *body->composition_ms) ++distorted;
            CHECK(packet->pts >= packet->dts);
        }
    }
    CHECK(pictures == session.pictures);
    CHECK(distorted <= 3);
}

TEST_CASE("file names: patterns, URLs and numbers") {
    const WallTime time = *from_iso8601("2026-06-15T12:00:00Z");
    CHECK(expand_time("a-%Y-%m-%d", time) == "a-2026-06-15");
    CHECK(expand_time("%F|%%|%q|%", time) == "2026-06-15|%|%q|%");
    CHECK(expand_time("", time).empty());
    CHECK(path_of_file_url("file:///a/b.ts") == "/a/b.ts");
    CHECK(path_of_file_url("file://localhost/a/b.ts") == "/a/b.ts");
    CHECK(path_of_file_url("file:/a/b.ts") == "/a/b.ts");
    CHECK(path_of_file_url("file:b.ts") == "b.ts");
    for (const char* bad :
         {"", "file:", "file:/", "file://h/a.ts", "file:a/", "http:/a", "/a", "File:/a"}) {
        CAPTURE(bad);
        CHECK_FALSE(path_of_file_url(bad));
    }
    CHECK(numbered("/a/b.tar.ts", 0) == "/a/b.tar.ts");
    CHECK(numbered("/a/b.tar.ts", 12) == "/a/b.tar-12.ts");
}
