// How a blocking call of FFmpeg is ended: by Cancel, by a deadline, or because its owner goes.
#pragma once

extern "C" {
#include <libavformat/avio.h>
}

#include "base/cancel.hpp"
#include "base/clock.hpp"

namespace restream {

/// Asked by libav about every 100 ms inside open, read, write and close. Used by one thread; its
/// address is known to libav, so it stays where it is and outlives what was opened with it.
class Interrupt {
  public:
    enum class Cause { none, cancelled, expired };

    explicit Interrupt(const Cancel& cancel) : cancel_(&cancel) {}
    Interrupt(const Interrupt&) = delete;
    Interrupt& operator=(const Interrupt&) = delete;

    void set_deadline(const Deadline& deadline) { deadline_ = deadline; }
    /// A goodbye is said although we were asked to stop: only the deadline counts from here.
    void ignore_cancel() { cancel_ = nullptr; }
    /// Nothing blocks and nothing is sent any more.
    void drop() { is_dropped_ = true; }
    /// Why the last call was ended; none where libav ended it by itself.
    Cause cause() const { return cause_; }
    AVIOInterruptCB callback() { return {&Interrupt::ask, this}; }

  private:
    static int ask(void* self) noexcept;

    const Cancel* cancel_;
    Deadline deadline_ = Deadline::never();
    Cause cause_ = Cause::none;
    bool is_dropped_ = false;
};

}  // namespace restream
