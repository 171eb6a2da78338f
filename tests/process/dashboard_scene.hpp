// A dashboard of a world, and what a test asks it.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "process/command_run.hpp"
#include "process/http_client.hpp"
#include "process/tag_publisher.hpp"
#include "process/tag_server.hpp"
#include "process/world.hpp"

namespace restream::test {

/// `restream dashboard`, on a port of its own. The test fails where it is not up in time.
class Dashboard {
  public:
    /// `listen`: an address, as it is written before a port. `world` must outlive it.
    explicit Dashboard(const World& world, const std::string& listen = "127.0.0.1",
                       const Call& call = {});

    int port() const { return port_; }
    CommandRun& run() { return run_; }
    const CommandRun& run() const { return run_; }
    /// The token for changes; empty where there is none.
    std::string token() const;
    /// "Host: …" and its end of line.
    std::string host_line() const;
    HttpAnswer get(std::string_view path, const HttpHeaders& headers = {}) const;
    /// With the token.
    HttpAnswer change(std::string_view method, std::string_view path,
                      const nlohmann::json& body = {}, const HttpHeaders& headers = {}) const;
    /// Of a destination, as the dashboard tells it; empty where it does not.
    std::string state(const std::string& name) const;
    /// How many connections it holds, the one that it listens on included.
    int count_sockets() const;

  private:
    const World& world_;
    int port_;
    CommandRun run_;
};

/// One who reads the dashboard's events.
class EventReader {
  public:
    struct Event {
        std::string name;
        nlohmann::json document;
    };

    explicit EventReader(const Dashboard& dashboard, const HttpHeaders& headers = {});
    /// The answer's status line and headers; what follows them, where it is no event stream.
    const std::string& head() const { return head_; }
    /// The next one; nothing where none came before the deadline, or the server closed.
    std::optional<Event> next(const Deadline& deadline);
    /// The first one of that name for which it is so; null where none came in time.
    nlohmann::json wait(std::string_view name,
                        const std::function<bool(const nlohmann::json&)>& is_so,
                        Milliseconds longest = std::chrono::seconds(60));
    /// **Blocks**: until the server has closed (true), or the deadline.
    bool wait_closed(Milliseconds longest) { return line_.wait_closed(longest); }
    /// All bytes that came.
    const std::string& text() const { return text_; }

  private:
    HttpLine line_;
    std::string head_;
    std::string text_;
};

/// A publisher with numbered tags, a platform that keeps them, and the relay of "youtube" between.
struct Line {
    World world{IngestServer::embedded};
    TagServer platform;
    std::optional<TagPublisher> publisher;

    Line();
    /// One session, without a gap, up to now.
    void check_untouched() const;
};

}  // namespace restream::test
