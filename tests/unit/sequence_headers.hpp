// Sequence headers of real encoders, as tests need them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace restream::test {

using ByteVector = std::vector<std::uint8_t>;

/// Bytes of "0142c01e"; blanks do not count.
inline ByteVector from_hex(std::string_view text) {
    ByteVector bytes;
    int high = -1;
    for (const char each : text) {
        if (each == ' ') continue;
        const int digit = each <= '9' ? each - '0' : each - 'a' + 10;
        if (high < 0) {
            high = digit;
        } else {
            bytes.push_back(static_cast<std::uint8_t>(high << 4 | digit));
            high = -1;
        }
    }
    return bytes;
}

/// FLV's own header of an AVC, HEVC (12) and AAC sequence header, and the enhanced ones.
constexpr std::string_view flv_avc = "17 00 000000 ";
constexpr std::string_view flv_hevc = "1c 00 000000 ";
constexpr std::string_view flv_aac = "af 00 ";
constexpr std::string_view enhanced_avc = "90 61766331 ";
constexpr std::string_view enhanced_hevc = "90 68766331 ";
constexpr std::string_view enhanced_av1 = "90 61763031 ";
constexpr std::string_view enhanced_vp9 = "90 76703039 ";
constexpr std::string_view enhanced_aac = "90 6d703461 ";
constexpr std::string_view enhanced_opus = "90 4f707573 ";
constexpr std::string_view enhanced_flac = "90 664c6143 ";

inline ByteVector with_header(std::string_view header, std::string_view record) {
    ByteVector bytes = from_hex(header);
    const ByteVector rest = from_hex(record);
    bytes.insert(bytes.end(), rest.begin(), rest.end());
    return bytes;
}

// All made with Debian 12's ffmpeg 5.1.9 (x264 164, x265 3.5, SVT-AV1 1.4.1, libaom 3.6, rav1e,
// libvpx, libopus) from "-f lavfi -i testsrc2=size=SIZE:rate=RATE" or "sine=sample_rate=RATE",
// written as MP4 and taken out of its box (avcC, hvcC, av1C, vpcC; esds: its
// DecoderSpecificInfo). Of hvcC the array with x265's SEI, 2 KB of options as text, is left out.

// -c:v libx264 -preset veryfast: 1920x1080, 30 fps
constexpr std::string_view avc_high =
    "01640028ffe1001b67640028acd940780227e5c044000003000400000300f03c60c65801000468ef8fcbfdf8f800";
// -profile:v main -tune zerolatency: 1280x720, 30000/1001 fps, no B-frames
constexpr std::string_view avc_main_no_b =
    "014d401fffe10017674d401fd9005005bb011000003e90000ea608f183248001000568ebc3cb20";
// -profile:v baseline: 640x360, 25 fps
constexpr std::string_view avc_constrained_baseline =
    "0142c01effe100196742c01ed900a02ff97011000003000100000300320f162e4801000568cb83cb20";
// -vf interlace -flags +ildct+ilme: 1920x1080, 12.5 fps in fields
constexpr std::string_view avc_interlaced =
    "01640028ffe1001a67640028acd94078044fde0220000003004000000643e2c5b2c001000668fba3cb22c0fdf8f8"
    "00";
// -pix_fmt yuv422p10le: 854x480, 60 fps
constexpr std::string_view avc_high_422 =
    "017a001fffe1001a677a001fb6cd940d83de6f0110000003001000000780f183196001000668ebe3cb22c0fefafa"
    "00";
// -pix_fmt yuv444p: 402x302, 24 fps
constexpr std::string_view avc_high_444 =
    "01f40015ffe1001b67f40015919b283413f1f780880000030008000003018078b16cb001000668ebe3c44844fff8"
    "f800";
// -pix_fmt gray: 320x240, 30 fps
constexpr std::string_view avc_gray =
    "0164000dffe100196764000df3650507ec05b2000003000200000300781e28532c01000668ebe3cb22c0fcf8f800";
// -x264-params cqm=jvt:nal-hrd=cbr:…:videoformat=pal:colorprim=bt709:sar=4/3:overscan=show:
// 1280x720, 50 fps, scaling matrices flagged, every part of the VUI
constexpr std::string_view avc_full_vui =
    "01640020ffe1002767640020acd9405005bb0ea50102024000000300400000191810003d090007a13934e01e3063"
    "2c01000668ebecb3002cfdf8f800";

// -c:v libx265 -preset ultrafast: 1920x1080
constexpr std::string_view hevc_main =
    "01016000000090000000000078f000fcfdf8f800000f03a00001001840010c01ffff016000000300900000030000"
    "030078959409a10001002b420101016000000300900000030000030078a003c0801107cb965654a4c2f016808000"
    "0003008000000f04a2000100064401c073c189";
// bframes=0, -pix_fmt yuv420p10le: 640x362, cropped from 640x368
constexpr std::string_view hevc_main10_no_b =
    "0102200000009000000000003ff000fcfdfafa00000f03a00001001840010c01ffff022000000300900000030000"
    "03003fba0240a10001002a42010102200000030090000003000003003fa005020171f2365ba4a4c2f01680800000"
    "03008000000f04a2000100064401c073c189";
// -pix_fmt yuv422p10le: 400x300, cropped from 400x304
constexpr std::string_view hevc_rext =
    "0104080000009d08000000003cf000fcfefafa00000f03a00001001740010c01ffff0408000003009d0800000300"
    "003c959409a10001002b4201010408000003009d0800000300003cb00c8804c7cad965654a4c2f01680800000300"
    "0800000300f040a2000100064401c073c189";

// -c:v libsvtav1 -preset 12: 1920x1080
constexpr std::string_view av1_svt = "81080c000a0b00000042abbfc3700be001";
// The same through -bsf:v av1_metadata=tick_rate=30000/1001:num_ticks_per_picture=1
constexpr std::string_view av1_timing = "81080c000a140400000fa40001d4c30000085577f86e017c0020";
// -c:v libaom-av1 -pix_fmt yuv444p: 640x360
constexpr std::string_view av1_high = "812100000a0b2000000cc4ff6736be4080";
// -c:v librav1e -pix_fmt yuv420p10le: 640x360
constexpr std::string_view av1_10_bit = "811f4c000a0e000000fa627fb38842aa04040428";

// -c:v libvpx-vp9, from MP4 (the box's version comes first), and the record alone
constexpr std::string_view vp9_box = "010000000015820202020000";
constexpr std::string_view vp9_record = "0015820202020000";

// -c:a aac: 48 kHz stereo; 44.1 kHz mono; 5.1; "quad" and "7.1(wide)" by a program config element
constexpr std::string_view aac_lc = "119056e500";
constexpr std::string_view aac_lc_mono = "120856e500";
constexpr std::string_view aac_lc_5_1 = "11b056e500";
constexpr std::string_view aac_lc_quad = "118004c4040021100d4c61766335392e33372e31303056e500";
constexpr std::string_view aac_lc_7_1 = "118004c848002000c6400d4c61766335392e33372e31303056e500";
constexpr std::string_view aac_main = "0a0856e500";
constexpr std::string_view aac_ltp = "220856e500";
// No encoder of HE-AAC is at hand: composed by ISO/IEC 14496-3, 1.6.2.1, and put before frames of
// LC in an FLV file, of which ffprobe then told the same rate and channels (where it takes them).
constexpr std::string_view he_aac = "2b920800";                       // 22.05 to 44.1 kHz
constexpr std::string_view he_aac_late = "139056e5a0";                // the same, behind
constexpr std::string_view he_aac_late_off = "139056e500";            // 22.05 kHz, no SBR
constexpr std::string_view he_aac_explicit = "2f802ee017805dc00800";  // rates written out
constexpr std::string_view he_aac_v2 = "eb098800";                    // 24 to 48 kHz
constexpr std::string_view he_aac_v2_late = "130856e59d4880";
constexpr std::string_view he_aac_late_no_ps = "130856e59d4800";
constexpr std::string_view aac_lc_explicit = "17802b1110";  // 22.05 kHz written out
constexpr std::string_view aac_eld = "f8e64000";            // 48 kHz stereo

// -c:a libopus, stereo; -c:a flac, 48 kHz mono; -c:a libmp3lame: first bytes of a frame
constexpr std::string_view opus_stereo = "4f707573486561640102380180bb0000000000";
constexpr std::string_view flac_mono =
    "664c614300000022120012000002550004ff0bb800f00000bb80ba53abf56ced381f730b6f85c5f5e43d";
constexpr std::string_view mp3_48_khz = "fffb9464000001";
constexpr std::string_view mp3_22_khz_mono = "fff370c0";

}  // namespace restream::test
