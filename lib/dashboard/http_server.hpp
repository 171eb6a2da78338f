// HTTP for the dashboard: connections, their bounds, and server-sent events.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "dashboard/message.hpp"
#include "net/tls_identity.hpp"

namespace restream {

/// Gives the answer to one request; from any thread, once. What comes after the server is gone, or
/// after the client is, is dropped.
using Reply = std::function<void(Answer)>;

/// Serves HTTP/1.1 on one address, over TLS or without, on the thread that calls run().
///
/// Every client is hostile until it has shown otherwise: a handshake has 10 s, a request has 10 s
/// to arrive, its headers 8 KiB and its body 64 KiB; an answer has 10 s to leave; a connection that
/// asks nothing is kept for 30 s. At most 256 connections are held: for a new one, the one that has
/// been idle longest goes. At most 32 of them read events: for one more, the oldest one of the
/// client that has the most of them goes.
class HttpServer {
  public:
    using Handler = std::function<void(Request, Reply)>;
    /// What the next client is shown; called on the server's thread. Never null.
    using Identities = std::function<std::shared_ptr<const TlsIdentity>()>;

    /// Listens. **Throws**: Error{refused} that says by whom the port is taken, or what else is
    /// wrong; Error{usage} where `host` is no address of this machine.
    /// `identities`: of a server that speaks TLS, and nothing else; empty: without TLS.
    HttpServer(const std::string& host, int port, Handler handler, Identities identities = {});
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    /// The port it listens on: that was asked for, or was free where 0 was.
    int port() const;

    /// **Blocks**: until stop().
    void run();
    /// No client is taken any more, and who asks nothing or reads events is let go; who waits for
    /// an answer gets it. From any thread.
    void close();
    /// After close(), when all has been answered: run() returns when the answers have left, within
    /// 2 s. From any thread.
    void finish();
    /// run() returns at once. From any thread.
    void stop();
    /// Runs `work` on the server's thread; from any thread.
    void post(std::function<void()> work);
    /// Calls `what` again and again on the server's thread, `between` apart.
    void every(Milliseconds between, std::function<void()> what);

    /// On the server's thread: to all who read events. A reader that has not taken the last one of
    /// this name yet gets only the newest.
    void publish(std::string_view event, std::string_view data);
    /// On the server's thread: all who read events are let go. They may ask again at once.
    void end_readers();
    /// How many read events.
    std::size_t readers() const;

    struct Inside;

  private:
    std::shared_ptr<Inside> inside_;
};

}  // namespace restream
