// Sentences that are told by a code and values beside their words, so that a program can branch on
// them, and the page can say them in another language.
//
// Each stands in a table, once: its code, the names of its values, and its English, in which
// `{name}` is a gap that a value fills, and `{name:file is|files are}` is the first form where that
// value is 1, else the second. Who tells it gives the values alone, in the order of their names, so
// that the words and the values cannot differ.
#pragma once

#include <array>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace restream {

/// A word of ours that is told by its code, too: "nginx", "wrong_stream_key".
struct Term {
    std::string code;
    std::string words;

    bool operator==(const Term&) const = default;
};

/// What fills a gap. Never a secret.
class Value {
  public:
    /// A number has one digit behind the point; seconds are told as people do, "2 min".
    using Content = std::variant<std::string, std::int64_t, double, std::chrono::seconds, Term,
                                 std::vector<std::string>>;

    Value(std::string text) : content_(std::move(text)) {}
    Value(std::string_view text) : content_(std::string(text)) {}
    Value(const char* text) : content_(std::string(text)) {}
    Value(std::integral auto count) : content_(static_cast<std::int64_t>(count)) {}
    Value(double number) : content_(number) {}
    Value(std::chrono::seconds span) : content_(span) {}
    Value(Term term) : content_(std::move(term)) {}
    Value(std::vector<std::string> list) : content_(std::move(list)) {}

    const Content& content() const { return content_; }
    /// In English.
    std::string words() const;

    bool operator==(const Value&) const = default;

  private:
    Content content_;
};

/// By name, in the order of the table.
using Values = std::vector<std::pair<std::string, Value>>;

/// A row of such a table. `cause` and `remedy` may be empty.
struct Sentence {
    std::string_view code;    ///< never renamed, nor given another meaning
    std::string_view area;    ///< as in Finding
    std::string_view values;  ///< their names, with a blank between two
    std::string_view message;
    std::string_view cause;
    std::string_view remedy;
};

constexpr std::size_t count_names(std::string_view names) {
    std::size_t count = names.empty() ? 0 : 1;
    for (const char each : names) count += each == ' ' ? 1 : 0;
    return count;
}

/// A row of `rows` by its code. A code that is not there, or a number of values that is not the
/// row's, does not compile.
template <const auto& rows, std::size_t count>
class RowOf {
  public:
    consteval RowOf(const char* code) : row_(find(code)) {
        if (count_names(row_->values) != count) throw "the row has another number of values";
    }
    const Sentence& operator*() const { return *row_; }

  private:
    static consteval const Sentence* find(std::string_view code) {
        for (const Sentence& each : rows) {
            if (each.code == code) return &each;
        }
        throw "there is no such code";
    }

    const Sentence* row_;
};

/// A sentence with its gaps filled.
struct Told {
    std::string code;
    Values values;
    std::string message;
    std::string cause;
    std::string remedy;
};

/// REQUIRES: as many values as the sentence has names.
Told tell(const Sentence& sentence, std::vector<Value> values);

/// The text with its gaps filled; what is filled in is not looked at again. A gap that no value is
/// for stays as it is.
std::string fill_gaps(std::string_view text, const Values& values);

/// The names of a text's gaps, sorted, each once.
std::vector<std::string> gaps_of(std::string_view text);

}  // namespace restream
