// One destination as the user configured it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "config/key_reference.hpp"
#include "config/state_hook.hpp"

namespace restream {

enum class OnIngestLoss {
    hold,   ///< its connection is kept
    close,  ///< a goodbye at once
    slate,  ///< it is kept, and shown a still picture
};

/// "hold"
std::string_view on_ingest_loss_name(OnIngestLoss loss);
std::optional<OnIngestLoss> parse_on_ingest_loss(std::string_view name);

/// For OnIngestLoss::slate.
struct SlateSettings {
    std::filesystem::path picture;  ///< absolute; empty: a plain one
    Milliseconds after = std::chrono::seconds(3);
    Milliseconds limit = std::chrono::minutes(10);
};

/// What becomes of a session whose publisher goes on with another picture size or rate.
enum class OnTrackChange {
    pass,       ///< the new sequence headers are sent, the connection stays
    reconnect,  ///< a new session: the platform can't take them in the middle of one
};

/// How a destination's backup server is used.
enum class Backup {
    off,
    failover,  ///< while the primary one fails
    both,      ///< at the same time as the primary one
};
/// "failover"
std::string_view backup_name(Backup backup);
std::optional<Backup> parse_backup(std::string_view name);

/// "0640" or "640": of files that their owner can read and write and that nobody runs. Folders get
/// what goes with it. Returns nothing for what is no such mode.
std::optional<unsigned> parse_file_mode(std::string_view text);
/// "0640"
std::string file_mode_text(unsigned mode);

/// How long a service's stream keys can be used.
enum class KeyLifetime { forever, broadcast, once };

/// A value: no I/O. Everything is validated; defaults and the service's preset are already applied.
struct Destination {
    std::string name;
    std::string service;  ///< id of the preset, empty where the user gave a URL
    std::string
        url;  ///< scheme://host[:port]/path without the key; may hold secrets: see display_url
    std::string backup_url;       ///< of the platform's second server; empty where there is none
    Backup backup = Backup::off;  ///< off where there is no backup_url; same key as url
    KeyReference key;
    KeyReference passphrase;              ///< of SRT
    KeyReference stream_id;               ///< of SRT; `streamid`
    std::optional<Milliseconds> latency;  ///< of SRT
    OnIngestLoss on_ingest_loss = OnIngestLoss::hold;
    Milliseconds hold = std::chrono::seconds(30);
    SlateSettings slate;
    StateHook on_state;                           ///< told of each change of the relay's state
    Milliseconds late_refusal = Milliseconds(0);  ///< from the service
    KeyLifetime key_lifetime = KeyLifetime::forever;
    OnTrackChange on_track_change = OnTrackChange::pass;  ///< the user's word, else the service's
    std::optional<unsigned> file_mode;                    ///< permission bits of its files
    std::string ca_file;                                  ///< absolute path of a PEM file, or empty
    std::filesystem::path origin;                         ///< the file it stands in
    int line = 0;                                         ///< where it begins in that file

    /// The URL with every secret in it masked: what may be shown.
    std::string display_url() const;
    /// The same of backup_url.
    std::string display_backup_url() const;
};

/// Both are the same live playlist (`file:`, .m3u8), which has one writer; every other file gets a
/// name of its own.
bool are_same_playlist(const Destination& one, const Destination& other);

/// NAME is `[a-z0-9][a-z0-9_-]{0,31}` and no Windows device name (con, nul, com1 …).
/// Returns what is wrong with it, in words; nothing if it is right.
std::optional<std::string> name_problem(std::string_view name);

}  // namespace restream
