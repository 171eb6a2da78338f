// AAC's sequence header. Sections are of ISO/IEC 14496-3 (2009).
#include <array>

#include "flv/bit_reader.hpp"
#include "flv/sequence_header.hpp"

namespace restream {

namespace {

// Audio object types, Table 1.17.
constexpr unsigned aac_main = 1;
constexpr unsigned aac_ltp = 4;
constexpr unsigned sbr = 5;
constexpr unsigned parametric_stereo = 29;
constexpr unsigned er_bsac = 22;
constexpr unsigned escape = 31;

std::string_view profile_name(unsigned type) {
    switch (type) {
        case 1:
            return "Main";
        case 2:
            return "LC";
        case 3:
            return "SSR";
        case 4:
            return "LTP";
        case sbr:
            return "HE-AAC";
        case 23:
            return "LD";
        case parametric_stereo:
            return "HE-AACv2";
        case 39:
            return "ELD";
        case 42:
            return "xHE-AAC";
        default:
            return {};
    }
}

/// 1.6.2.1, GetAudioObjectType
unsigned read_type(BitReader& reader) {
    const unsigned type = reader.bits(5);
    return type == escape ? 32 + reader.bits(6) : type;
}

/// Table 1.18; 0 for what is reserved, or no rate of sound.
int read_rate(BitReader& reader) {
    constexpr std::array<int, 13> rates = {96000, 88200, 64000, 48000, 44100, 32000, 24000,
                                           22050, 16000, 12000, 11025, 8000,  7350};
    constexpr unsigned is_explicit = 15;
    constexpr unsigned highest = 384000;
    const unsigned index = reader.bits(4);
    if (index == is_explicit) {
        const unsigned rate = reader.bits(24);
        return rate <= highest ? static_cast<int>(rate) : 0;
    }
    return index < rates.size() ? rates[index] : 0;
}

/// Table 1.19; 0 for what is reserved, and for 0, where a program config element tells.
int channels_of(unsigned configuration) {
    constexpr std::array<int, 16> channels = {0, 1, 2, 3, 4, 5, 6, 8, 0, 0, 0, 7, 8, 24, 8, 0};
    return channels[configuration];
}

/// 4.4.1.1, program_config_element. Returns the number of channels.
int read_program(BitReader& reader) {
    reader.skip(4 + 2 + 4);
    std::array<unsigned, 3> elements{};  // front, side, back
    for (auto& each : elements) each = reader.bits(4);
    const unsigned low = reader.bits(2);
    const unsigned associated = reader.bits(3);
    const unsigned coupling = reader.bits(4);
    if (reader.flag()) reader.skip(4);
    if (reader.flag()) reader.skip(4);
    if (reader.flag()) reader.skip(3);
    unsigned channels = low;
    for (const unsigned count : elements) {
        for (unsigned i = 0; i < count; ++i) {
            channels += reader.flag() ? 2 : 1;
            reader.skip(4);
        }
    }
    reader.skip(low * 4 + associated * 4 + coupling * 5);
    reader.align();
    reader.skip(std::size_t(reader.bits(8)) * 8);  // a comment
    return reader.is_good() ? static_cast<int>(channels) : 0;
}

/// What SBR and PS, which double the rate and make two channels of one, add.
struct Extension {
    bool has_sbr = false;
    bool has_ps = false;
    int rate = 0;
};

/// 1.6.6: what an old decoder does not see, at the end.
void read_late_extension(BitReader& reader, Extension& extension) {
    constexpr unsigned sbr_sync = 0x2b7;
    constexpr unsigned ps_sync = 0x548;
    if (reader.left() < 16 || reader.bits(11) != sbr_sync || read_type(reader) != sbr) return;
    const bool has_sbr = reader.flag();
    const int rate = has_sbr ? read_rate(reader) : 0;
    if (!reader.is_good() || !has_sbr) return;
    extension.has_sbr = true;
    extension.rate = rate;
    if (reader.left() < 12 || reader.bits(11) != ps_sync) return;
    extension.has_ps = reader.flag();
}

}  // namespace

/// 1.6.2.1, AudioSpecificConfig. SBR that is signalled nowhere shows only in the frames: not told.
AudioHeader read_aac_header(std::span<const std::uint8_t> config) {
    BitReader reader(config);
    unsigned type = read_type(reader);
    const int rate = read_rate(reader);
    int channels = channels_of(reader.bits(4));
    Extension extension;
    if (type == sbr || type == parametric_stereo) {
        extension.has_sbr = true;
        extension.has_ps = type == parametric_stereo;
        extension.rate = read_rate(reader);
        type = read_type(reader);
        if (type == er_bsac) reader.skip(4);
    }
    if (!reader.is_good() || type == 0) return {};
    AudioHeader header;
    if (type >= aac_main && type <= aac_ltp) {  // 4.4.1, GASpecificConfig
        const bool is_short = reader.flag();    // frameLengthFlag
        header.frame_samples = is_short ? 960 : 1024;
        if (reader.flag()) reader.skip(14);
        const bool has_more = reader.flag();
        if (channels == 0 && reader.is_good()) channels = read_program(reader);
        if (has_more) reader.flag();
        if (!extension.has_sbr && reader.is_good()) read_late_extension(reader, extension);
    }
    if (extension.has_sbr) type = extension.has_ps ? parametric_stereo : sbr;
    header.profile = profile_name(type);
    header.sample_rate_hz = extension.rate > 0 ? extension.rate : rate;
    header.channels = extension.has_ps && channels == 1 ? 2 : channels;
    if (rate > 0) header.frame_samples = header.frame_samples * header.sample_rate_hz / rate;
    return header;
}

}  // namespace restream
