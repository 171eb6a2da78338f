// What other publishers send: sound without a sequence header, negative composition times, rates
// that milliseconds do not divide.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <set>
#include <sstream>

#include "flv/mp3_frame.hpp"
#include "media/av_log.hpp"
#include "media/packets.hpp"
#include "media/peers.hpp"
#include "media/sample_clock.hpp"
#include "media/sessions.hpp"

using namespace restream;
using namespace restream::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

constexpr std::array containers = {"a.flv", "a.mkv", "a.mp4", "a.ts", "a.m3u8"};

std::vector<std::string> picture_options(int b_frames, const std::vector<std::string>& sound) {
    std::vector<std::string> options = {"-c:v",     "libx264", "-preset", "veryfast",
                                        "-g",       "25",      "-bf",     std::to_string(b_frames),
                                        "-pix_fmt", "yuv420p"};
    options.insert(options.end(), sound.begin(), sound.end());
    return options;
}

/// Four seconds of pictures, their sound replaced by `sound`.
std::vector<Tag> with_sound(const std::vector<Tag>& sound) {
    static const TempFolder folder;
    static const std::vector<Tag> made = tags_of(make_flv(folder, 4));
    std::vector<Tag> mixed;
    std::ranges::copy_if(made, std::back_inserter(mixed),
                         [](const Tag& tag) { return tag.type != TagType::audio; });
    mixed.insert(mixed.end(), sound.begin(), sound.end());
    std::ranges::stable_sort(mixed, {}, [](const Tag& tag) { return tag.time.ms(); });
    return mixed;
}

std::vector<std::uint8_t> encoded(const TempFolder& folder, const std::string& extension,
                                  const std::vector<std::string>& options) {
    const fs::path path = folder / ("sound." + extension);
    std::vector<std::string> arguments = {"-f", "lavfi", "-i", "sine=440", "-t", "4"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    make_with_ffmpeg(arguments, path);
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> bytes(std::istreambuf_iterator<char>(file), {});
    return {bytes.begin(), bytes.end()};
}

/// One tag for every `together` frames. The first byte says 44.1 kHz and stereo, whatever is true.
std::vector<Tag> mp3_tags(int rate, int channels, std::size_t together = 1) {
    const TempFolder folder;
    const auto bytes =
        encoded(folder, "mp3",
                {"-c:a", "libmp3lame", "-ar", std::to_string(rate), "-ac", std::to_string(channels),
                 "-write_xing", "0", "-id3v2_version", "0"});
    const auto frames = mp3_frames(bytes);
    REQUIRE(frames.size() > 10);
    std::vector<Tag> tags;
    std::int64_t samples = 0;
    for (std::size_t i = 0; i < frames.size(); i += together) {
        std::vector<std::uint8_t> payload = {std::uint8_t(rate == 8000 ? 0xef : 0x2f)};
        const auto ms = static_cast<std::uint32_t>(samples * 1000 / rate);
        for (std::size_t k = i; k < std::min(i + together, frames.size()); ++k) {
            payload.insert(payload.end(), frames[k].begin(), frames[k].end());
            samples += read_mp3_header(frames[k])->samples;
        }
        tags.push_back(make_tag(TagType::audio, RtmpTime(ms), payload));
    }
    return tags;
}

/// Raw samples, 20 ms a tag.
std::vector<Tag> raw_tags(const std::string& format, std::uint8_t first_byte, int rate,
                          int bytes_per_sample) {
    const TempFolder folder;
    const auto bytes =
        encoded(folder, "raw", {"-ar", std::to_string(rate), "-ac", "1", "-f", format});
    const std::size_t step = static_cast<std::size_t>(rate / 50 * bytes_per_sample);
    std::vector<Tag> tags;
    for (std::size_t at = 0; at + step <= bytes.size(); at += step) {
        std::vector<std::uint8_t> payload = {first_byte};
        payload.insert(payload.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at),
                       bytes.begin() + static_cast<std::ptrdiff_t>(at + step));
        tags.push_back(make_tag(TagType::audio,
                                RtmpTime(static_cast<std::uint32_t>(at / step * 20)), payload));
    }
    return tags;
}

SinkRequest to(const fs::path& path, const LiveSession& live) {
    SinkRequest request = to_file(path, live.prefix);
    request.sound = live.sound;
    return request;
}

void record(const fs::path& path, const LiveSession& live) {
    const auto sink = must_open(to(path, live));
    for (const Tag& tag : live.tags) {
        if (const auto end = sink->write(tag)) FAIL(describe(*end));
    }
    sink->finish(Deadline::after(1s));
}

int count(const std::vector<Tag>& tags, TagType type) {
    return static_cast<int>(std::ranges::count_if(tags, [&](const Tag& tag) {
        const auto video = type == TagType::video ? video_body(tag.bytes()) : std::nullopt;
        const auto audio = type == TagType::audio ? audio_body(tag.bytes()) : std::nullopt;
        return tag.type == type && ((video && video->kind == TagBody::Kind::frame) ||
                                    (audio && audio->kind == TagBody::Kind::frame));
    }));
}

double seconds_of(const LiveSession& live) {
    return (live.tags.back().time.since(live.tags.front().time)) / 1000.0;
}

using Times = std::map<std::string, std::vector<double>>;

/// From the first picture on, if there is one; sorted.
Times aligned(Times found) {
    for (auto& [kind, times] : found) std::ranges::sort(times);
    const double first = found.contains("video") ? found["video"][0] : found["audio"][0];
    for (auto& [kind, times] : found) {
        for (double& ms : times) ms -= first;
    }
    return found;
}

/// Where each packet is shown, in milliseconds.
Times shown_at(const fs::path& path) {
    Times found;
    std::stringstream lines(ffprobe_text(
        {"-show_entries", "packet=codec_type,pts_time", "-of", "csv=p=0", path.string()}));
    for (std::string line; std::getline(lines, line);) {
        const auto comma = line.find(',');
        if (comma == std::string::npos) continue;
        CAPTURE(line);
        found[line.substr(0, comma)].push_back(std::stod(line.substr(comma + 1)) * 1000);
    }
    return aligned(std::move(found));
}

/// The same of what the publisher sent.
Times sent_at(const std::vector<Tag>& tags) {
    Times found;
    for (const Tag& tag : tags) {
        const auto video = tag.type == TagType::video ? video_body(tag.bytes()) : std::nullopt;
        const auto audio = tag.type == TagType::audio ? audio_body(tag.bytes()) : std::nullopt;
        const auto& body = video ? video : audio;
        if (!body || body->kind != TagBody::Kind::frame) continue;
        const double ms = tag.time.ms() + double(body->composition_ms.value_or(0));
        found[tag.type == TagType::video ? "video" : "audio"].push_back(ms);
    }
    return aligned(std::move(found));
}

/// The largest difference in milliseconds: they are rounded once by the publisher and once by the
/// container.
void check_shown_as_sent(const fs::path& path, const std::vector<Tag>& tags) {
    const auto sent = sent_at(tags);
    const auto shown = shown_at(path);
    for (const auto& [kind, times] : sent) {
        CAPTURE(kind);
        REQUIRE(shown.contains(kind));
        const auto& there = shown.at(kind);
        REQUIRE(there.size() == times.size());
        // FFmpeg's mp4 begins each track at 0: its first frame of sound lasts until the second.
        const std::size_t from = path.extension() == ".mp4" && kind == "audio" ? 1 : 0;
        double worst = 0;
        for (std::size_t i = from; i < times.size(); ++i) {
            worst = std::max(worst, std::abs(there[i] - times[i]));
        }
        CHECK(worst <= 2.1);
    }
}

/// What libav says at level warning and above while `body` runs.
template <typename Body>
std::string said_by_av(Body body) {
    static std::mutex mutex;
    static std::string said;
    said.clear();
    hear_av_log([](std::string_view line) {
        const std::lock_guard lock(mutex);
        said += std::string(line) + "\n";
    });
    body();
    hear_av_log(nullptr);
    return said;
}

}  // namespace

TEST_CASE("codecs: MP3 of every rate beside H.264 is recorded in every container") {
    for (const int rate : {48000, 44100, 22050, 11025, 8000}) {
        const LiveSession live = live_session_of(with_sound(mp3_tags(rate, rate > 32000 ? 2 : 1)));
        const int pictures = count(live.tags, TagType::video);
        const int sounds = count(live.tags, TagType::audio);
        REQUIRE(pictures > 50);
        for (const std::string name : containers) {
            // All containers with a usual rate and with one of MPEG-2.5; mp4 with all rates.
            if (rate != 44100 && rate != 11025 && name != "a.mp4") continue;
            CAPTURE(rate);
            CAPTURE(name);
            const TempFolder folder;
            const fs::path path = folder / name;
            record(path, live);
            const auto tracks = tracks_of(path);
            CAPTURE(fmt::format("{}", fmt::join(tracks, " ")));
            CHECK(tracks.size() == 2);
            CHECK(std::ranges::count(tracks, fmt::format("h264,video,{}", pictures)) == 1);
            CHECK(std::ranges::count(tracks, fmt::format("mp3,audio,{}", sounds)) == 1);
            CHECK(decoder_complaints(path) == "");
            const auto facts = ffprobe_text({"-show_entries", "stream=sample_rate:format=duration",
                                             "-of", "default=nk=1:nw=1", path.string()});
            CAPTURE(facts);
            CHECK(facts.find(std::to_string(rate)) != std::string::npos);
            const double duration =
                std::stod(facts.substr(facts.rfind('\n', facts.size() - 2) + 1));
            // An flv file has the metadata of the one the publisher sent.
            if (name != "a.flv") {
                CHECK(duration == doctest::Approx(seconds_of(live)).epsilon(0.05));
            }
            if (name != "a.m3u8") check_shown_as_sent(path, live.tags);
        }
    }
}

TEST_CASE("codecs: MP3 without a picture, and several frames in a message") {
    const int frames = static_cast<int>(mp3_tags(44100, 2).size());
    for (const std::size_t together : {1U, 3U}) {
        LiveSession live;
        live.tags = mp3_tags(44100, 2, together);
        live.prefix = {live.tags.front()};
        live.sound = live.tags.back();
        for (const std::string name : containers) {
            CAPTURE(together);
            CAPTURE(name);
            const TempFolder folder;
            record(folder / name, live);
            const auto tracks = tracks_of(folder / name);
            CAPTURE(fmt::format("{}", fmt::join(tracks, " ")));
            CHECK(tracks == std::vector{fmt::format("mp3,audio,{}", frames)});
            CHECK(decoder_complaints(folder / name) == "");
        }
    }
}

TEST_CASE("codecs: G.711 and PCM go into mkv") {
    struct Row {
        const char* format;
        std::uint8_t first_byte;
        int rate;
        int bytes;
        const char* codec;
    };
    const Row rows[] = {{"alaw", 0x72, 8000, 1, "pcm_alaw"},
                        {"mulaw", 0x82, 8000, 1, "pcm_mulaw"},
                        {"s16le", 0x3a, 22050, 2, "pcm_s16le"},
                        {"u8", 0x08, 22050, 1, "pcm_u8"}};
    for (const Row& row : rows) {
        CAPTURE(std::string(row.codec));
        const LiveSession live =
            live_session_of(with_sound(raw_tags(row.format, row.first_byte, row.rate, row.bytes)));
        const TempFolder folder;
        record(folder / "a.mkv", live);
        const auto tracks = tracks_of(folder / "a.mkv");
        CAPTURE(fmt::format("{}", fmt::join(tracks, " ")));
        REQUIRE(tracks.size() == 2);
        CHECK(std::ranges::any_of(tracks, [&](const std::string& each) {
            return each.starts_with(fmt::format("{},audio,", row.codec));
        }));
        const auto said = decoder_complaints(folder / "a.mkv");
        CAPTURE(said);
        CHECK((said.empty() || said.starts_with("Guessed Channel Layout")));
        check_shown_as_sent(folder / "a.mkv", live.tags);
    }
}

TEST_CASE("codecs: what a container cannot hold is refused by its name, and flv takes it") {
    struct Row {
        TagType type;
        std::vector<std::uint8_t> payload;
        const char* codec;
        std::set<std::string_view> held_by = {};
    };
    const Row rows[] = {
        {TagType::audio, {0xb6, 1, 2, 3}, "speex"},
        {TagType::audio, {0x72, 1, 2, 3}, "pcm_alaw", {"a.mkv"}},
        {TagType::audio, {0x82, 1, 2, 3}, "pcm_mulaw", {"a.mkv"}},
        {TagType::audio, {0x3e, 1, 2, 3, 4}, "pcm", {"a.mkv"}},
        {TagType::audio, {0x52, 1, 2, 3}, "nellymoser"},
        {TagType::audio, {0x1e, 1, 2, 3}, "adpcm"},
        {TagType::audio, {0xcf, 1, 2, 3}, "audio codec 12"},
        {TagType::video, {0x12, 1, 2, 3}, "flv1"},
        {TagType::video, {0x13, 1, 2, 3}, "screen"},
        {TagType::video, {0x14, 1, 2, 3}, "vp6"},
        {TagType::video, {0x15, 1, 2, 3}, "vp6a"},
        {TagType::video, {0x16, 1, 2, 3}, "screen2"},
        {TagType::video, {0x19, 1, 2, 3}, "video codec 9"},
    };
    const LiveSession plain = live_session_of(with_sound({}));
    for (const Row& row : rows) {
        LiveSession live = plain;
        const Tag tag = make_tag(row.type, RtmpTime(0), row.payload);
        if (row.type == TagType::audio) {
            live.sound = tag;
        } else {
            live.prefix = {tag};
        }
        for (const std::string name : containers) {
            CAPTURE(std::string(row.codec));
            CAPTURE(name);
            const TempFolder folder;
            const bool is_held = row.held_by.contains(name) || name == "a.flv";
            if (is_held) {
                CHECK_FALSE(must_open(to(folder / name, live))->write(tag));
                continue;
            }
            const SessionEnd end = must_fail(to(folder / name, live));
            CAPTURE(end.detail);
            CHECK(end.code == EndCode::not_supported);
            CHECK(is_refusal(end.code));
            CHECK(end.detail.find(row.codec) != std::string::npos);
            CHECK(end.detail.find("FFmpeg 6.1") == std::string::npos);
            CHECK(end.detail.find(".flv") != std::string::npos);
            CHECK(fs::is_empty(folder.path()));
        }
    }
}

TEST_CASE("codecs: another rate or codec of a sound without a header ends the session") {
    const auto first = mp3_tags(44100, 2);
    const LiveSession live = live_session_of(with_sound(first));
    const TempFolder folder;
    const std::vector<Tag> others[] = {mp3_tags(48000, 2), mp3_tags(22050, 2),
                                       raw_tags("alaw", 0x72, 8000, 1)};
    for (const auto& other : others) {
        const auto sink = must_open(to(folder / "a.mp4", live));
        for (const Tag& tag : live.tags) REQUIRE_FALSE(sink->write(tag));
        const auto end = sink->write(other.front());
        REQUIRE(end);
        CHECK(end_code_name(end->code) == "tracks_changed");
    }
}

TEST_CASE("codecs: pictures whose composition times are lowered are as even as before") {
    struct Row {
        int fps;
        int b_frames;
        std::int32_t lower_ms;
        std::vector<std::string> names = {"a.mp4"};
    };
    const Row rows[] = {
        {30, 2, 67, {"a.mkv", "a.mp4", "a.ts", "a.m3u8"}},
        {30, 2, 0},
        {30, 0, 67},
        {25, 4, 80},
        {25, 1, 500},
        {60, 2, 33},
    };
    const TempFolder made;
    for (const Row& row : rows) {
        CAPTURE(row.fps);
        CAPTURE(row.b_frames);
        CAPTURE(row.lower_ms);
        auto options = picture_options(row.b_frames, {"-c:a", "aac", "-ar", "48000"});
        options.insert(options.end(), {"-r", std::to_string(row.fps)});
        std::vector<Tag> lowered;
        for (const Tag& tag : tags_of(make_flv(made, 3, options))) {
            lowered.push_back(with_lower_composition(tag, row.lower_ms));
        }
        const LiveSession live = live_session_of(lowered);
        for (const std::string& name : row.names) {
            CAPTURE(name);
            const TempFolder folder;
            record(folder / name, live);
            check_shown_as_sent(folder / name, live.tags);
            CHECK(decoder_complaints(folder / name) == "");
        }
    }
}

TEST_CASE("codecs: an ordinary publisher's times are not moved") {
    const TempFolder made;
    for (const int b_frames : {0, 1, 2, 3}) {
        CAPTURE(b_frames);
        const auto options = picture_options(b_frames, {"-c:a", "aac", "-ar", "44100"});
        const LiveSession live = live_session_of(tags_of(make_flv(made, 3, options)));
        const auto learned = learn_tracks(to({}, live), Container::mp4);
        REQUIRE(std::holds_alternative<Tracks>(learned));
        CHECK(std::get<Tracks>(learned).lead_ms == 0);
    }
}

TEST_CASE("codecs: sound of any rate goes into mp4 without a word from its muxer") {
    const TempFolder made;
    for (const int rate : {48000, 44100, 32000, 22050, 11025}) {
        CAPTURE(rate);
        auto options = picture_options(2, {"-c:a", "aac", "-ar", std::to_string(rate)});
        // A fragment every 2 s by time, not at keyframes: either track may begin it.
        options.insert(options.end(), {"-g", "250", "-r", "30"});
        const LiveSession live = live_session_of(tags_of(make_flv(made, 20, options)));
        const TempFolder folder;
        CHECK(said_by_av([&] { record(folder / "a.mp4", live); }) == "");
        check_shown_as_sent(folder / "a.mp4", live.tags);
        const auto facts = ffprobe_text({"-show_entries", "stream=sample_rate", "-of",
                                         "default=nk=1:nw=1", (folder / "a.mp4").string()});
        CHECK(facts == std::to_string(rate) + "\n");
    }
    const LiveSession live = live_session_of(with_sound(mp3_tags(44100, 2)));
    const TempFolder folder;
    CHECK(said_by_av([&] { record(folder / "a.mp4", live); }) == "");
}

TEST_CASE("sample clock: rounded milliseconds become whole frames") {
    for (const int rate : {48000, 44100, 22050, 11025, 8000}) {
        for (const int samples : {1024, 1152, 576}) {
            CAPTURE(rate);
            CAPTURE(samples);
            SampleClock clock(rate);
            for (std::int64_t i = 0; i < 5000; ++i) {
                const std::int64_t exact = i * samples;
                REQUIRE(clock.next(exact * 1000 / rate, samples) == exact);
            }
        }
    }
}

TEST_CASE("sample clock: it follows gaps, drift and jitter, and never runs backwards") {
    constexpr int rate = 44100;
    constexpr int samples = 1024;
    // Per mille by which the publisher's clock is wrong, and how unevenly it stamps.
    for (const double drift : {0.0, 0.0005, -0.0005, 0.01, -0.01}) {
        for (const int jitter_ms : {0, 10, 20}) {
            CAPTURE(drift);
            CAPTURE(jitter_ms);
            SampleClock clock(rate);
            std::int64_t last = -1;
            std::int64_t lost = 0;
            std::uint32_t chance = 1;
            for (std::int64_t i = 0; i < 20000; ++i) {
                if (i % 1000 == 999) lost += 40 * samples;  // a gap of a second
                chance = chance * 1664525 + 1013904223;
                const double noise =
                    jitter_ms == 0 ? 0 : int(chance >> 16) % (2 * jitter_ms + 1) - jitter_ms;
                const double exact = double(i * samples + lost) * 1000 / rate * (1 + drift);
                const std::int64_t at =
                    clock.next(std::max<std::int64_t>(0, std::llround(exact + noise)), samples);
                REQUIRE(at > last);
                last = at;
                const double error_ms = double(at) * 1000 / rate - exact;
                REQUIRE(std::abs(error_ms) < 45);
            }
        }
    }
    SampleClock uncounted(rate);
    CHECK(uncounted.next(0, 0) == 0);
    CHECK(uncounted.next(1000, 0) == rate);
    CHECK(uncounted.next(1000, 0) == rate + 1);
}
