// Words for messages: what a user wrote, quoted; the known word that is nearest to it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace restream {

/// `text` in double quotes, safe to print: control characters and broken UTF-8 as `?`, invisible
/// characters as in visible_text(), at most 64 bytes.
std::string in_quotes(std::string_view text);

/// The known word that `word` most likely means: few typing errors away, or the only one that it
/// begins. Nothing where none is near.
std::optional<std::string> nearest_word(std::string_view word,
                                        const std::vector<std::string>& known);

/// `; did you mean "NEAREST"?`, or `; known are a, b, c` where none is near.
std::string suggestion(std::string_view word, const std::vector<std::string>& known);

}  // namespace restream
