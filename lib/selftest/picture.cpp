#include "selftest/picture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include "flv/amf0.hpp"

namespace restream::selftest {

namespace {

using Bytes = std::vector<std::uint8_t>;

// **Source**: ffmpeg -f lavfi -i color=c=0x1b2a4a:s=320x180:r=30 -c:v libx264 -profile:v baseline
// -x264-params keyint=30:bframes=0:ref=1:weightp=0:slices=1: its avcC, and its first slice.
constexpr std::string_view avc_record =
    "0142c00dffe100176742c00dda05067e7c0440000003004000000f03c50aa801000468ce0fc8";
constexpr std::string_view intra_slice =
    "6588840bfffffc114500010d5f1c000410a3800080bc9c9c9c9c9c9c9c9c9c9c9c9c9c9c9c9c9c9c9d75d75d"
    "75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d7"
    "5d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75"
    "d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d"
    "75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75d75e";
/// The same encoder's slice of a picture that is as the one before it; the upper byte of its number
/// (frame_num, 4 bits) lies behind the first two.
constexpr std::array<std::uint8_t, 7> same_slice = {0x41, 0x9a, 0x00, 0x2f, 0xc0, 0x78, 0xc0};

/// AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1): LC, 48 kHz, stereo.
constexpr std::array<std::uint8_t, 2> aac_record = {0x11, 0x90};
/// A raw_data_block of silence: one channel pair element, and the end.
constexpr std::array<std::uint8_t, 6> silence = {0x21, 0x10, 0x04, 0x60, 0x8c, 0x1c};

/// Tells our message of H.264's user data from others': any 16 bytes.
constexpr std::string_view mark = "restream-selfte:";
constexpr std::size_t number_digits = 8;
constexpr std::size_t time_digits = 16;
constexpr std::size_t stamp_size = 16 + number_digits + time_digits;

constexpr std::size_t keyframe_bytes = 96'000;
constexpr std::size_t other_bytes = 22'000;

Bytes from_hex(std::string_view text) {
    Bytes bytes(text.size() / 2);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const char* const at = text.data() + 2 * i;
        std::from_chars(at, at + 2, bytes[i], 16);
    }
    return bytes;
}

/// As digits: a NAL unit must not hold two zeros in a row.
std::string stamp_text(const Stamp& stamp) {
    return fmt::format("{}{:08x}{:016x}", mark, stamp.number,
                       static_cast<std::uint64_t>(stamp.sent.time_since_epoch().count()));
}

template <typename Unit>
void append_unit(const Unit& unit, Bytes& to) {
    for (const int shift : {24, 16, 8, 0}) {
        to.push_back(static_cast<std::uint8_t>(std::size(unit) >> shift));
    }
    to.insert(to.end(), std::begin(unit), std::end(unit));
}

/// NAL unit type 6, SEI: payload type 5, user data that no decoder knows. **Source**:
/// H.264, 7.3.2.3 and D.1.7.
Bytes stamp_unit(const Stamp& stamp) {
    Bytes unit = {6, 5, static_cast<std::uint8_t>(stamp_size)};
    const std::string text = stamp_text(stamp);
    unit.insert(unit.end(), text.begin(), text.end());
    unit.push_back(0x80);
    return unit;
}

/// NAL unit type 12: what a decoder throws away. **Source**: H.264, 7.3.2.7.
Bytes filler_unit(std::size_t size) {
    Bytes unit(size, 0xff);
    unit.front() = 12;
    unit.back() = 0x80;
    return unit;
}

Bytes slice_unit(std::uint32_t number) {
    const std::uint32_t in_group = number % pictures_per_group;
    if (in_group == 0) return from_hex(intra_slice);
    Bytes slice(same_slice.begin(), same_slice.end());
    const std::uint32_t frame_num = in_group % 16;
    slice[1] = static_cast<std::uint8_t>(slice[1] | frame_num >> 3);
    slice[2] = static_cast<std::uint8_t>(frame_num << 5);
    return slice;
}

Tag metadata() {
    Bytes bytes;
    append_amf0(AmfValue::of("onMetaData"), bytes);
    append_amf0(AmfValue::ecma_array({{"width", AmfValue::of(320.0)},
                                      {"height", AmfValue::of(180.0)},
                                      {"framerate", AmfValue::of(double(pictures_per_second))},
                                      {"videocodecid", AmfValue::of(7.0)},
                                      {"audiocodecid", AmfValue::of(10.0)}}),
                bytes);
    return make_tag(TagType::script, {}, bytes);
}

}  // namespace

std::vector<Tag> headers() {
    Bytes video = {0x17, 0, 0, 0, 0};
    const Bytes record = from_hex(avc_record);
    video.insert(video.end(), record.begin(), record.end());
    Bytes audio = {0xaf, 0};
    audio.insert(audio.end(), aac_record.begin(), aac_record.end());
    return {metadata(), make_tag(TagType::video, {}, video), make_tag(TagType::audio, {}, audio)};
}

Tag picture(RtmpTime time, const Stamp& stamp) {
    const bool is_keyframe = stamp.number % pictures_per_group == 0;
    Bytes bytes = {static_cast<std::uint8_t>(is_keyframe ? 0x17 : 0x27), 1, 0, 0, 0};
    append_unit(stamp_unit(stamp), bytes);
    append_unit(slice_unit(stamp.number), bytes);
    const std::size_t wanted = is_keyframe ? keyframe_bytes : other_bytes;
    append_unit(filler_unit(wanted - bytes.size()), bytes);
    return make_tag(TagType::video, time, bytes);
}

/// A data stream element, which is aligned and has its length (ISO/IEC 14496-3, 4.4.2.5), and then
/// silence.
Tag sound(RtmpTime time, const Stamp& stamp) {
    Bytes bytes = {0xaf, 1, 0x81, static_cast<std::uint8_t>(stamp_size)};
    const std::string text = stamp_text(stamp);
    bytes.insert(bytes.end(), text.begin(), text.end());
    bytes.insert(bytes.end(), silence.begin(), silence.end());
    return make_tag(TagType::audio, time, bytes);
}

std::optional<Stamp> stamp_of(const Tag& tag) {
    // Behind the tag's header: of a picture the unit's length and what comes before the mark.
    const std::size_t at = tag.type == TagType::video ? 5 + 4 + 3 : 2 + 2;
    const auto bytes = tag.bytes();
    if (tag.type == TagType::script || bytes.size() < at + stamp_size) return std::nullopt;
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + at, stamp_size);
    if (!text.starts_with(mark)) return std::nullopt;
    Stamp stamp;
    std::uint64_t time = 0;
    const char* const number_at = text.data() + mark.size();
    const char* const time_at = number_at + number_digits;
    const auto number = std::from_chars(number_at, time_at, stamp.number, 16);
    const auto read = std::from_chars(time_at, time_at + time_digits, time, 16);
    if (number.ptr != time_at || read.ptr != time_at + time_digits) return std::nullopt;
    stamp.sent = SteadyTime(SteadyClock::duration(static_cast<SteadyClock::rep>(time)));
    return stamp;
}

}  // namespace restream::selftest
