// The values of a sentence, as documents tell them.
#pragma once

#include <string>

#include "base/sentence.hpp"
#include "ingest/server.hpp"

namespace restream {

/// An object, in the order of the values: text; numbers; a span in seconds; a term's code; a list
/// of text.
std::string to_json(const Values& values);

/// What is missing from a silent ingest: {"missing", "since"}, or null.
std::string silence_json(const IngestStatus& ingest);

}  // namespace restream
