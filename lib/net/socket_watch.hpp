// Waiting for one socket of the embedded server, on its loop.
#pragma once

#include <functional>
#include <memory>

#include "net/loop.hpp"
#include "system/fd.hpp"

namespace restream {

/// Waits until a socket can be read or written, as often as it is asked to. It only waits: the
/// reading and writing is done by whoever asked, so that no byte is read on suspicion.
///
/// Destroyed, also by what it calls, it calls nothing more. The loop must outlive it, and it must
/// go before its socket is closed.
class SocketWatch {
  public:
    /// **Throws**: Error{refused} where the system has no room for it.
    SocketWatch(Loop& loop, const Fd& socket, std::function<void()> readable,
                std::function<void()> writable = {});
    ~SocketWatch();
    SocketWatch(const SocketWatch&) = delete;
    SocketWatch& operator=(const SocketWatch&) = delete;

    /// Once: `readable` is called when there is something to read, the peer's end, or an error.
    void await_readable();
    /// Once: `writable` is called when something can be written. No second time before that.
    void await_writable();

  private:
    struct Inside;
    std::shared_ptr<Inside> inside_;
};

}  // namespace restream
