#include "worker/track_change.hpp"

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <vector>

#include "flv/frame.hpp"

namespace restream {

namespace {

/// One header: of which track, in which codec, and its bytes.
struct Header {
    std::tuple<TagType, bool, std::uint8_t, std::uint32_t, std::uint32_t> track;
    Tag tag;
};

/// **Source**: Enhanced RTMP v2: FourCC and number of the first track, in all kinds of multitrack.
std::uint32_t multitrack_part(std::span<const std::uint8_t> bytes, std::size_t from,
                              std::size_t count) {
    std::uint32_t value = 0;
    for (std::size_t i = from; i < from + count && i < bytes.size(); ++i) {
        value = value << 8 | bytes[i];
    }
    return value;
}

template <typename Facts>
Header read(const Tag& tag, const Facts& facts) {
    const std::uint32_t fourcc =
        facts.is_multitrack ? multitrack_part(tag.bytes(), 2, 4) : facts.fourcc;
    const std::uint32_t track =
        facts.is_multitrack ? 0x100U + multitrack_part(tag.bytes(), 6, 1) : 0U;
    return {{tag.type, facts.is_enhanced, facts.codec, fourcc, track}, tag};
}

std::vector<Header> headers_of(const SetupTags& tags) {
    std::vector<Header> headers;
    for (const Tag& tag : tags.all()) {
        if (tag.type == TagType::video) {
            if (const auto facts = video_facts(tag.bytes())) headers.push_back(read(tag, *facts));
        } else if (tag.type == TagType::audio) {
            if (const auto facts = audio_facts(tag.bytes())) headers.push_back(read(tag, *facts));
        }
    }
    std::ranges::stable_sort(headers, {}, &Header::track);
    return headers;
}

}  // namespace

TrackChange track_change(const SetupTags& before, const SetupTags& after) {
    const auto old_ones = headers_of(before);
    const auto new_ones = headers_of(after);
    if (!std::ranges::equal(old_ones, new_ones, {}, &Header::track, &Header::track)) {
        return TrackChange::tracks;
    }
    const bool is_same =
        std::ranges::equal(old_ones, new_ones, [](const Header& a, const Header& b) {
            return std::ranges::equal(a.tag.bytes(), b.tag.bytes());
        });
    return is_same ? TrackChange::none : TrackChange::settings;
}

bool is_of_change(const Tag& tag, const SetupTags& before, const SetupTags& after) {
    if (tag.type == TagType::script) return false;
    const auto body = body_of(tag);
    if (!body) return false;
    const auto is_of_its_track = [&](const Tag& header) {
        const auto of_header = body_of(header);
        return header.type == tag.type && of_header && of_header->track == body->track;
    };
    const auto old_ones = before.all(), new_ones = after.all();
    const auto old_one = std::ranges::find_if(old_ones, is_of_its_track);
    const auto new_one = std::ranges::find_if(new_ones, is_of_its_track);
    if (new_one == new_ones.end()) return false;  // a codec without headers
    if (old_one == old_ones.end()) return true;
    if (tag.type == TagType::audio) {
        return !std::ranges::equal(old_one->bytes(), new_one->bytes());
    }
    const auto old_body = body_of(*old_one);
    return old_body->fourcc != body->fourcc || old_body->codec != body->codec;
}

}  // namespace restream
