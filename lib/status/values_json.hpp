// The values of a sentence, as documents tell them.
#pragma once

#include "base/json.hpp"
#include "base/sentence.hpp"
#include "ingest/server.hpp"

namespace restream {

/// An object, in the order of the values: text; numbers; a span in seconds; a term's code; a list
/// of text.
Json json_of(const Values& values);

/// What is missing from a silent ingest: {"missing", "since"}, or null.
Json silence_json(const IngestStatus& ingest);

}  // namespace restream
