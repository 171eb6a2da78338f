// What the embedded server's record means for one who looks for his picture.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "base/sentence.hpp"
#include "config/config.hpp"
#include "ingest/publications_record.hpp"

namespace restream {

/// Why relays get no picture although somebody publishes or tried to. Doctor's findings, too: see
/// finding_table for what a row more needs.
inline constexpr std::array publisher_troubles = {
    Sentence{"publisher_application", "ingest", "path played server",
             "somebody publishes to {path}, but relays play {played}",
             "OBS's Server names another application than [ingest] url",
             "make OBS's Server {server}"},
    Sentence{"publisher_key_unused", "ingest", "application",
             "somebody publishes to {application} with a stream key, but relays play it without",
             "[ingest] url in restream.toml ends with the application",
             "empty OBS's Stream Key field, or add the key to [ingest] url"},
    Sentence{"publisher_key_differs", "ingest", "application",
             "somebody publishes to {application} under another stream key than relays play",
             "[ingest] url in restream.toml has another stream key than OBS",
             "make OBS's Stream Key what follows \"/{application}/\" in [ingest] url"},
    Sentence{"publisher_refused_by_key", "ingest", "ago_s refusal publisher",
             "nobody publishes, and somebody was refused {ago_s} ago: {refusal}",
             "it came from {publisher}",
             "OBS's Stream Key must be the value of publish_key in restream.toml; 'restream ingest "
             "status' says what OBS must be given"},
    Sentence{"publisher_refused_by_address", "ingest", "ago_s refusal publisher",
             "nobody publishes, and somebody was refused {ago_s} ago: {refusal}",
             "it came from {publisher}",
             "add its address to allow_publish in restream.toml, and run 'restream ingest reload', "
             "which disconnects publishers for a moment"},
    Sentence{"publisher_cut_off", "ingest", "ago_s cut_off publisher",
             "nobody publishes, and the server cut somebody off {ago_s} ago: it {cut_off}",
             "it came from {publisher}",
             "'restream logs --ingest' shows all that the server cut off; start streaming again, "
             "and change the program's RTMP settings if this comes back"},
    Sentence{"publisher_spoke_tls", "ingest", "ago_s publisher server",
             "nobody publishes, and somebody tried with rtmps:// {ago_s} ago",
             "it came from {publisher}, and the ingest takes rtmp:// alone",
             "make the program's Server {server}"},
};

/// A row of them, filled: the words, and what helps.
struct PublisherTrouble {
    std::string message;
    std::string cause;  ///< may be empty
    std::string remedy;
    std::string code{};
    Values values{};

    bool operator==(const PublisherTrouble&) const = default;
};

/// Nothing where somebody publishes what relays play, and where nobody tried lately.
std::optional<PublisherTrouble> publisher_trouble(const PublicationsRecord& record,
                                                  const IngestConfig& config, WallTime now);

}  // namespace restream
