#include "config/config_reading.hpp"

#include <charconv>
#include <cstddef>

namespace restream {

namespace {

/// The number that `text` begins with, if ':' follows it. Takes both away.
std::optional<int> take_number(std::string_view& text) {
    int number = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const auto length = static_cast<std::size_t>(stop - text.data());
    if (error != std::errc() || number <= 0 || length >= text.size() || text[length] != ':') {
        return std::nullopt;
    }
    text.remove_prefix(length + 1);
    return number;
}

bool is_path(std::string_view text) {
    return std::filesystem::path(text).is_absolute() && text.find('\n') == std::string_view::npos;
}

}  // namespace

ConfigProblem config_problem(std::string_view message) {
    ConfigProblem problem;
    problem.message = problem.words = message;
    for (auto at = message.find(':'); at != std::string_view::npos;
         at = message.find(':', at + 1)) {
        std::string_view rest = message.substr(at + 1);
        const auto line = take_number(rest);
        const auto column = line ? take_number(rest) : std::nullopt;
        if (!rest.starts_with(' ') || !is_path(message.substr(0, at))) continue;
        problem.file = message.substr(0, at);
        problem.line = line.value_or(0);
        problem.column = column.value_or(0);
        problem.words = rest.substr(1);
        break;
    }
    return problem;
}

Json json_of(const std::optional<ConfigProblem>& problem) {
    if (!problem) return nullptr;
    const auto or_null = [](const auto& value, bool is_known) {
        return is_known ? Json(value) : Json();
    };
    return {{"message", problem->message},
            {"words", problem->words},
            {"file", or_null(problem->file, !problem->file.empty())},
            {"line", or_null(problem->line, problem->line > 0)},
            {"column", or_null(problem->column, problem->column > 0)}};
}

}  // namespace restream
