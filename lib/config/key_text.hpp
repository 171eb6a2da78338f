// What can be a stream key, as text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace restream {

/// Without the white space around it, and without the byte order mark that some editors write
/// first.
std::string_view trimmed_key(std::string_view text);

/// What is wrong with a (trimmed) key, in words without it: empty, too long, blanks or control
/// characters inside.
std::optional<std::string> key_text_problem(std::string_view key);

/// The same for what a publisher adds to the ingest's path: also what cannot be one part of a path.
std::optional<std::string> publish_key_problem(std::string_view key);

}  // namespace restream
