// Media facts in records and in words.
#include "state/media_json.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "status/media_words.hpp"

using namespace restream;

namespace {

MediaFacts full_facts() {
    return {VideoTrack{"h264", "High", 1920, 1080, 29.97, 6012, 2.0, true},
            AudioTrack{"aac", "LC", 48000, 2, 160}};
}

std::optional<MediaFacts> read_facts(std::string_view text) {
    const auto value = parse_json(text);
    MediaFacts facts;
    return value && read_json(*value, facts) ? std::optional(facts) : std::nullopt;
}

}  // namespace

TEST_CASE("media facts: what is written reads back") {
    const std::vector<MediaFacts> table = {
        {},
        full_facts(),
        {VideoTrack{.codec = "av1", .b_frames = false}, {}},
        {{}, AudioTrack{.codec = "opus", .profile = {}, .sample_rate_hz = 48000, .channels = 2}},
    };
    for (const auto& each : table) {
        CAPTURE(json_of(each).dump());
        CHECK(read_facts(json_of(each).dump()) == each);
    }
    CHECK(json_of(MediaFacts{}).dump() == R"({"video":null,"audio":null})");
    CHECK(json_of(full_facts()).dump() ==
          R"({"video":{"codec":"h264","profile":"High","width":1920,"height":1080,"fps":29.97,)"
          R"("bitrate_kbps":6012,"keyframe_interval_s":2.0,"b_frames":true},)"
          R"("audio":{"codec":"aac","profile":"LC","sample_rate_hz":48000,"channels":2,)"
          R"("bitrate_kbps":160}})");
}

TEST_CASE("media facts: what is torn or of another shape is refused") {
    const std::string whole = json_of(full_facts()).dump();
    for (std::size_t length = 0; length < whole.size(); ++length) {
        CAPTURE(length);
        CHECK_FALSE(read_facts(whole.substr(0, length)));
    }
    const std::vector<std::pair<std::string, std::string>> changes = {
        {"\"video\":{", "\"vide\":{"},
        {"\"audio\":{", "\"audi\":{"},
        {"\"h264\"", "264"},
        {"\"High\"", "[]"},
        {"1920", "-1920"},
        {"1920", "\"1920\""},
        {"1920", "1920.5"},
        {"1080", "4294967296"},
        {"29.97", "\"29.97\""},
        {"29.97", "-1"},
        {"29.97", "1e999"},
        {"6012", "true"},
        {"\"bitrate_kbps\"", "\"bitrate\""},
        {"true", "1"},
        {"\"LC\"", "{}"},
        {"48000", "-48000"},
        {"{\"codec\":\"aac\"", "[{\"codec\":\"aac\""},
    };
    for (const auto& [from, to] : changes) {
        CAPTURE(from + " -> " + to);
        std::string text = whole;
        const std::size_t at = text.find(from);
        REQUIRE(at != std::string::npos);
        text.replace(at, from.size(), to);
        CHECK_FALSE(read_facts(text));
    }
    for (const char* text : {"", "null", "[]", "1", "{}", R"({"video":1,"audio":null})"}) {
        CAPTURE(std::string(text));
        CHECK_FALSE(read_facts(text));
    }
}

TEST_CASE("media facts: in words") {
    CHECK(media_words(MediaFacts{}) == "");
    CHECK(media_words(full_facts()) ==
          "1920x1080 29.97 fps h264 High 6012 kbit/s, keyframe every 2.0 s, "
          "aac 48 kHz stereo 160 kbit/s");
    CHECK(media_words({VideoTrack{.codec = "av1"}, {}}) == "av1, no sound");
    MediaFacts facts;
    facts.audio = AudioTrack{"aac", "HE-AAC", 44100, 6, {}};
    CHECK(media_words(facts) == "no picture, aac HE-AAC 44.1 kHz 6 channels");
    facts.audio = AudioTrack{.codec = "mp3", .channels = 1};
    CHECK(media_words(facts) == "no picture, mp3 mono");
}
