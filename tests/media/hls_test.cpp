// HLS in a folder: playable at any moment, bounded, continued, and nothing of others is touched.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include "flv/flv.hpp"
#include "media/hls_playlist.hpp"
#include "media/open_sink.hpp"
#include "media/peers.hpp"

using namespace restream;
using namespace restream::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

std::string content_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// 60 s with a keyframe a second; made once.
const std::vector<Tag>& made_tags() {
    static const TempFolder folder;
    static const std::vector<Tag> tags = [] {
        const std::string bytes = content_of(make_flv(folder, 60));
        FlvReader reader;
        reader.feed({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
        std::vector<Tag> all;
        for (auto next = reader.next(); std::holds_alternative<Tag>(next); next = reader.next()) {
            all.push_back(std::get<Tag>(next));
        }
        return all;
    }();
    return tags;
}

bool is_picture(const Tag& tag) {
    return tag.type == TagType::video && !video_facts(tag.bytes())->is_sequence_header;
}

SinkRequest to_playlist(const fs::path& path) {
    SinkRequest request;
    request.destination = "web";
    request.url = "file:" + path.string();
    request.prefix.assign(made_tags().begin(), made_tags().begin() + 12);
    return request;
}

std::unique_ptr<BlockingSink> must_open(const SinkRequest& request) {
    const Cancel cancel;
    auto opened = open_sink(request, cancel);
    if (const auto* end = std::get_if<SessionEnd>(&opened)) FAIL(describe(*end));
    return std::move(std::get<std::unique_ptr<BlockingSink>>(opened));
}

SessionEnd must_fail(const SinkRequest& request) {
    const Cancel cancel;
    auto opened = open_sink(request, cancel);
    REQUIRE(std::holds_alternative<SessionEnd>(opened));
    return std::get<SessionEnd>(opened);
}

/// A session's tags up to that time.
std::optional<SessionEnd> write_until(BlockingSink& sink, std::uint32_t ms,
                                      bool (*is_wanted)(const Tag&) = nullptr) {
    for (const Tag& tag : made_tags()) {
        if (tag.time.ms() >= ms) break;
        if (is_wanted && !is_wanted(tag)) continue;
        if (auto end = sink.write(tag)) return end;
    }
    return std::nullopt;
}

/// What must hold at any moment: all that is listed is there, and nothing but ours lies beside it.
HlsPlaylist check_folder(const fs::path& playlist) {
    const auto read = HlsPlaylist::parse(playlist.stem().string(), content_of(playlist));
    REQUIRE_MESSAGE(read, content_of(playlist));
    for (const HlsSegment& each : read->segments()) {
        CHECK(fs::is_regular_file(playlist.parent_path() / each.name));
    }
    std::size_t files = 0;
    for (const auto& entry : fs::directory_iterator(playlist.parent_path())) {
        const std::string name = entry.path().filename().string();
        if (hls_segment_suffix(playlist.stem().string(), name)) ++files;
    }
    CHECK(files <= 2 * HlsPlaylist::window);
    return *read;
}

/// What a decoder says of a list that is still open, which it would wait at the end of.
std::string complaints_about_open(const fs::path& playlist) {
    const fs::path whole = playlist.parent_path() / "whole.m3u8";
    std::ofstream(whole) << content_of(playlist) << "#EXT-X-ENDLIST\n";
    std::string complaints = decoder_complaints(whole);
    fs::remove(whole);
    return complaints;
}

int packets_of(const fs::path& file, std::string_view codec) {
    for (const std::string& each : tracks_of(file)) {
        if (each.starts_with(codec)) return std::stoi(each.substr(each.rfind(',') + 1));
    }
    return 0;
}

int hidden_files(const fs::path& folder) {
    int count = 0;
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.path().filename().string().starts_with('.')) ++count;
    }
    return count;
}

}  // namespace

TEST_CASE(
    "hls: a short show is a whole playlist, every packet is in it, and each segment decodes") {
    const TempFolder folder;
    const fs::path path = folder / "www/my live/index.m3u8";
    const auto sink = must_open(to_playlist(path));
    CHECK(sink->file_name() == path.string());
    // 6 segments, the last of them cut off by the goodbye.
    REQUIRE_FALSE(write_until(*sink, 22'000));
    CHECK(content_of(path).find("ENDLIST") == std::string::npos);
    sink->finish(Deadline::after(1s));
    const HlsPlaylist list = check_folder(path);
    CHECK(content_of(path).ends_with("#EXT-X-ENDLIST\n"));
    REQUIRE(list.segments().size() == 6);
    Milliseconds all(0);
    for (const HlsSegment& each : list.segments()) {
        CAPTURE(each.name);
        all += each.duration;
        if (&each != &list.segments().back()) CHECK(each.duration == 4000ms);
        CHECK_FALSE(each.is_discontinuous);
        CHECK(decoder_complaints(path.parent_path() / each.name) == "");
    }
    CHECK(all > 21'800ms);
    CHECK(all < 22'001ms);
    CHECK(decoder_complaints(path) == "");
    const auto pictures = std::ranges::count_if(
        made_tags(), [](const Tag& tag) { return is_picture(tag) && tag.time.ms() < 22'000; });
    CHECK(packets_of(path, "h264") == pictures);
    CHECK(packets_of(path, "aac") > 940);
    CHECK(hidden_files(path.parent_path()) == 0);
    // For a web server of another user.
    CHECK((fs::status(path).permissions() & fs::perms(0444)) == fs::perms(0444));
}

TEST_CASE("hls: list and folder stay bounded, and a player that is behind finds its segments") {
    const TempFolder folder;
    const fs::path path = folder / "index.m3u8";
    const auto sink = must_open(to_playlist(path));
    std::set<std::string> seen;
    for (const Tag& tag : made_tags()) {
        REQUIRE_FALSE(sink->write(tag));
        if (!is_picture(tag) || !fs::exists(path)) continue;
        const HlsPlaylist list = check_folder(path);
        for (const HlsSegment& each : list.segments()) seen.insert(each.name);
    }
    CHECK(seen.size() == 14);
    int there = 0;
    for (const std::string& name : seen) there += fs::exists(folder / name) ? 1 : 0;
    CHECK(there == 2 * HlsPlaylist::window);
    CHECK(complaints_about_open(path) == "");
}

TEST_CASE(
    "hls: the next session goes on with the list, with a gap and names that were never used") {
    const TempFolder folder;
    const fs::path path = folder / "index.m3u8";
    std::set<std::string> names;
    std::size_t listed = 0;
    for (int session = 0; session < 4; ++session) {
        CAPTURE(session);
        const auto sink = must_open(to_playlist(path));
        REQUIRE_FALSE(write_until(*sink, 9'000));
        // The second one crashes; its list stays open.
        const bool is_crash = session == 1;
        if (!is_crash) sink->finish(Deadline::after(1s));
        const HlsPlaylist list = check_folder(path);
        CHECK(content_of(path).ends_with("#EXT-X-ENDLIST\n") != is_crash);
        const auto added = static_cast<std::size_t>(is_crash ? 2 : 3);
        listed = std::min(listed + added, HlsPlaylist::window);
        REQUIRE(list.segments().size() == listed);
        for (std::size_t i = listed - added; i < listed; ++i) {
            CHECK(names.insert(list.segments()[i].name).second);
            CHECK(list.segments()[i].is_discontinuous == (i == listed - added && session > 0));
        }
    }
    CHECK(decoder_complaints(path) == "");
    CHECK(hidden_files(folder.path()) == 0);
}

TEST_CASE("hls: what a crash has left is deleted, what is not ours stays") {
    const TempFolder folder;
    const fs::path path = folder / "index.m3u8";
    const auto leave = [&](const std::string& name) { std::ofstream(folder / name) << "x"; };
    for (const char* ours : {".index-20250101T000000000-0.ts.tmp", ".index.m3u8.tmp"}) leave(ours);
    for (int i = 0; i < 30; ++i) leave(fmt::format("index-20250101T000000000-{}.ts", i));
    const char* others[] = {
        "index.html", "index-1.ts", "index.ts",       "other-20250101T000000000-0.ts",
        ".htaccess",  ".tmp",       ".index-1.ts.tmp"};
    for (const char* other : others) leave(other);
    const auto sink = must_open(to_playlist(path));
    REQUIRE_FALSE(write_until(*sink, 9'000));
    CHECK_FALSE(fs::exists(folder / ".index-20250101T000000000-0.ts.tmp"));
    CHECK_FALSE(fs::exists(folder / ".index.m3u8.tmp"));
    CHECK_FALSE(fs::exists(folder / "index-20250101T000000000-23.ts"));
    CHECK(fs::exists(folder / "index-20250101T000000000-24.ts"));
    for (const char* other : others) CHECK_MESSAGE(fs::exists(folder / other), other);
}

TEST_CASE("hls: a list whose segments are gone is begun anew, behind its numbers") {
    const TempFolder folder;
    const fs::path path = folder / "index.m3u8";
    const auto first = must_open(to_playlist(path));
    REQUIRE_FALSE(write_until(*first, 13'000));
    first->finish(Deadline::after(1s));
    fs::remove(folder / check_folder(path).segments()[1].name);
    const auto second = must_open(to_playlist(path));
    REQUIRE_FALSE(write_until(*second, 5'000));
    CHECK(check_folder(path).segments().size() == 1);
}

TEST_CASE("hls: picture or sound alone, and an encoder without keyframes") {
    const TempFolder folder;
    const auto show = [&](const char* name, bool (*is_wanted)(const Tag&)) {
        const fs::path path = folder / name;
        SinkRequest request = to_playlist(path);
        std::erase_if(request.prefix, [&](const Tag& tag) { return !is_wanted(tag); });
        const auto sink = must_open(request);
        REQUIRE_FALSE(write_until(*sink, 26'000, is_wanted));
        sink->finish(Deadline::after(1s));
        return check_folder(path).segments();
    };
    CHECK(show("a/sound.m3u8", [](const Tag& tag) { return tag.type == TagType::audio; }).size() ==
          6);
    CHECK(show("b/picture.m3u8", [](const Tag& tag) {
              return tag.type == TagType::video;
          }).size() == 6);
    for (const char* name : {"a/sound.m3u8", "b/picture.m3u8"}) {
        CHECK(decoder_complaints(folder / name) == "");
    }
    const auto rare = show("c/rare.m3u8", [](const Tag& tag) {
        return tag.type != TagType::video || !video_facts(tag.bytes())->is_keyframe ||
               video_facts(tag.bytes())->is_sequence_header || tag.time.ms() == 0;
    });
    REQUIRE(rare.size() == 3);
    CHECK(rare[0].duration >= 12'000ms);
    CHECK(rare[0].duration < 12'200ms);
}

TEST_CASE("hls: other sequence headers end the session, and what there was is listed without end") {
    const TempFolder folder;
    const fs::path path = folder / "index.m3u8";
    const auto sink = must_open(to_playlist(path));
    REQUIRE_FALSE(write_until(*sink, 6'000));
    const auto header = std::ranges::find_if(made_tags(), [](const Tag& tag) {
        return tag.type == TagType::video && video_facts(tag.bytes())->is_sequence_header;
    });
    REQUIRE(header != made_tags().end());
    std::vector<std::uint8_t> other(header->bytes().begin(), header->bytes().end());
    other.back() ^= 1;
    const auto end = sink->write(make_tag(TagType::video, RtmpTime(6000), other));
    REQUIRE(end);
    CHECK(end_code_name(end->code) == "tracks_changed");
    sink->finish(Deadline::after(1s));
    CHECK(check_folder(path).segments().size() == 2);
    CHECK(content_of(path).find("ENDLIST") == std::string::npos);
    CHECK(complaints_about_open(path) == "");
}

TEST_CASE("hls: where it cannot be written, and why; nothing of others is overwritten") {
    const TempFolder folder;
    std::ofstream(folder / "plain") << "x";
    std::ofstream(folder / "foreign.m3u8") << "#EXTM3U\n#EXTINF:4,\nfilm.ts\n";
    std::ofstream(folder / "long.m3u8") << std::string(100'000, '#');
    fs::create_directories(folder / "folder.m3u8");
    fs::create_symlink(folder / "nowhere", folder / "dangling.m3u8");
    fs::create_symlink(folder / "plain", folder / "link.m3u8");
    const std::string paths[] = {
        (folder / "plain/index.m3u8").string(),
        "/proc/nothing/index.m3u8",
        "/proc/index.m3u8",
        (folder / (std::string(230, 'n') + ".m3u8")).string(),
        (folder / (std::string(300, 'n') + ".m3u8")).string(),
        (folder / "foreign.m3u8").string(),
        (folder / "long.m3u8").string(),
        (folder / "folder.m3u8").string(),
        (folder / "dangling.m3u8").string(),
        (folder / "link.m3u8").string(),
    };
    for (const std::string& path : paths) {
        CAPTURE(path);
        const SessionEnd end = must_fail(to_playlist(path));
        CHECK(end_code_name(end.code) == "file_failed");
        CHECK(end.detail.find(fs::path(path).parent_path().string()) != std::string::npos);
    }
    CHECK(content_of(folder / "foreign.m3u8") == "#EXTM3U\n#EXTINF:4,\nfilm.ts\n");
    CHECK(content_of(folder / "plain") == "x");
    CHECK(hidden_files(folder.path()) == 0);
    // A power cut may leave an empty file: there is nothing in it to lose.
    std::ofstream(folder / "empty.m3u8").flush();
    const auto sink = must_open(to_playlist(folder / "empty.m3u8"));
    REQUIRE_FALSE(write_until(*sink, 5'000));
    check_folder(folder / "empty.m3u8");
}

TEST_CASE("hls: a codec that FFmpeg cannot take is refused, and leaves nothing behind") {
    const TempFolder folder;
    const std::uint8_t hevc[] = {0x90, 'h', 'v', 'c', '1', 1, 2, 3};
    SinkRequest request = to_playlist(folder / "live/index.m3u8");
    request.prefix = {make_tag(TagType::video, RtmpTime(0), hevc)};
    const SessionEnd end = must_fail(request);
    CHECK(end_code_name(end.code) == "not_supported");
    CHECK_FALSE(fs::exists(folder / "live"));
}

TEST_CASE("hls: a full disk is told as such, and no part of a segment is ever listed") {
    const TempFolder folder;
    const TinyDisk disk(folder / "disk", 400 * 1024);
    if (!disk.is_mounted()) {
        MESSAGE("no permission to mount a small disk: not tested");
        return;
    }
    const fs::path path = folder / "disk/index.m3u8";
    auto sink = must_open(to_playlist(path));
    const auto end = write_until(*sink, 60'000);
    REQUIRE(end);
    CHECK(end_code_name(end->code) == "disk_full");
    sink->finish(Deadline::after(1s));
    sink.reset();
    check_folder(path);
    CHECK(complaints_about_open(path) == "");
    CHECK(hidden_files(folder / "disk") == 0);
}
