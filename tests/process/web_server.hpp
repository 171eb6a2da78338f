// A web server that takes a relay's webhooks: Python's own, on loopback.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "engine/certificates.hpp"
#include "process/command_run.hpp"
#include "process/temporary_folder.hpp"

namespace restream::test {

class WebServer {
  public:
    /// What it answers to each request: a status, or 0 for nothing at all.
    explicit WebServer(int status, const Identity* identity = nullptr);
    /// It answers with these bytes, whatever they are, then with the others again and again until
    /// the client goes; where there are none, it closes the connection.
    explicit WebServer(const std::string& bytes, const std::string& for_ever = "");

    std::string url(const std::string& host = "127.0.0.1") const;
    int port() const { return port_; }
    /// One object for each request that was read: path, type, body.
    std::vector<nlohmann::json> requests() const;
    /// The field "state" of each body.
    std::vector<std::string> states() const;
    bool wait_state(const std::string& state) const;

  private:
    void start(std::vector<std::string> arguments);

    TemporaryFolder folder_;
    int port_;
    bool is_tls_;
    std::optional<CommandRun> python_;
};

}  // namespace restream::test
