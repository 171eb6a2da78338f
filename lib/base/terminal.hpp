// The terminal, if there is one: whether, how wide, and a line typed unseen.
#pragma once

#include <optional>
#include <string_view>

#include "base/secret.hpp"

namespace restream {

enum class StandardHandle { input, output, error };

bool is_terminal(StandardHandle handle);

/// Columns of the terminal at standard output; 80 where that is none.
int terminal_width();

/// Asks on standard error and reads a line from the terminal at standard input, without showing
/// what is typed. Nothing at end of input, or when the user breaks off (Ctrl-C); the terminal is
/// then as before.
/// **Blocks**: for as long as the user takes. REQUIRES: is_terminal(input).
std::optional<Secret> read_hidden_line(std::string_view prompt);

}  // namespace restream
