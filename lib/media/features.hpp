// What the FFmpeg on this machine can do, for doctor.
#pragma once

#include <string>
#include <vector>

namespace restream {

struct AvFeatures {
    std::string version;  ///< "5.1.9-0+deb12u1"
    bool has_srt = false;
    /// What restream needs besides: containers and decoders that are not there ("matroska",
    /// "h264"). Empty where all is well.
    std::vector<std::string> missing;
};

AvFeatures av_features();

}  // namespace restream
