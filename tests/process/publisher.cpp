#include "process/publisher.hpp"

#include <stdexcept>

#include "base/paths.hpp"
#include "state/lock.hpp"

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
    }
    return {};
}

std::string frames_per_gop(Footage footage) {
    switch (footage) {
        case Footage::short_gop:
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
    CommandLine line{find_in_path("ffmpeg").value_or("/usr/bin/ffmpeg")};
    const auto add = [&](std::initializer_list<std::string> more) {
        line.arguments.insert(line.arguments.end(), more);
    };
    add({"-nostdin", "-hide_banner", "-loglevel", "error", "-y"});
    if (footage != Footage::sound_only)
        add({"-f", "lavfi", "-i",
             is_heavy ? "testsrc2=size=320x180:rate=30,noise=alls=100:allf=t"
                      : "testsrc2=size=320x180:rate=30"});
    if (footage != Footage::picture_only) add({"-f", "lavfi", "-i", "sine=frequency=440:r=48000"});
    if (footage != Footage::sound_only) {
        add({"-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-b:v",
             is_heavy ? "8M" : "300k", "-g", gop, "-keyint_min", gop, "-sc_threshold", "0"});
    }
    if (footage != Footage::picture_only) add({"-c:a", "aac", "-b:a", "64k", "-ac", "2"});
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

Publisher::Publisher(std::string url, Footage footage)
    : url_(std::move(url)), file_(footage_file(footage)) {
    start();
}

void Publisher::start() {
    kill();
    CommandLine line{find_in_path("ffmpeg").value_or("/usr/bin/ffmpeg")};
    line.arguments = {
        "-nostdin", "-hide_banner", "-loglevel", "error", "-re", "-stream_loop", "-1",
        "-i",       file_.string(), "-c",        "copy",  "-f",  "flv",          url_};
    ffmpeg_.emplace(line);
}

void Publisher::stop() {
    if (!ffmpeg_) return;
    ffmpeg_->ask(Ask::stop);
    ffmpeg_->wait(std::chrono::seconds(5));
    ffmpeg_.reset();
}

void Publisher::kill() { ffmpeg_.reset(); }

}  // namespace restream::test
