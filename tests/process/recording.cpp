#include "process/recording.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <sstream>

#include "process/command_run.hpp"

namespace restream::test {

namespace {

/// Lines of `packet,video,0.033000,K_` and `frame,audio`.
void read_line(const std::string& line, Recording& recording, bool& has_video_packet) {
    std::istringstream fields(line);
    std::string section, type, time, flags;
    std::getline(fields, section, ',');
    std::getline(fields, type, ',');
    std::getline(fields, time, ',');
    std::getline(fields, flags, ',');
    if (section == "frame") {
        if (type == "video") ++recording.video_frames;
        if (type == "audio") ++recording.audio_frames;
        return;
    }
    if (section != "packet" || type != "video") return;
    const double seconds = std::strtod(time.c_str(), nullptr);
    if (!has_video_packet) {
        has_video_packet = true;
        recording.begins_with_keyframe = flags.starts_with('K');
        recording.first_video_s = seconds;
    }
    recording.last_video_s = seconds;
}

}  // namespace

std::string Recording::describe() const {
    return fmt::format(
        "{} video frames, {} audio frames, first video packet {} at {} s, last {} s, errors: {}",
        video_frames, audio_frames, begins_with_keyframe ? "a keyframe" : "no keyframe",
        first_video_s, last_video_s, errors.empty() ? "none" : errors);
}

Recording decode(const std::filesystem::path& file) {
    CommandLine line{find_in_path("ffprobe").value_or("/usr/bin/ffprobe")};
    line.arguments = {
        "-v",           "error",         "-show_packets",
        "-show_frames", "-show_entries", "packet=codec_type,dts_time,flags:frame=media_type",
        "-of",          "csv",           file.string()};
    const Outcome outcome = run_command_line(line);
    Recording recording;
    recording.errors = outcome.error;
    if (outcome.status != 0)
        recording.errors += fmt::format("ffprobe: exit status {}", outcome.status);
    std::istringstream lines(outcome.output);
    bool has_video_packet = false;
    for (std::string each; std::getline(lines, each);) read_line(each, recording, has_video_packet);
    return recording;
}

}  // namespace restream::test
