#include "process/rtmp_tags.hpp"

#include <algorithm>
#include <array>
#include <random>
#include <string_view>

#include "flv/amf0.hpp"
#include "unit/sequence_headers.hpp"

namespace restream::test {

namespace {

constexpr std::string_view number_mark = "number";
/// FLV's header in front of an AVC frame; behind an enhanced one's FourCC, HEVC has three bytes of
/// composition time, too.
constexpr std::array<std::uint8_t, 5> avc_keyframe = {0x17, 1, 0, 0, 0};
constexpr std::array<std::uint8_t, 5> avc_picture = {0x27, 1, 0, 0, 0};
constexpr std::array<std::uint8_t, 2> aac_sound = {0xaf, 1};

/// Seeded: every run sends the same.
class Bytes {
  public:
    ByteVector behind(const ByteVector& front, std::size_t count) {
        ByteVector bytes = front;
        bytes.resize(front.size() + count);
        std::generate(bytes.begin() + static_cast<std::ptrdiff_t>(front.size()), bytes.end(),
                      [&] { return static_cast<std::uint8_t>(random_()); });
        return bytes;
    }

  private:
    std::mt19937 random_{20140131};
};

Tag metadata(RtmpTime time) {
    ByteVector bytes;
    append_amf0(AmfValue::of("onMetaData"), bytes);
    append_amf0(AmfValue::ecma_array({{"width", AmfValue::of(320.0)},
                                      {"height", AmfValue::of(180.0)},
                                      {"videocodecid", AmfValue::of(7.0)},
                                      {"audiocodecid", AmfValue::of(10.0)}}),
                bytes);
    return make_tag(TagType::script, time, bytes);
}

Tag video_header(std::string_view front, std::string_view record, RtmpTime time) {
    return make_tag(TagType::video, time, with_header(front, record));
}

Tag audio_header(std::string_view front, std::string_view record, RtmpTime time) {
    return make_tag(TagType::audio, time, with_header(front, record));
}

/// What stands in front of each frame.
struct Fronts {
    ByteVector keyframe;
    ByteVector picture;
    ByteVector sound;
};

Fronts plain_fronts() {
    return {{avc_keyframe.begin(), avc_keyframe.end()},
            {avc_picture.begin(), avc_picture.end()},
            {aac_sound.begin(), aac_sound.end()}};
}

ByteVector front(std::uint8_t first, std::string_view fourcc) {
    ByteVector bytes = {first};
    bytes.insert(bytes.end(), fourcc.begin(), fourcc.end());
    return bytes;
}

/// A keyframe, and then what an encoder might send, and a little more.
void append_flow(const Fronts& fronts, RtmpTime begin, std::vector<Tag>& tags) {
    Bytes bytes;
    tags.push_back(make_tag(TagType::video, begin, bytes.behind(fronts.keyframe, 5000)));
    const std::size_t sizes[] = {1,    127,   128, 129,   4096,  65530, 300'000, 2,
                                 9000, 59999, 100, 60001, 65536, 20,    3000};
    std::int32_t later = 0;
    for (const std::size_t size : sizes) {
        later += 13;
        const RtmpTime time = begin.plus(later);
        tags.push_back(make_tag(TagType::audio, time, bytes.behind(fronts.sound, size % 900)));
        tags.push_back(make_tag(TagType::video, time, bytes.behind(fronts.picture, size)));
    }
    // Some encoders send them; nobody knows what for.
    tags.push_back(make_tag(TagType::audio, begin.plus(later + 1), {}));
    tags.push_back(make_tag(TagType::video, begin.plus(later + 1), {}));
    tags.push_back(
        make_tag(TagType::video, begin.plus(later + 40), bytes.behind(fronts.picture, 7)));
}

}  // namespace

std::vector<Tag> plain_headers(RtmpTime time) {
    return {metadata(time), video_header(flv_avc, avc_high, time),
            audio_header(flv_aac, aac_lc, time)};
}

Tag numbered_tag(std::uint32_t number) {
    constexpr std::uint32_t tags_per_gop = 50;
    const bool is_video = number % 2 == 0;
    const Fronts fronts = plain_fronts();
    ByteVector bytes = !is_video                    ? fronts.sound
                       : number % tags_per_gop == 0 ? fronts.keyframe
                                                    : fronts.picture;
    bytes.insert(bytes.end(), number_mark.begin(), number_mark.end());
    for (const int shift : {24, 16, 8, 0})
        bytes.push_back(static_cast<std::uint8_t>(number >> shift));
    // As heavy as 1.6 Mbit/s.
    bytes.resize(bytes.size() + (is_video ? 4000 : 100), 0x55);
    return make_tag(is_video ? TagType::video : TagType::audio,
                    RtmpTime(number * numbered_interval_ms), bytes);
}

std::optional<std::uint32_t> number_of(const Tag& tag) {
    const auto bytes = tag.bytes();
    const std::size_t mark_at = tag.type == TagType::video ? avc_picture.size() : aac_sound.size();
    if (tag.type == TagType::script || bytes.size() < mark_at + number_mark.size() + 4) return {};
    const auto mark = bytes.subspan(mark_at, number_mark.size());
    if (!std::ranges::equal(mark, number_mark)) return std::nullopt;
    std::uint32_t number = 0;
    for (const std::uint8_t each : bytes.subspan(mark_at + number_mark.size(), 4)) {
        number = number << 8 | each;
    }
    return number;
}

Numbers numbers_of(const std::vector<Tag>& tags) {
    Numbers found;
    for (const Tag& each : tags) {
        const auto number = number_of(each);
        if (!number) continue;
        if (found.count == 0) found.first = *number;
        if (found.count > 0 && *number != found.last + 1) ++found.gaps;
        found.last = *number;
        ++found.count;
    }
    return found;
}

std::vector<Tag> plain_broadcast(RtmpTime begin) {
    std::vector<Tag> tags = plain_headers(begin);
    append_flow(plain_fronts(), begin, tags);
    return tags;
}

std::vector<Tag> enhanced_broadcast(const char* fourcc, RtmpTime begin) {
    const bool is_hevc = std::string_view(fourcc) == "hvc1";
    std::vector<Tag> tags = {metadata(begin),
                             is_hevc ? video_header(enhanced_hevc, hevc_main, begin)
                                     : video_header(enhanced_av1, av1_svt, begin),
                             audio_header(enhanced_opus, opus_stereo, begin)};
    // Packet type 4: how bright the picture is, to be told before the first keyframe.
    tags.push_back(make_tag(TagType::video, begin, Bytes().behind(front(0x94, fourcc), 60)));
    // Packet type 1, coded frames: keyframe, inter frame, sound.
    Fronts fronts = {front(0x91, fourcc), front(0xa1, fourcc), front(0x91, "Opus")};
    if (is_hevc) {
        fronts.keyframe.insert(fronts.keyframe.end(), {0, 0, 0});
        fronts.picture.insert(fronts.picture.end(), {0, 0, 66});
    }
    append_flow(fronts, begin, tags);
    return tags;
}

std::vector<Tag> multitrack_broadcast(RtmpTime begin) {
    // Multitrack (video 6, audio 5), one track, its packet type; FourCC; track 1.
    const auto track = [](std::uint8_t first, std::uint8_t packet, std::string_view fourcc) {
        ByteVector bytes = {first, packet};
        bytes.insert(bytes.end(), fourcc.begin(), fourcc.end());
        bytes.push_back(1);
        return bytes;
    };
    const auto tag = [&](TagType type, const ByteVector& start, std::string_view record) {
        ByteVector bytes = start;
        const ByteVector rest = from_hex(record);
        bytes.insert(bytes.end(), rest.begin(), rest.end());
        return make_tag(type, begin, bytes);
    };
    std::vector<Tag> tags = {metadata(begin), audio_header(flv_aac, aac_lc, begin),
                             tag(TagType::audio, track(0x95, 0, "mp4a"), aac_lc),
                             video_header(flv_avc, avc_high, begin),
                             tag(TagType::video, track(0x96, 0, "avc1"), avc_high)};
    std::vector<Tag> plain;
    append_flow(plain_fronts(), begin, plain);
    Bytes bytes;
    bool is_first = true;
    for (const Tag& each : plain) {
        tags.push_back(each);
        if (each.bytes().empty()) continue;
        const bool is_video = each.type == TagType::video;
        const ByteVector start =
            is_video ? track(is_first ? 0x96 : 0xa6, 1, "avc1") : track(0x95, 1, "mp4a");
        tags.push_back(make_tag(each.type, each.time, bytes.behind(start, 77)));
        if (is_video) is_first = false;
    }
    return tags;
}

}  // namespace restream::test
