// The publisher: a real ffmpeg that sends a test picture and a tone, as OBS would.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "process/command_run.hpp"
#include "process/footage.hpp"

namespace restream::test {

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
