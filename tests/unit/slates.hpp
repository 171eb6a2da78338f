// Slates as tests need them.
#pragma once

#include <cstdint>
#include <vector>

#include "flv/flv.hpp"
#include "unit/tags.hpp"
#include "worker/slate.hpp"

namespace restream::test {

inline std::vector<std::uint8_t> flv(const std::vector<Tag>& tags) {
    const auto header = flv_file_header(true, true);
    std::vector<std::uint8_t> bytes(header.begin(), header.end());
    for (const Tag& each : tags) append_flv_tag(each, bytes);
    return bytes;
}

/// 30 pictures a second, 48 kHz; a keyframe and an inter frame in turn.
inline Slate small_slate() {
    const Tag header = tag(TagType::video, 0, {0x17, 0, 0, 0, 0, 5, 5});
    return *Slate::read(flv({header, aac_header(), keyframe(0), audio(0), inter(33), audio(21)}),
                        {1920, 1080, 30, 48000, 2});
}

}  // namespace restream::test
