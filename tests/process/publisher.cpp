#include "process/publisher.hpp"

#include "system/paths.hpp"

namespace restream::test {

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
