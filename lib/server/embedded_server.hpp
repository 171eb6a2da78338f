// The embedded ingest server: takes publishers, serves players.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "ingest/publications_record.hpp"
#include "server/admission.hpp"
#include "server/embedded_connection.hpp"
#include "server/publications.hpp"

namespace restream {

struct EmbeddedSettings {
    std::string listen_host = "127.0.0.1";
    int listen_port = 1935;  ///< 0: any that is free
    AdmissionRules admission;
    Publications::Rules publications;
    ConnectionLimits connection;
    /// Of publishers, players, and who has not said yet. Beyond it the one that has not said for
    /// longest gives way, so that silent connections lock nobody out.
    std::size_t most_connections = 1024;
    /// For the goodbye to everybody, at the end.
    Milliseconds goodbye = Milliseconds(500);
    /// How often deadlines are looked at. **Source**: a tenth of the shortest of them.
    Milliseconds look_interval = Milliseconds(500);
};

/// Publishers and players on one thread, without a timer of their own: a message of a publisher is
/// written to all its players in the turn of the loop in which it was complete. No player slows the
/// publisher or another player.
class EmbeddedServer {
  public:
    /// Told on the server's thread; to return at once.
    using Publish = std::function<void(const PublicationsRecord&)>;
    /// A line for the log: who came, left, was refused or cut off. Without secrets; at most 20 at
    /// once and one a second afterwards. On the server's thread; to return at once.
    using Log = std::function<void(std::string)>;

    /// Listens. `publish` gets the record: after a change soon, but no more than ten times a
    /// second; otherwise every second while somebody publishes.
    /// **Throws**: Error{config} where it would listen beyond loopback and let anybody publish;
    /// Error{refused} where it cannot listen.
    EmbeddedServer(EmbeddedSettings settings, Publish publish, Log log = {});
    ~EmbeddedServer();
    EmbeddedServer(const EmbeddedServer&) = delete;
    EmbeddedServer& operator=(const EmbeddedServer&) = delete;

    int port() const;
    /// **Blocks**: until stop(); then says goodbye to all who are there, which takes at most
    /// `goodbye`.
    void run();
    /// From any thread; also before run().
    void stop();

  private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace restream
