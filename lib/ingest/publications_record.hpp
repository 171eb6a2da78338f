// What the embedded server publishes about who publishes, who plays, and who was refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/media_facts.hpp"
#include "flv/media_pulse.hpp"
#include "ingest/cut_offs.hpp"
#include "ingest/on_air.hpp"
#include "state/layout.hpp"

namespace restream {

/// One path that somebody publishes.
struct PublicationRecord {
    std::string path;  ///< as it may be shown: "live", "live/***"
    WallTime since{};
    std::string address;   ///< of the publisher
    std::string software;  ///< as it calls itself; may be empty
    MediaFacts media;
    std::uint64_t bytes_received = 0;
    std::uint32_t bitrate_kbps = 0;  ///< of all its tags, over the last four seconds
    std::uint32_t players = 0;       ///< that get it
    Milliseconds gop{0};  ///< what a late player would get, in media time; 0: it has to wait
    /// Of the two between which the server changes, where a backup is configured.
    std::optional<EncoderRole> role{};
    /// What it does not send although its connection stands, and since when.
    Silence silence = Silence::none;
    std::optional<WallTime> silent_since{};

    bool operator==(const PublicationRecord&) const = default;
};

/// Somebody who was not let in.
struct IngestRefusal {
    enum class Wish { publish, play };
    Wish wish = Wish::publish;
    WallTime when{};  ///< the last time
    std::string address;
    std::string software;
    std::string problem;      ///< "wrong stream key"; never the key
    std::uint32_t times = 1;  ///< of the same, since the server started

    bool operator==(const IngestRefusal&) const = default;
};

struct OnAirRecord {
    EncoderRole role = EncoderRole::primary;
    WallTime since{};

    bool operator==(const OnAirRecord&) const = default;
};

/// The content of run/publications.json. A value. Its one writer is the embedded server; whether
/// that lives is for run/ingest.lock to say.
struct PublicationsRecord {
    WallTime written{};
    std::vector<PublicationRecord> publications;
    std::vector<IngestRefusal> refusals;  ///< the last few kinds, the latest first
    std::uint32_t connections = 0;        ///< publishers, players, and who has not said yet
    std::uint64_t dropped_players = 0;    ///< because they did not take what they asked for
    std::vector<CutOff> cut_offs;         ///< the last few kinds, the latest first
    std::uint64_t cut_off_count = 0;      ///< of all kinds, since the server started
    std::uint64_t silent_visits = 0;      ///< that ended without having sent a byte
    /// Why it does not listen at the other loopback address; empty where it does, or need not.
    std::string listen_problem;
    /// Whose picture the players of the ingest's own path get, where a backup is configured, and
    /// one of the two publishes.
    std::optional<OnAirRecord> on_air;

    /// Who publishes it; nullptr where nobody does.
    const PublicationRecord* find(std::string_view path) const;
    const PublicationRecord* find(EncoderRole role) const;
    /// What players of the ingest's own path get: the one on the air, or who publishes `path`.
    const PublicationRecord* played(std::string_view path) const;
    bool operator==(const PublicationsRecord&) const = default;
};

/// JSON, one line.
std::string to_json(const PublicationsRecord& record);
/// Nothing for what is torn, foreign, of another schema, or has a field of another type.
std::optional<PublicationsRecord> publications_from_json(std::string_view text);

/// The last record, of whatever age.
std::optional<PublicationsRecord> last_publications(const Layout& layout);
/// The record of a server that lives now.
std::optional<PublicationsRecord> live_publications(const Layout& layout);

}  // namespace restream
