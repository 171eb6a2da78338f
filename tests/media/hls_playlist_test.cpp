// Live playlists: what they list, how they go on, and which of them are ours.
#include "media/hls_playlist.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace restream;
using namespace std::chrono_literals;

namespace {

const WallTime now = *from_iso8601("2026-01-31T20:14:03.120Z");
constexpr const char* stamp = "20260131T201403120";

HlsSegment segment(std::uint32_t number, Milliseconds duration = 4000ms,
                   const std::string& stem = "live") {
    return {hls_segment_name(stem, stamp, number), duration, false};
}

}  // namespace

TEST_CASE("hls playlist: begins at the clock, lists six, and counts what has gone") {
    HlsPlaylist playlist("live", now);
    for (std::uint32_t i = 0; i < 6; ++i) CHECK_FALSE(playlist.add(segment(i)));
    CHECK(playlist.add(segment(6, 8333ms))->name == "live-20260131T201403120-0.ts");
    const std::string text = playlist.text();
    CHECK(
        text.starts_with("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:8\n"
                         "#EXT-X-MEDIA-SEQUENCE:1769890444\n"
                         "#EXT-X-DISCONTINUITY-SEQUENCE:1769890443\n"
                         "#EXTINF:4.000,\nlive-20260131T201403120-1.ts\n"));
    CHECK(text.ends_with("#EXTINF:8.333,\nlive-20260131T201403120-6.ts\n"));
    playlist.end();
    CHECK(playlist.text() == text + "#EXT-X-ENDLIST\n");
}

TEST_CASE("hls playlist: what was written is read again, and goes on") {
    for (const std::string stem : {"live", "my show #1 100%", "ünï", "a-b.c"}) {
        CAPTURE(stem);
        HlsPlaylist playlist(stem, now);
        for (std::uint32_t i = 0; i < 8; ++i) playlist.add(segment(i, 3999ms, stem));
        HlsSegment other = segment(8, 1ms, stem);
        other.is_discontinuous = true;
        playlist.add(other);
        playlist.end();
        auto read = HlsPlaylist::parse(stem, playlist.text());
        REQUIRE(read);
        CHECK(*read == playlist);
        for (const char each : playlist.text()) CHECK(each != ' ');
        // The end is taken back, and a gap that leaves the list is counted.
        for (std::uint32_t i = 9; i < 15; ++i) read->add(segment(i, 4000ms, stem));
        CHECK(read->text().find("ENDLIST") == std::string::npos);
        CHECK(read->text().find("DISCONTINUITY\n") == std::string::npos);
        CHECK(read->text().find("DISCONTINUITY-SEQUENCE:1769890444\n") != std::string::npos);
    }
    const HlsPlaylist empty("live", now);
    CHECK(HlsPlaylist::parse("live", empty.text()) == empty);
}

TEST_CASE(
    "hls playlist: a segment with an impossible duration is listed so that it is read again") {
    for (const Milliseconds duration :
         {-1ms, 0ms, 1ms, 86'399'999ms, 86'400'001ms, 2'147'483'647ms}) {
        CAPTURE(duration.count());
        HlsPlaylist playlist("live", now);
        playlist.add(segment(0, duration));
        CHECK(HlsPlaylist::parse("live", playlist.text()) == playlist);
    }
}

TEST_CASE("hls playlist: emptied, its numbers are behind all that were, whatever the clock says") {
    HlsPlaylist playlist("live", now);
    for (std::uint32_t i = 0; i < 10; ++i) playlist.add(segment(i));
    CHECK(playlist.emptied(now - 1h).text().find("MEDIA-SEQUENCE:1769890453\n") !=
          std::string::npos);
    CHECK(playlist.emptied(now + 1h).text().find("MEDIA-SEQUENCE:1769894043\n") !=
          std::string::npos);
    CHECK(playlist.emptied(now).segments().empty());
}

TEST_CASE("hls playlist: what we did not write is not ours") {
    HlsPlaylist playlist("live", now);
    for (std::uint32_t i = 0; i < 6; ++i) playlist.add(segment(i));
    const std::string good = playlist.text();
    REQUIRE(HlsPlaylist::parse("live", good));
    const auto with = [&](const std::string& what, const std::string& instead) {
        std::string text = good;
        text.replace(text.find(what), what.size(), instead);
        return text;
    };
    const std::string name = "live-20260131T201403120-3.ts";
    const std::string rows[] = {
        "",
        "\n",
        "#EXTM3U",
        "#EXTM3U\n",
        std::string(1000, '\0'),
        "precious",
        good + "\n",
        good.substr(0, good.size() - 1),
        good + "#EXT-X-ENDLIST",
        good + "#EXTINF:4.000,\n",
        good + "#EXTINF:4.000,\nlive-20260131T201403120-6.ts\n",
        good + "#EXT-X-ENDLIST\n#EXT-X-ENDLIST\n",
        good + "#EXT-X-DISCONTINUITY\n",
        good + "# a remark\n",
        "\xEF\xBB\xBF" + good,
        with("#EXTM3U\n", "#EXTM3U\r\n"),
        with("VERSION:3", "VERSION:7"),
        with("TARGETDURATION:4", "TARGETDURATION:3"),
        with("TARGETDURATION:4", "TARGETDURATION:-4"),
        with("TARGETDURATION:4", "TARGETDURATION:99999999999999999999"),
        with("TARGETDURATION:4", "TARGETDURATION:"),
        with("TARGETDURATION:4", "TARGETDURATION:04"),
        with("TARGETDURATION:4", "TARGETDURATION:4 "),
        with("SEQUENCE:1769890443", "SEQUENCE:01769890443"),
        with("SEQUENCE:1769890443", "SEQUENCE:x"),
        with("SEQUENCE:1769890443", "SEQUENCE:18446744073709551615"),
        with("SEQUENCE:1769890443", "SEQUENCE:-1"),
        with("DISCONTINUITY-SEQUENCE:1769890443", "DISCONTINUITY-SEQUENCE:18446744073709551615"),
        with("#EXT-X-DISCONTINUITY-SEQUENCE:1769890443\n", ""),
        with("4.000,", "4.0,"),
        with("4.000,", "4,"),
        with("4.000,", "04.000,"),
        with("4.000,", "0.000,"),
        with("4.000,", "-4.000,"),
        with("4.000,", "4.000,title"),
        with("4.000,", "99999999999999999999.000,"),
        with("4.000,", ".000,"),
        with("4.000,", ","),
        with("#EXTINF:4.000,\n", ""),
        with("#EXTINF:4.000,\n", "#EXTINF:4.000,\n#EXTINF:4.000,\n"),
        with("#EXTINF:4.000,\n", "#EXTINF:4.000,\n#EXT-X-DISCONTINUITY\n"),
        with("#EXTINF:4.000,\n", "#EXT-X-DISCONTINUITY\n#EXT-X-DISCONTINUITY\n#EXTINF:4.000,\n"),
        with(name, "segment3.ts"),
        with(name, "other-20260131T201403120-3.ts"),
        with(name, "../live-20260131T201403120-3.ts"),
        with(name, "/etc/passwd"),
        with(name, "http://host/live-20260131T201403120-3.ts"),
        with(name, "live-20260131T201403120-.ts"),
        with(name, "live-20260131T201403120-3.mp4"),
        with(name, "live-20260131T201403120-3.ts.ts"),
        with(name, "live-20260131T201403120-3/../3.ts"),
        with(name, "live-3.ts"),
        with(name, ""),
    };
    for (const std::string& text : rows) {
        CAPTURE(text);
        CHECK_FALSE(HlsPlaylist::parse("live", text));
    }
    CHECK_FALSE(HlsPlaylist::parse("life", good));
}

TEST_CASE(
    "hls playlist: names of segments never come twice, are in order, and are like no others") {
    CHECK(hls_stamp(now) == stamp);
    CHECK(hls_stamp(now + 1ms) != stamp);
    CHECK(hls_segment_name("index", hls_stamp(now), 7) == "index-20260131T201403120-7.ts");
    CHECK(*hls_segment_suffix("index", "index-20260131T201403120-7.ts") ==
          "-20260131T201403120-7.ts");
    // A recording beside it is called index-1.ts.
    for (const char* other :
         {"index.ts", "index-1.ts", "index.m3u8", "", "index", "index-20260131T201403120-7.mkv",
          "index-20260131T201403120.ts", "index-20260131-201403120-7.ts",
          "index-2026013T201403120-7.ts", "index-20260131T201403120-x.ts", "index-1.flv",
          "index-20260131T201403120-1234567890.ts", "xindex-20260131T201403120-7.ts",
          ".index-20260131T201403120-7.ts", "index--20260131T201403120-7.ts"}) {
        CAPTURE(other);
        CHECK_FALSE(hls_segment_suffix("index", other));
    }
    CHECK(is_hls_name_before("a-20260131T201403120-9.ts", "a-20260131T201403120-10.ts"));
    CHECK_FALSE(is_hls_name_before("a-20260131T201403120-10.ts", "a-20260131T201403120-9.ts"));
    CHECK(is_hls_name_before("a-20260131T201403120-10.ts", "a-20260131T201403121-9.ts"));
    CHECK_FALSE(is_hls_name_before("a-20260131T201403120-1.ts", "a-20260131T201403120-1.ts"));
}
