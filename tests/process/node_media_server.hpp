// npm's node-media-server: a platform that others wrote.
#pragma once

#include <optional>
#include <string>

#include "process/command_run.hpp"
#include "process/temporary_folder.hpp"

namespace restream::test {

/// On 127.0.0.1. Installed once per build tree, from npm's registry.
class NodeMediaServer {
  public:
    /// **Blocks**: until it listens. **Throws**: std::runtime_error where it cannot be had.
    NodeMediaServer();
    ~NodeMediaServer();

    std::string url() const;
    /// Where a publisher of that key can be watched.
    std::string url(const std::string& key) const { return url() + "/" + key; }
    /// Its own words.
    std::string log() const;

  private:
    TemporaryFolder folder_;
    int port_;
    std::optional<CommandRun> node_;
};

}  // namespace restream::test
