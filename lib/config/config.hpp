// The user's configuration: restream.toml and destinations.d, read and validated, never rewritten.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "config/destination.hpp"

namespace restream {

enum class IngestServer { embedded, nginx, external };

/// "embedded"
std::string_view ingest_server_name(IngestServer server);
std::optional<IngestServer> ingest_server_from_name(std::string_view name);

/// `[ingest]`.
struct IngestConfig {
    IngestServer server = IngestServer::embedded;
    std::string listen_host = "127.0.0.1";
    int listen_port = 1935;
    std::string url = "rtmp://127.0.0.1:1935/live";  ///< what relays play and OBS publishes to
    /// What a publisher must add to the URL's path; only of the embedded server. Players do not.
    KeyReference publish_key;
    std::vector<std::string> allow_publish;  ///< addresses or networks (CIDR)
    std::vector<std::string> allow_play;     ///< the same, beyond this machine
    /// How long a publisher must have been silent before another of the same name takes its place;
    /// 0: always at once; nothing: never. Only of the embedded server.
    std::optional<Milliseconds> takeover_after = std::chrono::seconds(3);
    /// The name of the second publisher, behind what the first one publishes; empty: there is none.
    /// Only of the embedded server.
    std::string backup;
    /// How long the first one sends without a gap before relays get it again.
    Milliseconds backup_return_after = std::chrono::seconds(10);
    /// Told when the ingest is live, silent, or without a publisher; not of an external server.
    StateHook on_state;
    Milliseconds probe_duration = std::chrono::seconds(5);
    std::uint64_t probe_bytes = 5'000'000;
    /// The URL with its secrets (user info, playpath, query values) masked.
    std::string display_url() const;
    bool has_publish_key() const { return !std::holds_alternative<std::monostate>(publish_key); }
};

/// `[log]`: bounds of each relay's log.
struct LogConfig {
    std::uint64_t max_bytes = 1'000'000;
    int keep = 3;  ///< rotated files beside the current one
};

/// `[dashboard]`: the web page.
struct DashboardConfig {
    bool enabled = false;  ///< whether `start` starts it, too
    std::string listen_host = "127.0.0.1";
    int listen_port = 5000;
    /// Asked of everybody. Without one it listens on loopback only.
    KeyReference password;
    /// Names under which browsers reach it, beside loopback's and the address it listens on.
    std::vector<std::string> hosts;
    /// PEM files of what it shows over TLS; both or none.
    std::filesystem::path certificate;
    std::filesystem::path key;

    bool has_password() const { return !std::holds_alternative<std::monostate>(password); }
    bool has_tls() const { return !certificate.empty(); }
};

struct Config {
    IngestConfig ingest;
    LogConfig log;
    DashboardConfig dashboard;
    std::vector<Destination> destinations;  ///< sorted by name
    std::filesystem::path directory;

    const Destination* find(std::string_view name) const;
    /// Like find(); where there is none, throws Error{usage} that names the nearest one and how to
    /// add it.
    const Destination& at(std::string_view name) const;
};

/// Reads `directory`/restream.toml (may be missing: defaults) and
/// `directory`/destinations.d/*.toml.
/// **Throws**: Error{config}: "FILE:LINE:COLUMN: what is wrong; what would be right" for TOML
/// errors, unknown fields (with the nearest known one), wrong types, bad URLs and durations,
/// duplicate names, names that cannot be, unknown services, files over 1 MiB, unreadable files, and
/// folders and files that others can change (see system/path_trust.hpp).
Config load_config(const std::filesystem::path& directory);

}  // namespace restream
