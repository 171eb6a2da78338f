// H.264's sequence header. Sections are of ITU-T H.264 (08/2021) unless another source is named.
#include <algorithm>
#include <array>

#include "flv/bit_reader.hpp"
#include "flv/sequence_header.hpp"

namespace restream {

namespace {

using Bytes = std::span<const std::uint8_t>;

/// Annex A.2. `constraints`: constraint_set0_flag is the highest bit.
std::string_view profile_name(unsigned profile, unsigned constraints) {
    const bool is_set1 = (constraints & 0x40) != 0;
    const bool is_set3 = (constraints & 0x10) != 0;
    switch (profile) {
        case 44:
            return "CAVLC 4:4:4";
        case 66:
            return is_set1 ? "Constrained Baseline" : "Baseline";
        case 77:
            return "Main";
        case 88:
            return "Extended";
        case 100:
            return "High";
        case 110:
            return is_set3 ? "High 10 Intra" : "High 10";
        case 118:
            return "Multiview High";
        case 122:
            return is_set3 ? "High 4:2:2 Intra" : "High 4:2:2";
        case 128:
            return "Stereo High";
        case 244:
            return is_set3 ? "High 4:4:4 Intra" : "High 4:4:4 Predictive";
        default:
            return {};
    }
}

/// Those whose parameter set tells its chroma format, 7.3.2.1.1.
bool has_chroma_format(unsigned profile) {
    constexpr std::array<unsigned, 13> profiles = {100, 110, 122, 244, 44,  83, 86,
                                                   118, 128, 138, 139, 134, 135};
    return std::ranges::find(profiles, profile) != profiles.end();
}

/// 7.3.2.1.1.1
void skip_scaling_list(BitReader& reader, int size) {
    int next = 8;
    for (int i = 0; i < size && next != 0 && reader.is_good(); ++i) {
        next = (next + reader.signed_exp_golomb()) & 0xff;
    }
}

/// The chroma format; 4, which is none, where it cannot be.
struct Chroma {
    unsigned format = 1;  ///< 4:2:0, where nothing is said
    bool is_separate = false;
};

Chroma read_chroma(BitReader& reader) {
    Chroma chroma;
    chroma.format = reader.exp_golomb();
    if (chroma.format == 3) chroma.is_separate = reader.flag();
    reader.exp_golomb();  // bit_depth_luma_minus8
    reader.exp_golomb();
    reader.flag();  // qpprime_y_zero_transform_bypass_flag
    if (reader.flag()) {
        const int lists = chroma.format == 3 ? 12 : 8;
        for (int i = 0; i < lists; ++i) {
            if (reader.flag()) skip_scaling_list(reader, i < 6 ? 16 : 64);
        }
    }
    return chroma;
}

/// Returns pic_order_cnt_type.
unsigned read_picture_order(BitReader& reader) {
    const unsigned type = reader.exp_golomb();
    if (type == 0) reader.exp_golomb();  // log2_max_pic_order_cnt_lsb_minus4
    if (type != 1) return type;
    reader.flag();
    reader.signed_exp_golomb();
    reader.signed_exp_golomb();
    const unsigned cycle = std::min(reader.exp_golomb(), 255U);
    for (unsigned i = 0; i < cycle && reader.is_good(); ++i) reader.signed_exp_golomb();
    return type;
}

void read_size(BitReader& reader, const Chroma& chroma, VideoHeader& header) {
    const std::int64_t macroblocks = std::int64_t(reader.exp_golomb()) + 1;
    const std::int64_t map_units = std::int64_t(reader.exp_golomb()) + 1;
    const int fields = reader.flag() ? 1 : 2;  // frame_mbs_only_flag
    if (fields == 2) reader.flag();            // mb_adaptive_frame_field_flag
    reader.flag();                             // direct_8x8_inference_flag
    std::int64_t width = macroblocks * 16;
    std::int64_t height = map_units * 16 * fields;
    if (reader.flag()) {
        const bool has_chroma = !chroma.is_separate && chroma.format != 0;
        const int across = has_chroma && chroma.format != 3 ? 2 : 1;
        const int down = (has_chroma && chroma.format == 1 ? 2 : 1) * fields;
        width -= std::int64_t(reader.exp_golomb()) * across;
        width -= std::int64_t(reader.exp_golomb()) * across;
        height -= std::int64_t(reader.exp_golomb()) * down;
        height -= std::int64_t(reader.exp_golomb()) * down;
    }
    if (reader.is_good()) set_size(header, width, height);
}

/// E.1.2
void skip_buffer_model(BitReader& reader) {
    const unsigned count = std::min(reader.exp_golomb(), 31U) + 1;
    reader.skip(8);
    for (unsigned i = 0; i < count && reader.is_good(); ++i) {
        reader.exp_golomb();
        reader.exp_golomb();
        reader.flag();
    }
    reader.skip(20);
}

/// E.1.1
void read_usability(BitReader& reader, VideoHeader& header) {
    constexpr unsigned extended_aspect_ratio = 255;
    if (reader.flag() && reader.bits(8) == extended_aspect_ratio) reader.skip(32);
    if (reader.flag()) reader.flag();  // overscan
    if (reader.flag()) {
        reader.skip(4);
        if (reader.flag()) reader.skip(24);  // colours
    }
    if (reader.flag()) {  // where chroma samples lie
        reader.exp_golomb();
        reader.exp_golomb();
    }
    if (reader.flag()) {
        const double tick = reader.bits(32);
        const double ticks_per_s = reader.bits(32);
        reader.flag();
        if (reader.is_good()) set_rate(header, ticks_per_s, 2 * tick);  // a tick is a field
    }
    const bool has_nal_model = reader.flag();
    if (has_nal_model) skip_buffer_model(reader);
    const bool has_vcl_model = reader.flag();
    if (has_vcl_model) skip_buffer_model(reader);
    if (has_nal_model || has_vcl_model) reader.flag();
    reader.flag();               // pic_struct_present_flag
    if (!reader.flag()) return;  // bitstream_restriction_flag
    reader.flag();
    for (int i = 0; i < 4; ++i) reader.exp_golomb();
    const unsigned reordered = reader.exp_golomb();  // max_num_reorder_frames
    if (!reader.is_good()) return;
    constexpr unsigned most = 16;  // A.3.1: no more pictures can be kept
    header.may_reorder = reordered > 0;
    header.most_reordered = static_cast<int>(std::min(reordered, most));
}

/// 7.3.2.1.1: a sequence parameter set without its emulation prevention.
void read_parameter_set(Bytes bytes, VideoHeader& header) {
    constexpr unsigned type_sps = 7;
    BitReader reader(bytes);
    if ((reader.bits(8) & 0x1f) != type_sps) return;
    const unsigned profile = reader.bits(8);
    const unsigned constraints = reader.bits(8);
    reader.skip(8);  // level_idc
    reader.exp_golomb();
    if (!reader.is_good()) return;
    header.profile = profile_name(profile, constraints);
    Chroma chroma;
    if (has_chroma_format(profile)) chroma = read_chroma(reader);
    if (chroma.format > 3) return;
    reader.exp_golomb();  // log2_max_frame_num_minus4
    const unsigned order = read_picture_order(reader);
    const unsigned references = reader.exp_golomb();  // max_num_ref_frames
    reader.flag();                                    // gaps_in_frame_num_value_allowed_flag
    if (!reader.is_good() || order > 2) return;
    // Type 2: shown as decoded, 8.2.1.3. Baseline and Constrained Baseline know no B slices, A.2.1.
    constexpr unsigned baseline = 66;
    if (order == 2 || profile == baseline) {
        header.may_reorder = false;
        header.most_reordered = 0;
    }
    header.reference_frames = static_cast<int>(std::min(references, 16U));
    read_size(reader, chroma, header);
    if (reader.flag()) read_usability(reader, header);
}

}  // namespace

/// **Source**: ISO/IEC 14496-15, 5.2.4.1 (AVCDecoderConfigurationRecord).
VideoHeader read_avc_header(Bytes record) {
    VideoHeader header;
    if (record.size() < 4 || record[0] != 1) return header;
    header.profile = profile_name(record[1], record[2]);
    if (record.size() < 8 || (record[5] & 0x1f) == 0) return header;
    const std::size_t size = std::size_t(record[6]) << 8 | record[7];
    const Bytes rest = record.subspan(8);
    read_parameter_set(without_emulation_prevention(rest.first(std::min(size, rest.size()))),
                       header);
    return header;
}

}  // namespace restream
