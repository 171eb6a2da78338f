// FFmpeg's own log: kept, filtered and masked; nothing of it reaches the terminal.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <string_view>

#include "base/secret.hpp"

namespace restream {

/// What libav said on one thread while this was listening.
class AvTranscript {
  public:
    /// From construction to destruction, the lines of this thread go to the transcript. They nest.
    class Listening {
      public:
        explicit Listening(AvTranscript& transcript);
        Listening(const Listening&) = delete;
        Listening& operator=(const Listening&) = delete;
        ~Listening();

      private:
        AvTranscript* outer_;
    };

    /// Forgets the lines.
    void clear_lines();
    /// The line that says most about what went wrong; empty where nothing was said.
    std::string detail() const;
    bool has_line_with(std::string_view text) const;

    /// For the log callback only.
    void add(int level, std::string text);

  private:
    std::deque<std::string> errors_;
};

/// Takes FFmpeg's log away from the terminal, once for the process. All that opens something calls
/// it.
void capture_av_log();

/// Why libsrt's threads say that the other side rejected us ("Incorrect passphrase"), since the
/// last call; empty where they did not. FFmpeg knows only that it failed.
std::string take_srt_rejection();

/// From now on this text is `***` in everything that comes out of FFmpeg's log.
void hide_in_av_log(const Secret& secret);

/// `hear` gets each warning and error, masked, from any thread; a null one ends that. For a relay's
/// log.
void hear_av_log(std::function<void(std::string_view)> hear);

}  // namespace restream
