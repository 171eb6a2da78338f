#include "base/sentence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <functional>

#include "base/clock.hpp"

namespace restream {

namespace {

/// Calls back for what stands between gaps, and for each gap with what stands inside its braces.
void walk(std::string_view text, const std::function<void(std::string_view)>& on_words,
          const std::function<void(std::string_view)>& on_gap) {
    while (true) {
        const auto begin = text.find('{');
        const auto end = begin == std::string_view::npos ? begin : text.find('}', begin);
        on_words(text.substr(0, end == std::string_view::npos ? end : begin));
        if (end == std::string_view::npos) return;
        on_gap(text.substr(begin + 1, end - begin - 1));
        text.remove_prefix(end + 1);
    }
}

std::string_view name_of(std::string_view gap) { return gap.substr(0, gap.find(':')); }

/// What fills "count:file is|files are", and "count".
std::string filling(std::string_view gap, const Value& value) {
    const auto colon = gap.find(':');
    if (colon == std::string_view::npos) return value.words();
    const std::string_view forms = gap.substr(colon + 1);
    const auto bar = forms.find('|');
    const auto* count = std::get_if<std::int64_t>(&value.content());
    const bool is_one = count != nullptr && *count == 1;
    if (is_one || bar == std::string_view::npos) return std::string(forms.substr(0, bar));
    return std::string(forms.substr(bar + 1));
}

struct Words {
    std::string operator()(const std::string& text) const { return text; }
    std::string operator()(std::int64_t count) const { return std::to_string(count); }
    std::string operator()(double number) const { return fmt::format("{:.1f}", number); }
    std::string operator()(std::chrono::seconds span) const { return describe_duration(span); }
    std::string operator()(const Term& term) const { return term.words; }
    std::string operator()(const std::vector<std::string>& list) const {
        return fmt::format("{}", fmt::join(list, ", "));
    }
};

}  // namespace

std::string Value::words() const { return std::visit(Words(), content_); }

Told tell(const Sentence& sentence, std::vector<Value> values) {
    assert(values.size() == count_names(sentence.values));
    Told told;
    told.code = sentence.code;
    std::string_view names = sentence.values;
    for (auto& each : values) {
        const auto blank = names.find(' ');
        told.values.emplace_back(names.substr(0, blank), std::move(each));
        names.remove_prefix(blank == std::string_view::npos ? names.size() : blank + 1);
    }
    told.message = fill_gaps(sentence.message, told.values);
    told.cause = fill_gaps(sentence.cause, told.values);
    told.remedy = fill_gaps(sentence.remedy, told.values);
    return told;
}

std::string fill_gaps(std::string_view text, const Values& values) {
    std::string result;
    const auto on_gap = [&](std::string_view gap) {
        const auto found = std::ranges::find(values, name_of(gap), &Values::value_type::first);
        if (found == values.end()) {
            result += fmt::format("{{{}}}", gap);
        } else {
            result += filling(gap, found->second);
        }
    };
    walk(
        text, [&](std::string_view words) { result += words; }, on_gap);
    return result;
}

std::vector<std::string> gaps_of(std::string_view text) {
    std::vector<std::string> names;
    walk(
        text, [](std::string_view) {},
        [&](std::string_view gap) { names.emplace_back(name_of(gap)); });
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

}  // namespace restream
