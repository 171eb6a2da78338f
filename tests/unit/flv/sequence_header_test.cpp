// Sequence headers: real ones against what ffprobe says of them, and every way to be broken.
#include "flv/sequence_header.hpp"

#include <doctest/doctest.h>

#include <random>

#include "flv/bit_reader.hpp"
#include "flv/mp3_frame.hpp"
#include "unit/sequence_headers.hpp"

using namespace restream;
using namespace restream::test;

namespace {

std::optional<VideoTrack> video_of(const ByteVector& payload) {
    return read_media_facts(TagType::video, payload).video;
}
std::optional<AudioTrack> audio_of(const ByteVector& payload) {
    return read_media_facts(TagType::audio, payload).audio;
}

struct VideoCase {
    const char* name;
    std::string_view header;
    std::string_view record;
    const char* codec;
    const char* profile;
    int width;
    int height;
    double fps;                    ///< 0: the header does not say
    std::optional<bool> b_frames;  ///< only ever false: "possible" is not yet "used"
};

const std::vector<VideoCase> video_cases = {
    {"x264 High", flv_avc, avc_high, "h264", "High", 1920, 1080, 30, {}},
    {"enhanced", enhanced_avc, avc_high, "h264", "High", 1920, 1080, 30, {}},
    {"Main", flv_avc, avc_main_no_b, "h264", "Main", 1280, 720, 29.97, false},
    {"Baseline", flv_avc, avc_constrained_baseline, "h264", "Constrained Baseline", 640, 360, 25,
     false},
    {"fields", flv_avc, avc_interlaced, "h264", "High", 1920, 1080, 12.5, {}},
    {"4:2:2", flv_avc, avc_high_422, "h264", "High 4:2:2", 854, 480, 60, {}},
    {"4:4:4", flv_avc, avc_high_444, "h264", "High 4:4:4 Predictive", 402, 302, 24, {}},
    {"gray", flv_avc, avc_gray, "h264", "High", 320, 240, 30, {}},
    {"full VUI", flv_avc, avc_full_vui, "h264", "High", 1280, 720, 50, {}},
    {"x265", flv_hevc, hevc_main, "hevc", "Main", 1920, 1080, 0, {}},
    {"enhanced x265", enhanced_hevc, hevc_main, "hevc", "Main", 1920, 1080, 0, {}},
    {"x265 10 bit", enhanced_hevc, hevc_main10_no_b, "hevc", "Main 10", 640, 362, 0, false},
    {"x265 4:2:2", enhanced_hevc, hevc_rext, "hevc", "Rext", 400, 300, 0, {}},
    {"SVT-AV1", enhanced_av1, av1_svt, "av1", "Main", 1920, 1080, 0, {}},
    {"AV1 with times", enhanced_av1, av1_timing, "av1", "Main", 1920, 1080, 29.97, {}},
    {"libaom 4:4:4", enhanced_av1, av1_high, "av1", "High", 640, 360, 0, {}},
    {"rav1e", enhanced_av1, av1_10_bit, "av1", "Main", 640, 360, 0, {}},
    {"VP9", enhanced_vp9, vp9_record, "vp9", "Profile 0", 0, 0, 0, {}},
    {"VP9 as in MP4", enhanced_vp9, vp9_box, "vp9", "Profile 0", 0, 0, 0, {}},
};

struct AudioCase {
    const char* name;
    std::string_view header;
    std::string_view record;
    const char* codec;
    const char* profile;
    int sample_rate_hz;
    int channels;
};

const std::vector<AudioCase> audio_cases = {
    {"LC", flv_aac, aac_lc, "aac", "LC", 48000, 2},
    {"LC of two bytes", flv_aac, "1210", "aac", "LC", 44100, 2},
    {"enhanced LC", enhanced_aac, aac_lc, "aac", "LC", 48000, 2},
    {"mono", flv_aac, aac_lc_mono, "aac", "LC", 44100, 1},
    {"5.1", flv_aac, aac_lc_5_1, "aac", "LC", 48000, 6},
    {"quad", flv_aac, aac_lc_quad, "aac", "LC", 48000, 4},
    {"7.1", flv_aac, aac_lc_7_1, "aac", "LC", 48000, 8},
    {"Main", flv_aac, aac_main, "aac", "Main", 44100, 1},
    {"LTP", flv_aac, aac_ltp, "aac", "LTP", 44100, 1},
    {"HE", flv_aac, he_aac, "aac", "HE-AAC", 44100, 2},
    {"HE, told behind", flv_aac, he_aac_late, "aac", "HE-AAC", 44100, 2},
    {"HE, denied behind", flv_aac, he_aac_late_off, "aac", "LC", 22050, 2},
    {"HE, rates written out", flv_aac, he_aac_explicit, "aac", "HE-AAC", 48000, 2},
    {"HEv2", flv_aac, he_aac_v2, "aac", "HE-AACv2", 48000, 2},
    {"HEv2, told behind", flv_aac, he_aac_v2_late, "aac", "HE-AACv2", 48000, 2},
    {"HE, PS denied behind", flv_aac, he_aac_late_no_ps, "aac", "HE-AAC", 48000, 1},
    {"LC, rate written out", flv_aac, aac_lc_explicit, "aac", "LC", 22050, 2},
    {"ELD", flv_aac, aac_eld, "aac", "ELD", 48000, 2},
    {"Opus", enhanced_opus, opus_stereo, "opus", "", 48000, 2},
    {"FLAC", enhanced_flac, flac_mono, "flac", "", 48000, 1},
    {"MP3", "2f", mp3_48_khz, "mp3", "", 48000, 2},
    {"MP3, low rate", "26", mp3_22_khz_mono, "mp3", "", 22050, 1},
    {"MP3, enhanced", "91 2e6d7033", mp3_48_khz, "mp3", "", 48000, 2},
    {"MP3, cut: FLV's byte", "2f", "ffff", "mp3", "", 44100, 2},
    {"MP3 of MPEG-2.5", "2f", "ffe388c4", "mp3", "", 8000, 1},
    {"MP3, FLV's code for 8 kHz", "ef", "ffe38844", "mp3", "", 8000, 2},
    {"MP3, FLV's code for 8 kHz, cut", "ee", "ffff", "mp3", "", 8000, 1},
    {"PCM", "3e", "0000", "pcm", "", 44100, 1},
    {"PCM at the lowest rate", "00", "0000", "pcm", "", 5512, 1},
    {"A-law", "70", "00", "pcm_alaw", "", 8000, 1},
    {"Speex", "be", "00", "speex", "", 16000, 1},
    {"Nellymoser 8 kHz", "52", "00", "nellymoser", "", 8000, 1},
};

void check_dimensions(const VideoTrack& track) {
    CHECK(track.width >= 0);
    CHECK(track.width <= 16384);
    CHECK(track.height >= 0);
    CHECK(track.height <= 16384);
    CHECK((track.width == 0) == (track.height == 0));
    if (track.fps) CHECK(*track.fps <= 1000);
}

}  // namespace

TEST_CASE("sequence header: a picture's profile, size and rate are what ffprobe says") {
    for (const auto& each : video_cases) {
        CAPTURE(std::string(each.name));
        const auto track = video_of(with_header(each.header, each.record));
        REQUIRE(track);
        CHECK(track->codec == each.codec);
        CHECK(track->profile == each.profile);
        CHECK(track->width == each.width);
        CHECK(track->height == each.height);
        CHECK(track->fps.has_value() == (each.fps > 0));
        CHECK(track->fps.value_or(0) == doctest::Approx(each.fps).epsilon(0.0001));
        CHECK(track->b_frames == each.b_frames);
        CHECK_FALSE(track->bitrate_kbps);
        CHECK_FALSE(track->keyframe_interval_s);
    }
}

TEST_CASE("sequence header: a sound's profile, rate and channels are what ffprobe says") {
    for (const auto& each : audio_cases) {
        CAPTURE(std::string(each.name));
        const auto track = audio_of(with_header(each.header, each.record));
        REQUIRE(track);
        CHECK(track->codec == each.codec);
        CHECK(track->profile == each.profile);
        CHECK(track->sample_rate_hz == each.sample_rate_hz);
        CHECK(track->channels == each.channels);
    }
}

TEST_CASE("sequence header: cut at any byte it says the truth or nothing") {
    for (const auto& each : video_cases) {
        const ByteVector whole = with_header(each.header, each.record);
        const auto truth = video_of(whole);
        for (std::size_t size = 0; size < whole.size(); ++size) {
            CAPTURE(std::string(each.name));
            CAPTURE(size);
            // A copy of its own size: the sanitizer sees every byte beyond it.
            const auto track = video_of({whole.begin(), whole.begin() + std::ptrdiff_t(size)});
            if (!track) continue;
            CHECK(track->codec == truth->codec);
            CHECK((track->profile.empty() || track->profile == truth->profile));
            CHECK((track->width == 0 || track->width == truth->width));
            CHECK((track->height == 0 || track->height == truth->height));
            CHECK((!track->fps || track->fps == truth->fps));
            CHECK((!track->b_frames || track->b_frames == truth->b_frames));
        }
    }
    for (const auto& each : audio_cases) {
        const ByteVector whole = with_header(each.header, each.record);
        for (std::size_t size = 0; size < whole.size(); ++size) {
            CAPTURE(std::string(each.name));
            CAPTURE(size);
            const auto track = audio_of({whole.begin(), whole.begin() + std::ptrdiff_t(size)});
            if (track) CHECK(track->codec == each.codec);
        }
    }
}

TEST_CASE("sequence header: what is damaged stays within bounds") {
    std::minstd_rand random(1);
    for (const auto& each : video_cases) {
        const ByteVector whole = with_header(each.header, each.record);
        for (int i = 0; i < 2000; ++i) {
            ByteVector damaged = whole;
            for (int flips = 1 + i % 3; flips > 0; --flips) {
                damaged[random() % damaged.size()] ^= std::uint8_t(1U << random() % 8);
            }
            if (const auto track = video_of(damaged)) check_dimensions(*track);
        }
    }
    for (const auto& each : audio_cases) {
        const ByteVector whole = with_header(each.header, each.record);
        for (int i = 0; i < 2000; ++i) {
            ByteVector damaged = whole;
            damaged[random() % damaged.size()] = std::uint8_t(random());
            const auto track = audio_of(damaged);
            if (!track) continue;
            CHECK(track->sample_rate_hz >= 0);
            CHECK(track->sample_rate_hz < 1 << 20);
            CHECK(track->channels >= 0);
            CHECK(track->channels <= 255);
        }
    }
}

TEST_CASE("sequence header: a picture that cannot be is not known") {
    struct Bad {
        const char* name;
        const char* payload;
        const char* profile;  ///< what the record says before it breaks; null: no track at all
    };
    const std::vector<Bad> bad = {
        {"empty", "", nullptr},
        {"one byte", "17", nullptr},
        {"an AVC tag's header alone", "1700000000", ""},
        {"cut composition time", "17000000", nullptr},
        {"an end of sequence", "1702000000", nullptr},
        {"an unknown AVC packet type", "170900000001640028", nullptr},
        {"a command", "5700000000", nullptr},
        {"an empty frame", "1701000000", nullptr},
        {"record of version 0", "1700000000 00640028ffe10000", ""},
        {"record of three bytes", "1700000000 016400", ""},
        {"no parameter set", "1700000000 01640028ffe0010000", "High"},
        {"empty parameter set", "1700000000 01640028ffe10000", "High"},
        {"parameter set longer than the record", "1700000000 01640028ffe1ffff67", "High"},
        {"not a parameter set", "1700000000 01640028ffe1000868640028acd94078", "High"},
        {"unknown profile", "1700000000 01630028ffe00000", ""},
        {"all zeros: endless exp-Golomb",
         "1700000000 014d001fffe1001067000000000000000000000000000000", "Main"},
        // Composed: main profile, one field each as the name says, sides of 64 where it does not.
        {"sides of 2^35 pixels",
         "1700000000 "
         "014d001fffe1001b674d001ff400000300010000030000030000030002000003000320",
         "Main"},
        {"a width of 16,400", "1700000000 014d001fffe1000a674d001ff4002008bc80", "Main"},
        {"all is cropped", "1700000000 014d001fffe1000a674d001ff421384423a0", "Main"},
        {"2^32 are cropped",
         "1700000000 "
         "014d001fffe1002b674d001ff42138000003000ffffffff0000003001fffffffe0000003003ffff"
         "fffc0000003007fffffffa0",
         "Main"},
        {"order of a type 3", "1700000000 014d001fffe10008674d001fc8842640", "Main"},
        {"order in a cycle of 2^31", "1700000000 014d001fffe1000f674d001fd000300000300010000030003",
         "Main"},
        {"chroma of a format 4", "1700000000 0164001fffe100086764001f973a1099", "High"},
        {"scaling lists that are not there", "1700000000 0164001fffe100076764001fadff80", "High"},
        {"HEVC without a record", "1c00000000", ""},
        {"HEVC, version 9", "1c00000000 0901600000009000000000007800", ""},
        {"HEVC, no arrays", "1c00000000 01016000000090000000000078f000fcfdf8f800000f00", "Main"},
        {"HEVC, arrays that are not there",
         "1c00000000 01016000000090000000000078f000fcfdf8f800000fff", "Main"},
        {"HEVC, units that are not there",
         "1c00000000 01016000000090000000000078f000fcfdf8f800000f01a1ffff", "Main"},
        {"HEVC, empty parameter set",
         "1c00000000 01016000000090000000000078f000fcfdf8f800000f01a100010000", "Main"},
        {"HEVC, parameter set of ones",
         "1c00000000 "
         "01016000000090000000000078f000fcfdf8f800000f01a1000100204201ffffffffffffffffffff"
         "ffffffffffffffffffffffffffffffffffffff",
         "Main"},
        {"HEVC, profile 31", "1c00000000 011f6000000090000000000078f000fcfdf8f800000f00", ""},
        {"AV1 without a record", "9061763031", ""},
        {"AV1, another version", "9061763031 82080c000a0b00000042abbfc3700be001", ""},
        {"AV1, no sequence header", "9061763031 81080c00", "Main"},
        {"AV1, forbidden bit", "9061763031 81080c008a0b00000042abbfc3700be001", "Main"},
        {"AV1, size without an end", "9061763031 81080c000affffffffffffffffffff", "Main"},
        {"AV1, size beyond the end", "9061763031 81080c000aff7f0000", "Main"},
        {"AV1, only other units", "9061763031 81080c0012001200120012001200", "Main"},
        {"AV1, profile 7", "9061763031 81e80c00", ""},
        {"VP9 without a record", "9076703039", ""},
        {"VP9, profile 9", "9076703039 09158202", ""},
        {"enhanced, cut FourCC", "90617663", nullptr},
        {"enhanced, an unknown FourCC", "9078787878 010203", ""},
        {"enhanced metadata", "9461766331 02000a", nullptr},
        {"enhanced command", "d061766331", nullptr},
        {"enhanced, end of sequence", "9261766331", nullptr},
        {"enhanced, empty frame", "9361766331", nullptr},
        {"enhanced frame without composition time", "9161766331 0000", nullptr},
        {"enhanced frame of only a composition time", "9161766331 000000", nullptr},
        {"modifier without an end", "97", nullptr},
        {"modifier longer than the message", "97ff", nullptr},
        {"modifier of 65,536 bytes", "97ffffff00", nullptr},
        {"ten modifiers",
         "97 00aa07 00aa07 00aa07 00aa07 00aa07 00aa07 00aa07 00aa07 00aa07 00aa00 61766331 0164",
         nullptr},
        {"multitrack, cut", "96", nullptr},
        {"multitrack of an unknown kind", "9630617663310001640028", nullptr},
        {"multitrack without tracks", "961061766331", nullptr},
        {"multitrack, cut size", "96106176633100 0000", nullptr},
        {"multitrack, size beyond the end", "96106176633100 ffffff 01640028", nullptr},
        {"multitrack in a multitrack", "96060616 61766331 00", nullptr},
    };
    for (const auto& each : bad) {
        CAPTURE(std::string(each.name));
        const auto track = video_of(from_hex(each.payload));
        REQUIRE(track.has_value() == (each.profile != nullptr));
        if (!track) continue;
        CHECK(track->profile == each.profile);
        CHECK(track->width == 0);
        CHECK(track->height == 0);
        CHECK_FALSE(track->fps);
    }
}

TEST_CASE("sequence header: behind the size, what cannot be takes nothing away") {
    const std::vector<std::pair<const char*, const char*>> table = {
        {"a tick of 0", "014d001fffe10014674d001ff4213420000003000003000003001080"},
        {"2^32 ticks a second", "014d001fffe10012674d001ff4213420000003003ffffffff080"},
        {"a buffer model of 2^32 entries", "014d001fffe10011674d001ff4213410000003001ffffffff0"},
    };
    for (const auto& [name, record] : table) {
        CAPTURE(std::string(name));
        const auto track = video_of(with_header(flv_avc, record));
        REQUIRE(track);
        CHECK(track->width == 64);
        CHECK(track->height == 64);
        CHECK_FALSE(track->fps);
    }
    const auto largest = video_of(with_header(flv_avc, "014d001fffe1000b674d001ff4002000010032"));
    REQUIRE(largest);
    CHECK(largest->width == 16384);
}

TEST_CASE("sequence header: a sound that cannot be is not known") {
    const std::vector<std::pair<const char*, const char*>> bad = {
        {"AAC without a config", "af00"},
        {"AAC of one byte", "af0012"},
        {"AAC of type 0", "af000010"},
        {"AAC, rate written out and cut", "af001780"},
        {"AAC, extension cut", "af002b"},
        {"AAC, type beyond 31 cut", "af00f8"},
        {"Opus without a head", "904f707573"},
        {"Opus, another word", "904f707573 4f707573546167730102380180bb0000000000"},
        {"Opus, cut", "904f707573 4f707573486561640102"},
        {"Opus, version 16", "904f707573 4f707573486561641002380180bb0000000000"},
        {"FLAC without a head", "90664c6143"},
        {"FLAC, cut", "90664c6143 664c614300000022120012000002550004"},
        {"FLAC, another block",
         "90664c6143 "
         "664c614304000022120012000002550004ff0bb800f00000bb80ba53abf56ced381f730b6f85c5f5"
         "e43d"},
        {"FLAC, no rate",
         "90664c6143 "
         "664c614300000022120012000002550004ff00000000f000bb80ba53abf56ced381f730b6f85c5f5"
         "e43d"},
        {"an unknown FourCC", "9078787878 0102"},
        {"MP3, enhanced, no frame", "912e6d7033 00000000"},
        {"MP3, enhanced, reserved rate", "912e6d7033 fffb9c64"},
        {"MP3, enhanced, reserved version", "912e6d7033 ffeb9464"},
        {"MP3, enhanced, reserved layer", "912e6d7033 fff99464"},
        {"a sound format of the device", "f000"},
    };
    for (const auto& [name, payload] : bad) {
        CAPTURE(std::string(name));
        const auto track = audio_of(from_hex(payload));
        REQUIRE(track);
        CHECK(track->sample_rate_hz == 0);
        CHECK(track->channels == 0);
        CHECK(track->profile == "");
    }
    for (const char* none : {"", "af", "2f", "90", "904f7075", "97", "95", "9500", "af02aa"}) {
        CAPTURE(none);
        CHECK_FALSE(audio_of(from_hex(none)));
    }
    const auto reserved = audio_of(from_hex("af00 1698"));  // rate index 13, channels 3
    REQUIRE(reserved);
    CHECK(reserved->sample_rate_hz == 0);
    CHECK(reserved->channels == 3);
    CHECK(reserved->profile == "LC");
    CHECK(read_media_facts(TagType::script, from_hex("02000a")) == MediaFacts{});
}

TEST_CASE("sequence header: of several tracks the lowest is told") {
    const std::string big(avc_high);
    const std::string small(avc_constrained_baseline);
    const auto tracks = [&](const std::string& first, const char* first_id,
                            const std::string& second, const char* second_id) {
        const auto size = [](const std::string& record) {
            constexpr std::string_view digits = "0123456789abcdef";
            const std::size_t bytes = record.size() / 2;
            return std::string("0000") + digits[bytes / 16] + digits[bytes % 16];
        };
        return from_hex("96 10 61766331 " + (first_id + size(first)) + first + second_id +
                        size(second) + second);
    };
    CHECK(video_of(tracks(big, "00", small, "01"))->width == 1920);
    CHECK(video_of(tracks(small, "02", big, "01"))->width == 1920);
    CHECK(video_of(tracks(small, "01", big, "02"))->width == 640);
    // One track; many codecs; a modifier before it all (nanoseconds).
    CHECK(video_of(from_hex("96 00 61766331 03" + big))->width == 1920);
    CHECK(video_of(from_hex("96 20 61766331 00 00002e" + big))->height == 1080);
    CHECK(video_of(from_hex("97 02 000001 00 61766331" + big))->height == 1080);
    CHECK(audio_of(from_hex("95 00 6d703461 00" + std::string(aac_lc)))->sample_rate_hz == 48000);
}

TEST_CASE("tag body: composition times, keyframes and tracks of a frame") {
    const auto legacy = video_body(from_hex("27 01 fffffe 00"));
    REQUIRE(legacy);
    CHECK(legacy->kind == TagBody::Kind::frame);
    CHECK_FALSE(legacy->is_keyframe);
    CHECK(legacy->composition_ms == -2);
    const auto enhanced = video_body(from_hex("91 68766331 000042 aabb"));
    REQUIRE(enhanced);
    CHECK(enhanced->is_keyframe);
    CHECK(enhanced->composition_ms == 0x42);
    CHECK(enhanced->bytes.size() == 2);
    CHECK(video_body(from_hex("a3 68766331 aabb"))->composition_ms == 0);
    CHECK_FALSE(video_body(from_hex("a1 61763031 aabb"))->composition_ms);
    CHECK(video_body(from_hex("96 01 61763031 07 aabb"))->track == 7);
    CHECK(video_codec_name(*video_body(from_hex("22 aa"))) == "flv1");
    CHECK(video_body(from_hex("12 aa"))->is_keyframe);
}

TEST_CASE("bit reader: never beyond its end, never more than 32 bits") {
    const ByteVector bytes = from_hex("a5 00 00 00 00 ff");
    BitReader reader(bytes);
    CHECK(reader.bits(3) == 5);
    CHECK(reader.bits(5) == 5);
    CHECK(reader.bits(32) == 0);
    CHECK(reader.left() == 8);
    CHECK(reader.bits(9) == 0);
    CHECK_FALSE(reader.is_good());
    CHECK(reader.bits(1) == 0);
    CHECK(reader.left() == 0);
    const ByteVector codes = from_hex("a6 42 98 e2 04 8a");  // 1 010 011 00100 00101 00110 …
    BitReader golomb(codes);
    for (std::uint32_t i = 0; i < 8; ++i) CHECK(golomb.exp_golomb() == i);
    BitReader both(codes);
    for (const int expected : {0, 1, -1, 2, -2, 3}) CHECK(both.signed_exp_golomb() == expected);
    const ByteVector longest = from_hex("00000001fffffffe");
    BitReader most(longest);
    CHECK(most.exp_golomb() == 0xfffffffe);
    CHECK(most.is_good());
    for (const char* bad : {"", "00", "0000000080000000 00", "00000000ffffffffff", "0001"}) {
        CAPTURE(bad);
        const ByteVector held = from_hex(bad);
        BitReader broken(held);
        CHECK(broken.exp_golomb() == 0);
        CHECK_FALSE(broken.is_good());
    }
}

TEST_CASE("bit reader: emulation prevention goes, and nothing else") {
    const std::vector<std::pair<const char*, const char*>> table = {
        {"", ""},
        {"000003", "0000"},
        {"00000301", "000001"},
        {"0000030000030000 03", "000000000000"},
        {"000303", "000303"},
        {"00000003", "000000"},
        {"0000040003", "0000040003"},
        {"000003030000", "0000030000"},
    };
    for (const auto& [escaped, plain] : table) {
        CAPTURE(escaped);
        CHECK(without_emulation_prevention(from_hex(escaped)) == from_hex(plain));
    }
    CHECK(without_emulation_prevention(ByteVector(1 << 20, 7)).size() == 4096);
}

TEST_CASE("sequence header: how long a frame of sound lasts") {
    const std::uint8_t low_complexity[] = {0x11, 0x90};
    const std::uint8_t short_frames[] = {0x11, 0x94};
    const std::uint8_t high_efficiency[] = {0x2b, 0x11, 0x88};
    CHECK(read_aac_header(low_complexity).frame_samples == 1024);
    CHECK(read_aac_header(short_frames).frame_samples == 960);
    CHECK(read_aac_header(high_efficiency).sample_rate_hz == 48000);
    CHECK(read_aac_header(high_efficiency).frame_samples == 2048);
}

TEST_CASE("mp3 frames: several in one message are told apart, and what is none stays whole") {
    std::vector<std::uint8_t> one(576);  // MPEG-2.5, 64 kbit/s at 8 kHz
    one[0] = 0xff;
    one[1] = 0xe3;
    one[2] = 0x88;
    one[3] = 0xc4;
    CHECK(read_mp3_header(one) == Mp3Frame{8000, 1, 576, 576});
    std::vector<std::uint8_t> two = one;
    two.insert(two.end(), one.begin(), one.end());
    const auto frames = mp3_frames(two);
    REQUIRE(frames.size() == 2);
    CHECK(frames[1].data() == two.data() + 576);
    two.push_back(0);
    CHECK(mp3_frames(two).size() == 1);
    CHECK(mp3_frames(std::span(two).first(100)).size() == 1);
    CHECK(mp3_frames({}).empty());
    // 44.1 kHz does not divide: frames of 128 kbit/s have 417 or 418 bytes.
    const std::uint8_t plain[] = {0xff, 0xfb, 0x90, 0x00};
    const std::uint8_t padded[] = {0xff, 0xfb, 0x92, 0x00};
    CHECK(read_mp3_header(plain) == Mp3Frame{44100, 2, 1152, 417});
    CHECK(read_mp3_header(padded) == Mp3Frame{44100, 2, 1152, 418});
    for (const std::vector<std::uint8_t>& bad :
         std::vector<std::vector<std::uint8_t>>{{},
                                                {0xff},
                                                {0xff, 0xfb, 0x90},
                                                {0xff, 0xfb, 0xf0, 0},
                                                {0xff, 0xfb, 0x9c, 0},
                                                {0xff, 0xf9, 0x90, 0},
                                                {0xff, 0xeb, 0x90, 0},
                                                {0x7f, 0xfb, 0x90, 0}}) {
        CHECK_FALSE(read_mp3_header(bad));
    }
}
