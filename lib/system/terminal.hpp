// The terminal, if there is one: whether, how wide, and a line typed unseen.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/secret.hpp"
#include "base/text.hpp"

namespace restream {

enum class StandardHandle { input, output, error };

bool is_terminal(StandardHandle handle);

/// Columns of the terminal at standard output; 80 where that is none.
int terminal_width();

/// Columns of the terminal there; no_width where that is none: lines stay whole in a pipe, so that
/// scripts can search them.
std::size_t line_width(StandardHandle handle);

/// Asks on standard error a question that is answered with yes or no; only y and yes are yes.
/// **Blocks**: until a line was typed at standard input. REQUIRES: is_terminal(input).
bool is_confirmed(std::string_view question);

/// Asks on standard error and reads a line from the terminal at standard input, without showing
/// what is typed. Nothing at end of input, or when the user breaks off (Ctrl-C); the terminal is
/// then as before.
/// **Blocks**: for as long as the user takes. REQUIRES: is_terminal(input).
std::optional<Secret> read_hidden_line(std::string_view prompt);

}  // namespace restream
