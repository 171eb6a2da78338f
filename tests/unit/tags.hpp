// Tags as tests need them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "flv/tag.hpp"

namespace restream::test {

inline Tag tag(TagType type, std::uint32_t ms, std::vector<std::uint8_t> bytes) {
    return make_tag(type, RtmpTime(ms), bytes);
}
inline Tag avc_header(std::uint32_t ms = 0) {
    return tag(TagType::video, ms, {0x17, 0, 0, 0, 0, 1, 2});
}
inline Tag keyframe(std::uint32_t ms) { return tag(TagType::video, ms, {0x17, 1, 0, 0, 0, 9}); }
inline Tag inter(std::uint32_t ms) { return tag(TagType::video, ms, {0x27, 1, 0, 0, 0, 9}); }
inline Tag aac_header(std::uint32_t ms = 0) {
    return tag(TagType::audio, ms, {0xaf, 0, 0x12, 0x10});
}
inline Tag audio(std::uint32_t ms) { return tag(TagType::audio, ms, {0xaf, 1, 7}); }
inline Tag mp3(std::uint32_t ms) { return tag(TagType::audio, ms, {0x2f, 7}); }
inline Tag script(const std::string& bytes) {
    return tag(TagType::script, 0, std::vector<std::uint8_t>(bytes.begin(), bytes.end()));
}
inline Tag metadata(const std::string& more = {}) {
    return script(std::string("\x02\x00\x0aonMetaData\x08", 14) + more);
}

}  // namespace restream::test
