// What else a publisher sends than before: nothing, other settings, or other codecs.
#pragma once

#include "flv/setup_tags.hpp"

namespace restream {

enum class TrackChange {
    none,
    settings,  ///< the same tracks of the same codecs: another size, rate or profile
    tracks,    ///< other codecs, more tracks or fewer
};

/// Compares what decoders are set up with, byte for byte; metadata is none of it.
TrackChange track_change(const SetupTags& before, const SetupTags& after);

/// Whether a picture or a sound, or what else is no header, needs another decoder than the one that
/// was set up with `before`, where the headers are `after` now. Pictures up to the next keyframe
/// are of the old header.
bool is_of_change(const Tag& tag, const SetupTags& before, const SetupTags& after);

}  // namespace restream
