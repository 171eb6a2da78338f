#include "help.hpp"

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <sstream>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "config/wording.hpp"

namespace restream {

namespace {

constexpr std::size_t option_columns = 34;
/// Below this, what an option does stands below it.
constexpr std::size_t narrow = 72;
constexpr std::size_t below_indent = 6;

class HelpFormatter : public CLI::Formatter {
  public:
    explicit HelpFormatter(std::size_t width) : width_(width) { column_width(option_columns); }

    std::string make_description(const CLI::App* app) const override {
        std::istringstream lines(CLI::Formatter::make_description(app));
        std::string text;
        for (std::string line; std::getline(lines, line);) {
            line.resize(line.find_last_not_of(' ') + 1);
            text += wrapped("", line, width_, 0);
        }
        return text;
    }
    /// A group of options, which is indented by 2.
    std::string make_expanded(const CLI::App* sub) const override {
        const HelpFormatter inner(width_ == no_width ? no_width : width_ - 2);
        const std::string text = inner.CLI::Formatter::make_expanded(sub);
        const std::size_t end = text.find('\n');  // of the group's name, which is not indented
        return wrapped("", text.substr(0, end), width_, 2) + text.substr(end + 1);
    }
    std::string make_usage(const CLI::App* app, std::string name) const override {
        return wrapped_lines(CLI::Formatter::make_usage(app, std::move(name)), width_);
    }
    std::string make_option(const CLI::Option* option, bool is_positional) const override {
        return entry(make_option_name(option, is_positional) + make_option_opts(option),
                     make_option_desc(option));
    }
    std::string make_subcommand(const CLI::App* sub) const override {
        return entry(sub->get_display_name(true), sub->get_description());
    }

  private:
    std::string entry(const std::string& name, const std::string& does) const {
        if (width_ < narrow) {
            std::string text = wrapped("  ", name, width_, below_indent);
            if (does.empty()) return text;
            return text + wrapped(std::string(below_indent, ' '), does, width_, below_indent);
        }
        const std::string begin = "  " + name;
        if (does.empty()) return begin + "\n";
        if (columns_of(begin) < option_columns) {
            return wrapped(fmt::format("{:<{}}", begin, option_columns), does, width_,
                           option_columns);
        }
        // A name that is too long has a line of its own, unless a script reads it.
        if (width_ == no_width) return begin + " " + does + "\n";
        return begin + "\n" +
               wrapped(std::string(option_columns, ' '), does, width_, option_columns);
    }

    std::size_t width_;
};

/// The option without its value: "--key" of "--key=...".
std::string_view name_of(std::string_view argument) {
    return argument.substr(0, argument.find('='));
}

void add_options(const CLI::App& app, std::vector<std::string>& known) {
    for (const CLI::Option* option : app.get_options()) {
        if (option->get_group().empty()) continue;  // not for users
        for (const auto& name : option->get_lnames()) known.push_back("--" + name);
        for (const auto& name : option->get_snames()) known.push_back("-" + name);
    }
    for (const CLI::App* group : app.get_subcommands({})) {
        if (group->get_name().empty()) add_options(*group, known);
    }
}

std::vector<std::string> names_of_subcommands(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::App* sub : app.get_subcommands({})) {
        if (!sub->get_name().empty() && !sub->get_group().empty()) names.push_back(sub->get_name());
    }
    return names;
}

std::string unknown_option(const CLI::App& app, std::string_view argument) {
    std::vector<std::string> known;
    add_options(app, known);
    if (const auto* sub = given_subcommand(app)) add_options(*sub, known);
    const std::string_view name = name_of(argument);
    return fmt::format("there is no option {}{}", in_quotes(name), suggestion(name, known));
}

std::string unknown_word(std::string_view verb, const CLI::App& app, std::string_view word) {
    const auto subcommands = names_of_subcommands(app);
    if (!subcommands.empty() && given_subcommand(app) == nullptr) {
        return fmt::format("there is no {}{}", in_quotes(word), suggestion(word, subcommands));
    }
    if (verb == "add" || verb == "key") {
        return "one word too many; a stream key is never given on the command line, where others "
               "can see it: give --key-stdin";
    }
    return fmt::format("{} is one word too many", in_quotes(word));
}

bool is_option(std::string_view argument) { return argument.size() > 1 && argument[0] == '-'; }

}  // namespace

const CLI::App* given_subcommand(const CLI::App& app) {
    for (const CLI::App* sub : app.get_subcommands()) {
        if (!sub->get_name().empty()) return sub;
    }
    return nullptr;
}

std::shared_ptr<CLI::FormatterBase> help_formatter(std::size_t width) {
    return std::make_shared<HelpFormatter>(width);
}

std::string usage_problem(std::string_view verb, const CLI::App& app,
                          const CLI::ParseError& error) {
    const auto left_over = app.remaining(true);
    // A name may be missing only because an option was mistyped.
    const auto option = std::ranges::find_if(left_over, is_option);
    if (option != left_over.end()) return unknown_option(app, *option);
    if (error.get_name() == "RequiredError") {
        const std::string words = error.what();
        const std::string ending = " is required";
        // The word for what is missing may be the one that was mistyped.
        if (!left_over.empty()) return unknown_word(verb, app, left_over.front());
        if (words == "A subcommand" + ending) {
            return fmt::format("what is it to do? give one of {}",
                               fmt::join(names_of_subcommands(app), ", "));
        }
        if (words.ends_with(ending)) {
            return words.substr(0, words.size() - ending.size()) + " is missing";
        }
        return words;
    }
    if (!left_over.empty()) return unknown_word(verb, app, left_over.front());
    if (error.get_name() == "ArgumentMismatch") {
        // "--timeout: 1 required TEXT missing"
        const std::string words = error.what();
        if (words.ends_with(" missing")) return words.substr(0, words.find(':')) + " needs a value";
    }
    return error.what();
}

}  // namespace restream
