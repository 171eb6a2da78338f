#include "flv/frame.hpp"

namespace restream {

std::optional<TagBody> body_of(const Tag& tag) {
    if (tag.type == TagType::video) return video_body(tag.bytes());
    if (tag.type == TagType::audio) return audio_body(tag.bytes());
    return std::nullopt;
}

bool is_frame(const Tag& tag) {
    const auto body = body_of(tag);
    return body && body->kind == TagBody::Kind::frame;
}

}  // namespace restream
