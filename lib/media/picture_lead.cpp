#include "media/picture_lead.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <variant>

#include "flv/amf0.hpp"
#include "flv/sequence_header.hpp"
#include "flv/tag_body.hpp"

namespace restream {

namespace {

/// What a live picture's rate can be. Some encoders write their clock's rate into the header.
constexpr double lowest_fps = 5;
constexpr double highest_fps = 240;
/// Where nobody says it: longer frames than a live picture has are no harm.
constexpr double unknown_fps = 20;
/// Encoders that do not say how far they reorder do so by two pictures at most: B-frames, and
/// others that they refer to.
constexpr int usual_reordering = 2;
/// Composition times are whole milliseconds.
constexpr double rounding_ms = 2;

std::optional<double> sane_fps(std::optional<double> fps) {
    return fps && *fps >= lowest_fps && *fps <= highest_fps ? fps : std::nullopt;
}

std::optional<double> metadata_fps(const Tag& metadata) {
    const auto read = read_amf0(metadata.bytes());
    const auto* const values = std::get_if<std::vector<AmfValue>>(&read);
    if (values == nullptr) return std::nullopt;
    for (const AmfValue& each : *values) {
        if (const AmfValue* const rate = each.find("framerate")) return sane_fps(rate->as_number());
    }
    return std::nullopt;
}

/// The longest that the header and the metadata allow.
double frame_ms(std::optional<double> header, std::optional<double> metadata) {
    double fps = header.value_or(metadata.value_or(unknown_fps));
    if (metadata) fps = std::min(fps, *metadata);
    return 1000 / fps;
}

int most_reordered(const VideoHeader& header) {
    if (header.most_reordered) return *header.most_reordered;
    // What is shown out of order refers to a picture before and one behind it.
    return header.reference_frames == 1 ? 0 : usual_reordering;
}

/// The composition times of the pictures that have come so far.
struct Pictures {
    std::optional<std::int32_t> first_ms;
    std::int32_t least_ms = 0;
};

}  // namespace

std::int64_t picture_lead_ms(const std::vector<Tag>& prefix) {
    VideoHeader header;
    std::optional<double> metadata;
    Pictures pictures;
    for (const Tag& tag : prefix) {
        if (tag.type == TagType::script && is_metadata(tag)) metadata = metadata_fps(tag);
        const auto body = tag.type == TagType::video ? video_body(tag.bytes()) : std::nullopt;
        if (!body) continue;
        if (body->kind == TagBody::Kind::sequence_header) header = read_video_header(*body);
        if (body->kind != TagBody::Kind::frame || !body->composition_ms) continue;
        if (!pictures.first_ms) pictures.first_ms = *body->composition_ms;
        pictures.least_ms = std::min(pictures.least_ms, *body->composition_ms);
    }
    if (!pictures.first_ms) return 0;
    const double needed = most_reordered(header) * frame_ms(sane_fps(header.fps), metadata);
    const double missing = needed - *pictures.first_ms;
    const auto estimated =
        missing > rounding_ms ? static_cast<std::int64_t>(std::ceil(missing)) : std::int64_t(0);
    return std::max(estimated, -std::int64_t(pictures.least_ms));
}

}  // namespace restream
