#include "flv/flv.hpp"

#include <fmt/format.h>

#include <cassert>

namespace restream {

namespace {

constexpr std::size_t tag_header_bytes = 11;
constexpr std::size_t back_pointer_bytes = 4;

std::uint32_t read_u24(const std::uint8_t* bytes) {
    return std::uint32_t(bytes[0]) << 16 | std::uint32_t(bytes[1]) << 8 | std::uint32_t(bytes[2]);
}

void append_u24(std::uint32_t value, std::vector<std::uint8_t>& out) {
    out.push_back(std::uint8_t(value >> 16));
    out.push_back(std::uint8_t(value >> 8));
    out.push_back(std::uint8_t(value));
}

}  // namespace

std::array<std::uint8_t, 13> flv_file_header(bool has_audio, bool has_video) {
    const auto flags = std::uint8_t((has_audio ? 4 : 0) | (has_video ? 1 : 0));
    return {'F', 'L', 'V', 1, flags, 0, 0, 0, 9, 0, 0, 0, 0};
}

void append_flv_tag(const Tag& tag, std::vector<std::uint8_t>& out) {
    const auto bytes = tag.bytes();
    assert(bytes.size() < (1u << 24));
    const auto size = static_cast<std::uint32_t>(bytes.size());
    out.reserve(out.size() + tag_header_bytes + bytes.size() + back_pointer_bytes);
    out.push_back(static_cast<std::uint8_t>(tag.type));
    append_u24(size, out);
    append_u24(tag.time.ms() & 0xffffff, out);
    out.push_back(std::uint8_t(tag.time.ms() >> 24));
    append_u24(0, out);  // StreamID, always 0
    out.insert(out.end(), bytes.begin(), bytes.end());
    const std::uint32_t whole = size + tag_header_bytes;
    out.push_back(std::uint8_t(whole >> 24));
    append_u24(whole & 0xffffff, out);
}

void FlvReader::feed(std::span<const std::uint8_t> bytes) {
    if (!malformed_.empty()) return;
    if (at_ > 0) {
        buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(at_));
        at_ = 0;
    }
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

FlvReader::Next FlvReader::next() {
    while (malformed_.empty()) {
        const std::uint8_t* bytes = buffer_.data() + at_;
        const std::size_t left = buffer_.size() - at_;
        if (!has_header_) {
            constexpr std::size_t file_header_bytes = 9 + back_pointer_bytes;
            if (left < file_header_bytes) return NeedMore{};
            if (bytes[0] != 'F' || bytes[1] != 'L' || bytes[2] != 'V') {
                malformed_ = "no FLV signature";
                break;
            }
            has_header_ = true;
            at_ += file_header_bytes;
            continue;
        }
        if (left < tag_header_bytes) return NeedMore{};
        const std::uint32_t size = read_u24(bytes + 1);
        if (size > longest_payload_bytes) {
            malformed_ = fmt::format("a tag of {} bytes, more than the {} that are accepted", size,
                                     longest_payload_bytes);
            break;
        }
        if (left < tag_header_bytes + size + back_pointer_bytes) return NeedMore{};
        const auto type = static_cast<TagType>(bytes[0] & 0x1f);
        const RtmpTime time(read_u24(bytes + 4) | std::uint32_t(bytes[7]) << 24);
        const std::span<const std::uint8_t> payload(bytes + tag_header_bytes, size);
        at_ += tag_header_bytes + size + back_pointer_bytes;
        if (type != TagType::audio && type != TagType::video && type != TagType::script) continue;
        return make_tag(type, time, payload);
    }
    return Malformed{malformed_};
}

}  // namespace restream
