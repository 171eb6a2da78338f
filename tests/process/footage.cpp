#include "process/footage.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <variant>

#include "flv/flv.hpp"
#include "process/command_run.hpp"
#include "state/lock.hpp"
#include "system/paths.hpp"

namespace restream::test {

namespace fs = std::filesystem;

namespace {

std::string file_name(Footage footage) {
    switch (footage) {
        case Footage::picture_and_sound:
            return "picture_and_sound.flv";
        case Footage::picture_only:
            return "picture_only.flv";
        case Footage::sound_only:
            return "sound_only.flv";
        case Footage::short_gop:
            return "short_gop.flv";
        case Footage::long_gop:
            return "long_gop.flv";
        case Footage::heavy:
            return "heavy.flv";
        case Footage::mp3:
            return "mp3.flv";
        case Footage::small:
            return "small.flv";
    }
    return {};
}

std::string frames_per_gop(Footage footage) {
    switch (footage) {
        case Footage::short_gop:
        case Footage::mp3:
        case Footage::small:
            return "15";
        case Footage::long_gop:
            return "240";
        default:
            return "60";
    }
}

CommandLine encoding(Footage footage, const fs::path& file) {
    const std::string gop = frames_per_gop(footage);
    const bool is_heavy = footage == Footage::heavy;
    const bool is_mp3 = footage == Footage::mp3;
    const std::string size = footage == Footage::small ? "256x144" : "320x180";
    const std::string source = "testsrc2=size=" + size + ":rate=30";
    CommandLine line{find_in_path("ffmpeg").value_or("/usr/bin/ffmpeg")};
    const auto add = [&](std::initializer_list<std::string> more) {
        line.arguments.insert(line.arguments.end(), more);
    };
    add({"-nostdin", "-hide_banner", "-loglevel", "error", "-y"});
    if (footage != Footage::sound_only)
        add({"-f", "lavfi", "-i", is_heavy ? source + ",noise=alls=100:allf=t" : source});
    if (footage != Footage::picture_only) add({"-f", "lavfi", "-i", "sine=frequency=440:r=48000"});
    if (footage != Footage::sound_only) {
        add({"-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-b:v",
             is_heavy ? "8M" : "300k", "-g", gop, "-keyint_min", gop, "-sc_threshold", "0"});
    }
    if (footage != Footage::picture_only) {
        add({"-c:a", is_mp3 ? "libmp3lame" : "aac", "-b:a", "64k", "-ac", "2"});
        // FLV has no number for MP3 at 48 kHz.
        if (is_mp3) add({"-ar", "44100"});
    }
    add({"-t", is_heavy ? "8" : "24", "-f", "flv", file.string()});
    return line;
}

}  // namespace

fs::path footage_file(Footage footage) {
    const fs::path folder = program_directory().parent_path() / "footage";
    fs::create_directories(folder);
    const fs::path file = folder / file_name(footage);
    // Several test programs may begin at once: one encodes, the others wait.
    const auto lock =
        FileLock::acquire(folder / "encoding.lock", Deadline::after(std::chrono::minutes(2)));
    if (!lock) throw std::runtime_error("waited too long for " + file.string());
    if (fs::exists(file)) return file;
    const fs::path unfinished = file.string() + ".part";
    const Outcome outcome =
        run_command_line(encoding(footage, unfinished), std::chrono::seconds(90));
    if (outcome.status != 0) throw std::runtime_error("ffmpeg: " + outcome.describe());
    fs::rename(unfinished, file);
    return file;
}

std::vector<Tag> footage_tags(Footage footage, std::int32_t ms) {
    std::ifstream file(footage_file(footage), std::ios::binary);
    const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), {});
    FlvReader reader;
    reader.feed({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
    std::vector<Tag> tags;
    for (;;) {
        auto next = reader.next();
        const auto* const tag = std::get_if<Tag>(&next);
        if (tag == nullptr || tag->time.since(RtmpTime()) > ms) return tags;
        tags.push_back(*tag);
    }
}

}  // namespace restream::test
