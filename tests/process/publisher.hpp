// The publisher: a real ffmpeg that sends a test picture and a tone, as OBS would.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "process/command_run.hpp"

namespace restream::test {

/// What is published: 320x180 at 30 frames/s in H.264, and AAC; a keyframe every 2 s.
enum class Footage {
    picture_and_sound,
    short_gop,  ///< a keyframe every 0.5 s: for tests that begin many sessions
    picture_only,
    sound_only,
    long_gop,  ///< a keyframe every 8 s
    heavy,     ///< 8 Mbit/s: fills the buffers of a line that stalls within seconds
};

/// The file with it: encoded once per build tree, 24 s, played in a circle.
std::filesystem::path footage_file(Footage footage);

/// Runs from start() until stop(), kill(), or its destruction. ffmpeg ends by itself when the
/// ingest closes the connection: it does not try again, as OBS does.
class Publisher {
  public:
    explicit Publisher(std::string url, Footage footage = Footage::picture_and_sound);
    ~Publisher() { kill(); }

    void start();
    void stop();                                ///< in order
    void kill();                                ///< as a crash
    int pid() const { return ffmpeg_->pid(); }  ///< REQUIRES: it was started
    bool runs() { return ffmpeg_ && !ffmpeg_->has_ended(); }
    std::string words() const { return ffmpeg_ ? ffmpeg_->error() : ""; }

  private:
    std::string url_;
    std::filesystem::path file_;
    std::optional<CommandRun> ffmpeg_;
};

}  // namespace restream::test
