#include "command_line.hpp"

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "help.hpp"
#include "system/terminal.hpp"

namespace restream {

void Arguments::flag(const std::string& names, bool& is_given, const std::string& does,
                     const std::string& excludes) {
    CLI::Option* flag = parser_->add_flag(names, is_given, does);
    if (!excludes.empty()) flag->excludes(parser_->get_option(excludes));
}

void Arguments::value(const std::string& names, std::string& value, const std::string& does,
                      const ValueTerms& terms) {
    CLI::Option* option = parser_->add_option(names, value, does);
    if (!terms.type.empty()) option->type_name(std::string(terms.type));
    if (terms.is_required) option->required();
    if (terms.is_hidden) option->group("");
}

void Arguments::value(const std::string& names, std::vector<std::string>& values,
                      const std::string& does) {
    parser_->add_option(names, values, does);
}

void Arguments::value(const std::string& names, double& value, const std::string& does) {
    parser_->add_option(names, value, does);
}

void Arguments::value(const std::string& names, double& value, const std::string& does,
                      const Range<double>& range) {
    parser_->add_option(names, value, does)->check(CLI::Range(range.least, range.most));
}

void Arguments::value(const std::string& names, int& value, const std::string& does,
                      const Range<int>& range) {
    parser_->add_option(names, value, does)->check(CLI::Range(range.least, range.most));
}

Arguments Arguments::at_most_one(const std::string& title, const std::string& description) {
    CLI::App* group = parser_->add_option_group(title, description);
    group->require_option(0, 1);
    return Arguments(*group);
}

Arguments Arguments::subcommand(const std::string& name, const std::string& does,
                                std::function<void()> choose, Shown shown) {
    CLI::App* sub = parser_->add_subcommand(name, does);
    sub->callback(std::move(choose));
    if (shown == Shown::no) sub->group("");
    parser_->require_subcommand(1);
    sub->require_subcommand(0);  // else the next one inherits it
    return Arguments(*sub);
}

CommandLine::CommandLine(std::string_view verb, std::string_view description)
    : verb_(verb),
      parser_(
          std::make_unique<CLI::App>(std::string(description), fmt::format("restream {}", verb))) {
    parser_->set_version_flag("--version", "restream " RESTREAM_VERSION);
    parser_->formatter(help_formatter(line_width(StandardHandle::output)));
}

CommandLine::~CommandLine() = default;

Arguments CommandLine::arguments() { return Arguments(*parser_); }

bool CommandLine::parse(int argc, const char* const* argv) {
    try {
        parser_->parse(argc, argv);
        return true;
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) {  // --help, --version
            parser_->exit(error);
            return false;
        }
        const std::string problem = usage_problem(verb_, *parser_, error);
        throw Error(ErrorKind::usage,
                    fmt::format("{}{} 'restream {} --help'", problem,
                                problem.ends_with('?') ? " See" : "; see", verb_));
    }
}

namespace {

void add_given(const CLI::App& app, std::vector<CommandLine::Given>& given) {
    for (const CLI::Option* option : app.get_options()) {
        if (option->count() == 0) continue;
        const auto& names = option->get_lnames();
        given.push_back({names.empty() ? "" : "--" + names.front(), option->results()});
    }
    for (const CLI::App* sub : app.get_subcommands({})) {
        if (sub->get_name().empty() || sub->parsed()) add_given(*sub, given);
    }
}

}  // namespace

std::vector<CommandLine::Given> CommandLine::given() const {
    std::vector<Given> all;
    add_given(*parser_, all);
    return all;
}

std::string CommandLine::subcommand() const {
    const CLI::App* sub = given_subcommand(*parser_);
    return sub == nullptr ? "" : sub->get_name();
}

}  // namespace restream
