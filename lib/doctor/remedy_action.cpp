// From a remedy's words to the command in them.
#include "doctor/remedy_action.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <span>
#include <sstream>
#include <string_view>
#include <variant>

#include "config/destination.hpp"

namespace restream {

namespace {

/// How many destinations a command names.
enum class Names {
    none,
    one,
    some,
    any,
    words,  ///< what follows is for the user to fill in
};

bool fits(Names wanted, std::size_t count) {
    if (wanted == Names::any) return true;
    return wanted == Names::some ? count > 0 : count == (wanted == Names::one ? 1U : 0U);
}

struct Known {
    std::string_view command;
    Names names;
};
constexpr std::array changes = {
    Known{"start", Names::any},           Known{"stop", Names::some},
    Known{"restart", Names::any},         Known{"enable", Names::some},
    Known{"disable", Names::some},        Known{"key", Names::one},
    Known{"ingest start", Names::none},   Known{"ingest reload", Names::none},
    Known{"ingest restart", Names::none}, Known{"doctor --fix", Names::none},
    Known{"add", Names::words},
};
/// Worth a button only where nothing else is.
constexpr std::array looks = {Known{"explain", Names::any}, Known{"logs", Names::one}};

constexpr std::string_view begin_of_command = "'restream ";

std::vector<std::string> words_of(std::string_view text) {
    std::istringstream words{std::string(text)};
    return {std::istream_iterator<std::string>(words), std::istream_iterator<std::string>()};
}

/// All that a finding's values say, in which its destinations are.
std::vector<std::string> texts_in(const Values& values) {
    std::vector<std::string> texts;
    for (const auto& [name, value] : values) {
        if (const auto* text = std::get_if<std::string>(&value.content())) texts.push_back(*text);
        const auto* list = std::get_if<std::vector<std::string>>(&value.content());
        if (list != nullptr) texts.insert(texts.end(), list->begin(), list->end());
    }
    return texts;
}

std::optional<RemedyAction> action_in(std::string_view command, std::span<const Known> known_ones,
                                      const Values& values) {
    const auto words = words_of(command);
    for (const Known& each : known_ones) {
        const auto known = words_of(each.command);
        if (words.size() < known.size() || !std::equal(known.begin(), known.end(), words.begin())) {
            continue;
        }
        if (each.names == Names::words) return RemedyAction{std::string(each.command), {}};
        RemedyAction action{
            std::string(each.command),
            {words.begin() + static_cast<std::ptrdiff_t>(known.size()), words.end()}};
        const auto texts = texts_in(values);
        const bool are_its_own = std::ranges::all_of(action.names, [&](const auto& name) {
            return !name_problem(name) && std::ranges::find(texts, name) != texts.end();
        });
        if (are_its_own && fits(each.names, action.names.size())) return action;
    }
    return std::nullopt;
}

std::optional<RemedyAction> first_action(std::string_view text, std::span<const Known> known_ones,
                                         const Values& values) {
    for (auto at = text.find(begin_of_command); at != std::string_view::npos;
         at = text.find(begin_of_command, at)) {
        at += begin_of_command.size();
        const auto end = text.find('\'', at);
        if (end == std::string_view::npos) break;
        if (auto action = action_in(text.substr(at, end - at), known_ones, values)) return action;
    }
    return std::nullopt;
}

}  // namespace

std::optional<RemedyAction> remedy_action(const Diagnosis& diagnosis) {
    const Finding& finding = diagnosis.finding;
    if (finding.severity == Severity::ok) return std::nullopt;
    if (diagnosis.mend) return RemedyAction{"doctor --fix", {}};
    // What helps with a key stands in the words that commands have for it.
    const std::string text =
        finding.code.starts_with("key_") ? finding.message + finding.remedy : finding.remedy;
    if (auto action = first_action(text, changes, finding.values)) return action;
    return first_action(text, looks, finding.values);
}

}  // namespace restream
