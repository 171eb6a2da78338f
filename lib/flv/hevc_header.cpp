// HEVC's sequence header. Sections are of ITU-T H.265 (08/2021) unless another source is named.
#include <algorithm>

#include "flv/bit_reader.hpp"
#include "flv/sequence_header.hpp"

namespace restream {

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr unsigned type_sps = 33;

/// Annex A.3
std::string_view profile_name(unsigned profile) {
    switch (profile) {
        case 1:
            return "Main";
        case 2:
            return "Main 10";
        case 3:
            return "Main Still Picture";
        case 4:
            return "Rext";
        case 9:
            return "Scc";
        default:
            return {};
    }
}

/// 7.3.3. Returns general_profile_idc.
unsigned read_profile(BitReader& reader, unsigned more_layers) {
    constexpr unsigned profile_bits = 88;
    constexpr unsigned level_bits = 8;
    reader.skip(3);
    const unsigned profile = reader.bits(5);
    reader.skip(profile_bits - 8 + level_bits);
    unsigned skipped = 0;
    for (unsigned i = 0; i < more_layers; ++i) {
        if (reader.flag()) skipped += profile_bits;
        if (reader.flag()) skipped += level_bits;
    }
    if (more_layers > 0) reader.skip((8 - more_layers) * 2 + skipped);
    return profile;
}

/// 7.3.2.2.1: a sequence parameter set without its emulation prevention, up to the number of
/// reordered pictures. The picture's rate stands far behind, and is measured anyway.
void read_parameter_set(Bytes bytes, VideoHeader& header) {
    BitReader reader(bytes);
    reader.skip(16 + 4);  // NAL unit header, sps_video_parameter_set_id
    const unsigned more_layers = reader.bits(3);
    reader.flag();
    const unsigned profile = read_profile(reader, more_layers);
    reader.exp_golomb();
    const unsigned chroma = reader.exp_golomb();
    if (!reader.is_good() || chroma > 3) return;
    header.profile = profile_name(profile);
    const bool is_separate = chroma == 3 && reader.flag();
    std::int64_t width = reader.exp_golomb();
    std::int64_t height = reader.exp_golomb();
    if (reader.flag()) {  // conformance window, in units of Table 6-1
        const int across = !is_separate && (chroma == 1 || chroma == 2) ? 2 : 1;
        const int down = !is_separate && chroma == 1 ? 2 : 1;
        width -= std::int64_t(reader.exp_golomb()) * across;
        width -= std::int64_t(reader.exp_golomb()) * across;
        height -= std::int64_t(reader.exp_golomb()) * down;
        height -= std::int64_t(reader.exp_golomb()) * down;
    }
    if (reader.is_good()) set_size(header, width, height);
    reader.exp_golomb();  // bit_depth_luma_minus8
    reader.exp_golomb();
    reader.exp_golomb();  // log2_max_pic_order_cnt_lsb_minus4
    const unsigned told = reader.flag() ? more_layers + 1 : 1;
    unsigned reordered = 0;
    for (unsigned i = 0; i < told; ++i) {
        reader.exp_golomb();
        reordered = reader.exp_golomb();  // sps_max_num_reorder_pics
        reader.exp_golomb();
    }
    if (reader.is_good()) header.may_reorder = reordered > 0;
}

/// The first sequence parameter set among the arrays of NAL units; nothing where there is none.
Bytes find_parameter_set(Bytes arrays, unsigned count) {
    const auto length = [](Bytes at) { return std::size_t(at[0]) << 8 | at[1]; };
    for (; count > 0 && arrays.size() >= 3; --count) {
        const unsigned type = arrays[0] & 0x3f;
        std::size_t units = length(arrays.subspan(1));
        arrays = arrays.subspan(3);
        for (; units > 0 && arrays.size() >= 2; --units) {
            const std::size_t size = std::min(length(arrays), arrays.size() - 2);
            if (type == type_sps) return arrays.subspan(2, size);
            arrays = arrays.subspan(2 + size);
        }
        if (units > 0) return {};
    }
    return {};
}

}  // namespace

/// **Source**: ISO/IEC 14496-15, 8.3.3.1 (HEVCDecoderConfigurationRecord).
VideoHeader read_hevc_header(Bytes record) {
    constexpr std::size_t fixed_bytes = 23;
    VideoHeader header;
    if (record.size() < 13 || record[0] > 1) return header;  // 0: written before it was a standard
    header.profile = profile_name(record[1] & 0x1f);
    if (record.size() < fixed_bytes) return header;
    set_rate(header, record[19] * 256 + record[20], 256);  // avgFrameRate
    const Bytes found = find_parameter_set(record.subspan(fixed_bytes), record[22]);
    if (!found.empty()) read_parameter_set(without_emulation_prevention(found), header);
    return header;
}

}  // namespace restream
