// What a command takes on its command line: names, flags and values. No header includes CLI11,
// which takes seconds to compile; command_line.cpp and help.cpp do.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}  // namespace CLI

namespace restream {

/// What the parser and the help know of a value beside its name.
struct ValueTerms {
    std::string_view type = {};  ///< "URL", for the help; empty: the word for its variable's type
    bool is_required = false;
    bool is_hidden = false;  ///< not for users: in no help, no completion, and never suggested
};

/// Declares arguments of a command, of a group of options or of a subcommand. Parsing sets the
/// variables, which must live until then. The variable of an argument that is not given keeps its
/// value.
///
/// `names` is "NAME" for a positional argument, "--url" for an option, and "-f,--follow" for an
/// option with a short name. The help shows the arguments in the order of their declaration.
class Arguments {
  public:
    /// Refers to what belongs to a CommandLine.
    explicit Arguments(CLI::App& parser) : parser_(&parser) {}

    /// The numbers that an option takes; the help shows them.
    template <typename Number>
    struct Range {
        Number least;
        Number most;
    };

    /// `excludes`: an option that was declared before; only one of the two can be given.
    void flag(const std::string& names, bool& is_given, const std::string& does,
              const std::string& excludes = {});

    void value(const std::string& names, std::string& value, const std::string& does,
               const ValueTerms& terms = {});
    void value(const std::string& names, std::vector<std::string>& values, const std::string& does);
    void value(const std::string& names, double& value, const std::string& does);
    void value(const std::string& names, double& value, const std::string& does,
               const Range<double>& range);
    void value(const std::string& names, int& value, const std::string& does,
               const Range<int>& range);

    /// A group of options of which at most one can be given; the help shows it apart.
    Arguments at_most_one(const std::string& title, const std::string& description);

    /// Whether the help and the completions show a subcommand.
    enum class Shown { yes, no };
    /// The user must give exactly one subcommand. If it is this one, parsing ends with a call of
    /// `choose`.
    Arguments subcommand(const std::string& name, const std::string& does,
                         std::function<void()> choose, Shown shown = Shown::yes);

  private:
    CLI::App* parser_;
};

/// A command's whole command line.
class CommandLine {
  public:
    CommandLine(std::string_view verb, std::string_view description);
    ~CommandLine();
    CommandLine(const CommandLine&) = delete;
    CommandLine& operator=(const CommandLine&) = delete;

    /// Declares the arguments of the command itself.
    Arguments arguments();

    /// Sets the variables and returns true: the command can run. If --help or --version was given,
    /// prints that and returns false. **Throws**: Error{usage} for wrong usage.
    bool parse(int argc, const char* const* argv);

    struct Given {
        std::string option;  ///< its long name, such as "--url"; empty for a positional argument
        std::vector<std::string> values;
    };
    /// What was given, in the order of declaration: of the command, of its groups of options, and
    /// of its subcommand.
    std::vector<Given> given() const;
    /// The name of the subcommand that was given; empty if none was.
    std::string subcommand() const;

  private:
    std::string verb_;
    std::unique_ptr<CLI::App> parser_;
};

}  // namespace restream
