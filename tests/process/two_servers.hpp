// A destination with two servers, and everything between.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "process/tag_publisher.hpp"
#include "process/tag_server.hpp"
#include "process/tcp_proxy.hpp"
#include "process/world.hpp"

namespace restream::test {

/// Servers that keep every message, each behind a line of its own, and a publisher on call whose
/// tags have numbers.
struct TwoServers {
    /// Every key has this in it; see check_no_key().
    static constexpr const char* key = "backupc4n4ry";

    World world{IngestServer::embedded};
    TagServer primary;
    TagServer backup;
    TcpProxy primary_line{primary.port()};
    TcpProxy backup_line{backup.port()};
    std::optional<TagPublisher> publisher;

    /// Starts the ingest server.
    TwoServers() { world.must({"ingest", "start"}); }

    static std::string url(const TcpProxy& line);
    /// Destination youtube. `mode`: "both", "failover", "off".
    void add(const std::string& mode, const std::string& more = "") const;
    void publish();
    /// The destination's member "backup" in `status --json`.
    nlohmann::json part() const { return world.status("youtube")["backup"]; }
    bool wait_backup(const std::function<bool(const nlohmann::json&)>& is_so) const;
    bool wait_backup_state(const std::string& state) const;
    bool wait_standby() const;
    /// Until the primary is.
    bool wait_confirmed() const;
    void break_primary();
    /// Nothing of the test's key anywhere but in the configuration.
    void check_no_key() const;
};

/// When the session's first keyframe came, if it has come.
std::optional<SteadyTime> keyframe_at(const TagServer::Session& session);

/// All that came since the session's first number came whole and in order.
void check_no_loss(const TagServer::Session& session);

}  // namespace restream::test
