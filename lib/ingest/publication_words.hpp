// What the embedded server's record means for one who looks for his picture.
#pragma once

#include <optional>
#include <string>

#include "config/config.hpp"
#include "ingest/publications_record.hpp"

namespace restream {

/// Why relays get no picture although somebody publishes or tried to: the words, and what helps.
struct PublisherTrouble {
    std::string message;
    std::string cause;  ///< may be empty
    std::string remedy;

    bool operator==(const PublisherTrouble&) const = default;
};

/// Nothing where somebody publishes what relays play, and where nobody tried lately.
std::optional<PublisherTrouble> publisher_trouble(const PublicationsRecord& record,
                                                  const IngestConfig& config, WallTime now);

}  // namespace restream
