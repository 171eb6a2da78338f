#include "media/features.hpp"

#include <array>
#include <string_view>

#include "media/av.hpp"
#include "media/av_log.hpp"

namespace restream {

namespace {

bool has_output_protocol(std::string_view wanted) {
    void* state = nullptr;
    while (const char* name = avio_enum_protocols(&state, 1)) {
        if (wanted == name) return true;
    }
    return false;
}

}  // namespace

AvFeatures av_features() {
    capture_av_log();
    AvFeatures found;
    found.version = av_version_info();
    found.has_srt = has_output_protocol("srt");
    for (const char* name : {"matroska", "mp4", "mpegts"}) {
        if (!av_guess_format(name, nullptr, nullptr)) found.missing.emplace_back(name);
    }
    if (!av_find_input_format("flv")) found.missing.emplace_back("flv");
    for (const char* name : {"h264", "aac"}) {
        if (!avcodec_find_decoder_by_name(name)) found.missing.emplace_back(name);
    }
    return found;
}

}  // namespace restream
