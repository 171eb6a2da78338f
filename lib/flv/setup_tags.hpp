// Metadata and sequence headers: what whoever begins late has to be told first.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "flv/tag.hpp"

namespace restream {

/// The latest of each kind that a publisher has sent: metadata, and for video, audio and each of
/// their tracks the sequence header and the description of colours or channels. A value; payloads
/// are shared.
/// **Source**: FLV 10.1, E.4; Enhanced RTMP v2, VideoPacketType, AudioPacketType, "Multitrack
/// Streaming".
class SetupTags {
  public:
    /// Whether this is one; then it takes the place of the last one of its kind.
    bool keep(const Tag& tag);
    static bool is_one(const Tag& tag) { return kind_of(tag).has_value(); }
    /// Metadata first, the others in the order in which their kinds first came.
    std::vector<Tag> all() const;
    std::size_t size() const { return kept_.size(); }
    void clear() { kept_.clear(); }

  private:
    /// Type, packet type and track.
    using Kind = std::uint32_t;
    struct Kept {
        Kind kind;
        Tag tag;
    };
    static std::optional<Kind> kind_of(const Tag& tag);

    std::vector<Kept> kept_;
};

}  // namespace restream
