// How a command's help looks, and what is said of wrong usage.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace CLI {
class App;
class FormatterBase;
class ParseError;
}  // namespace CLI

namespace restream {

/// Help for lines of so many columns: what an option does stands beside it, or below it where the
/// terminal is narrow. For `no_width` each option is one line, as scripts and completions read it.
std::shared_ptr<CLI::FormatterBase> help_formatter(std::size_t width);

/// What is wrong with the arguments, in words, with the option or word that was probably meant.
/// A value is never repeated: it may be a secret.
std::string usage_problem(std::string_view verb, const CLI::App& app, const CLI::ParseError& error);

/// The named subcommand that was given; null if none was.
const CLI::App* given_subcommand(const CLI::App& app);

}  // namespace restream
