// FFmpeg's own log: kept, filtered and masked; nothing of it reaches the terminal.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <string_view>

#include "base/secret.hpp"

namespace restream {

/// How far opening an RTMP connection came, as libav's log tells it: its error numbers do not (EIO
/// for nearly everything).
enum class AvStep {
    nothing,
    connecting,   ///< the name is resolved
    connected,    ///< TCP stands; TLS begins where there is some
    handshaking,  ///< RTMP's handshake
    app,          ///< connect was sent
    name,         ///< connect was accepted; publish or play follows
    publishing,   ///< publish or play was sent
};

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

    /// Forgets the lines; the step stays.
    void clear_lines();
    AvStep step() const { return step_; }
    /// What an RTMP server gave as its reason ("Already publishing"); empty where it gave none.
    const std::string& server_error() const { return server_error_; }
    /// The line that says most about what went wrong; empty where nothing was said.
    std::string detail() const;
    bool has_line_with(std::string_view text) const;

    /// For the log callback only.
    void add(int level, const char* format, std::string text);
    void advance(AvStep step);

  private:
    AvStep step_ = AvStep::nothing;
    std::string server_error_;
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
