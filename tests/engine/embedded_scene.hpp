// An embedded server in the test's own process, with publishers and players of ours.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "client/client_connection.hpp"
#include "engine/listener.hpp"
#include "net/loop.hpp"
#include "server/embedded_server.hpp"

namespace restream::test {

/// At any free port of 127.0.0.1, with the base path "live" and deadlines that no test reaches by
/// accident, looked at every 20 ms.
EmbeddedSettings test_settings();

/// Runs on a thread of its own until stop(), or until it goes.
class RunningServer {
  public:
    explicit RunningServer(EmbeddedSettings settings = test_settings());
    ~RunningServer();
    RunningServer(const RunningServer&) = delete;
    RunningServer& operator=(const RunningServer&) = delete;

    int port() const { return server_.port(); }
    /// What it has published last.
    PublicationsRecord record() const;
    /// The lines that it has logged.
    std::vector<std::string> log() const;
    /// **Blocks** until it has published such a record; false where it never does.
    bool publishes(const std::function<bool(const PublicationsRecord&)>& is_so) const;
    /// **Blocks** until it has ended; returns how long that took.
    Milliseconds stop();

  private:
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    PublicationsRecord record_;
    std::vector<std::string> log_;
    EmbeddedServer server_;
    std::thread thread_;
};

/// One connection of ours, and what it got.
struct TestClient {
    std::unique_ptr<ClientConnection> connection;
    std::vector<Tag> tags;
    int times_left = 0;  ///< how often it was told that the publisher left
    std::optional<RtmpEnding> ending;
    bool reads = true;  ///< else it takes nothing

    bool is_accepted() const { return connection && connection->is_accepted(); }
};

/// Publishers and players on one loop.
class Clients {
  public:
    explicit Clients(int port) : port_(port) {}

    TestClient& play(const std::string& app = "live", const std::string& name = {});
    TestClient& publish(const std::string& app = "live", const std::string& name = {});
    /// Sends as fast as the server takes it.
    void send(TestClient& publisher, const std::vector<Tag>& tags);
    /// **Blocks** until it is so; false where it never is.
    bool wait(const std::function<bool()>& is_so, const Deadline& deadline = long_enough());
    bool wait_accepted(TestClient& client) {
        return wait([&] { return client.is_accepted(); });
    }
    /// Goes away without a word.
    void drop(TestClient& client) { client.connection.reset(); }

  private:
    TestClient& connect(RtmpRole role, const std::string& app, const std::string& name);
    void poll();

    int port_;
    Loop loop_;
    std::vector<std::unique_ptr<TestClient>> clients_;
};

/// Where types, times or payloads differ first, in words; empty where they are the same.
std::string difference(const std::vector<Tag>& a, const std::vector<Tag>& b);

}  // namespace restream::test
