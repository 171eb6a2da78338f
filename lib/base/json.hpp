// JSON as a value: what documents and records are made of, and what foreign text is read into.
//
// nlohmann-json is slow to compile: json.cpp alone includes it, and everything else uses this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace restream {

struct JsonMember;

/// A JSON value. Members of an object keep the order in which they were written.
///
/// Made from what it holds: `Json document = {{"schema", 1}, {"url", nullptr}};` is an object. An
/// array has a name, Json::array({1, 2}), or is made from a vector.
class Json {
  public:
    using Elements = std::vector<Json>;
    using Members = std::vector<JsonMember>;

    Json();  ///< null
    Json(std::nullptr_t);
    Json(bool value);
    Json(int number);
    Json(long number);
    Json(long long number);
    Json(unsigned number);
    Json(unsigned long number);
    Json(unsigned long long number);
    Json(double number);
    Json(const char* text);
    Json(std::string_view text);
    Json(std::string text);
    Json(Elements elements);
    Json(std::initializer_list<JsonMember> members);
    /// Nothing is null.
    template <typename Value>
    Json(const std::optional<Value>& value) {
        if (value) *this = Json(*value);
    }
    template <typename Value>
    Json(const std::vector<Value>& values) : Json(array()) {
        for (const auto& each : values) push_back(each);
    }
    /// A pointer is no truth value.
    template <typename Pointed>
    Json(const Pointed*) = delete;

    static Json array(std::initializer_list<Json> elements = {});
    static Json object();

    Json(const Json& other);
    Json(Json&& other) noexcept;
    Json& operator=(const Json& other);
    Json& operator=(Json&& other) noexcept;
    ~Json();

    bool is_null() const;
    bool is_array() const;
    bool is_object() const;

    // The value, if it has that type; a number, only if it is in the range of the type.

    std::optional<bool> as_bool() const;
    std::optional<std::uint64_t> as_unsigned() const;  ///< not of 1.0, nor of -0
    std::optional<std::int64_t> as_signed() const;     ///< not of 1.0
    std::optional<double> as_number() const;           ///< of any number
    const std::string* as_string() const;              ///< nullptr if it is not a string

    /// The elements of an array. A value of another type has none.
    const Elements& elements() const;
    /// The members of an object: `for (const auto& [name, value] : document.members())`. A value of
    /// another type has none.
    const Members& members() const;

    /// nullptr where it is no object, or has no such member.
    const Json* find(std::string_view name) const;
    bool contains(std::string_view name) const { return find(name) != nullptr; }

    /// The member, which is null where it was not there. REQUIRES: an object, or null, which
    /// becomes one.
    Json& operator[](std::string_view name);
    /// REQUIRES: an array, or null, which becomes one.
    void push_back(Json element);
    /// Writes each member of the other object: in its place where it was there, else at the end.
    void update(const Json& other);
    /// Puts the members of all objects in it in the order of their names.
    void sort_members();

    /// As text, without a line's end. `indent`: in several lines, each level further right by as
    /// many blanks. Bytes that are not UTF-8 become U+FFFD, a number that is not finite null.
    std::string dump(std::optional<int> indent = std::nullopt) const;
    /// In one line of ASCII: other characters are escaped.
    std::string dump_ascii() const;

    bool operator==(const Json& other) const;

  private:
    friend class JsonParse;
    /// Integers are unsigned where they are not negative. Only what was read as -0 is a signed 0.
    using Content = std::variant<std::nullptr_t, bool, std::int64_t, std::uint64_t, double,
                                 std::string, Elements, Members>;

    Content content_;
};

/// One member of an object.
struct JsonMember {
    std::string name;
    Json value;

    bool operator==(const JsonMember&) const = default;
};

/// How many levels of arrays and objects are read. Our own documents have ten at most. Deeper text
/// is meant to exhaust the reader's stack.
inline constexpr int deepest_json = 64;

/// What becomes of a member that stands in an object twice.
enum class DuplicateMembers {
    last_counts,  ///< in the place of the first
    kept,         ///< for a caller that refuses them; find() returns the first
};

/// Reads one JSON value as RFC 8259 has it, in UTF-8, with blanks around it and a byte order mark
/// before it. Nothing for what is torn or invalid, deeper than `deepest_json`, or has a number
/// beyond the range of a double. Integers of more than 64 bits become a double.
std::optional<Json> parse_json(std::string_view text,
                               DuplicateMembers duplicates = DuplicateMembers::last_counts);

}  // namespace restream
