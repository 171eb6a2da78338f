// A second nginx-rtmp, which plays the platform.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "process/command_run.hpp"
#include "process/temporary_folder.hpp"

namespace restream::test {

/// What it does with a publisher.
enum class Door { open, refusing };

/// Every publish session becomes an FLV file and a line in the journal, so sessions can be counted
/// and what they carried can be decoded.
class NginxServer {
  public:
    /// **Blocks**: until it listens.
    explicit NginxServer(Door door = Door::open);
    ~NginxServer();

    void stop();   ///< at once; publishers lose their connections
    void start();  ///< again, on the same port

    int port() const { return port_; }
    std::string url() const;
    std::string url(const std::string& key) const { return url() + "/" + key; }

    /// Publish sessions that were begun, and that have ended, with this key.
    int begun(const std::string& key) const { return count("publish " + key); }
    int ended(const std::string& key) const { return count("publish_done " + key); }
    /// Connections of any key that were ended with a goodbye: deleteStream came before the
    /// disconnect.
    int goodbyes() const;
    /// All that were asked for, accepted or refused.
    int asked() const;
    /// The recordings of this key, the oldest first.
    std::vector<std::filesystem::path> recordings(const std::string& key) const;
    /// nginx's own words.
    std::string log() const;
    const std::filesystem::path& folder() const { return folder_.path(); }

  private:
    int count(const std::string& line) const;
    void write_configuration(Door door) const;

    TemporaryFolder folder_;
    int port_;
    int journal_port_;
    std::optional<CommandRun> nginx_;
};

}  // namespace restream::test
