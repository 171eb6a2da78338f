// Reads JSON into typed variables, strictly: what has another type or is out of range is refused.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/json.hpp"

namespace restream {

// read_json(value, into): whether the value is one of that type, which is in `into` then. A type of
// another layer is read by a function of this name, in namespace restream and outside any unnamed
// one, that is declared before it is used.

bool read_json(const Json& value, bool& into);
bool read_json(const Json& value, std::string& into);
/// Any number.
bool read_json(const Json& value, double& into);
/// As to_iso8601() writes it.
bool read_json(const Json& value, WallTime& into);
/// Milliseconds of that clock, at most two hundred years.
bool read_json(const Json& value, SteadyTime& into);

template <std::unsigned_integral Number>
bool read_json(const Json& value, Number& into) {
    const auto number = value.as_unsigned();
    if (!number || !std::in_range<Number>(*number)) return false;
    into = static_cast<Number>(*number);
    return true;
}

template <std::signed_integral Number>
bool read_json(const Json& value, Number& into) {
    const auto number = value.as_signed();
    if (!number || !std::in_range<Number>(*number)) return false;
    into = static_cast<Number>(*number);
    return true;
}

template <typename Value>
bool read_json(const Json& value, std::vector<Value>& into) {
    if (!value.is_array()) return false;
    std::vector<Value> all;
    for (const Json& element : value.elements()) {
        Value each{};
        if (!read_json(element, each)) return false;
        all.push_back(std::move(each));
    }
    into = std::move(all);
    return true;
}

/// A text that `parse` knows: it takes a string_view, and returns a value or nothing.
template <typename Value, typename Parse>
bool read_word(const Json& value, Value& into, Parse parse) {
    const std::string* word = value.as_string();
    if (word == nullptr) return false;
    const auto known = parse(*word);
    if (known) into = *known;
    return known.has_value();
}

/// Reads members of one object; is_good() tells whether all of them were there, of their type and
/// in range. A member that is not good leaves its variable as it was, or partly written.
class JsonReader {
  public:
    /// `object` must outlive it. What is no object is not good.
    explicit JsonReader(const Json& object) : object_(object), is_good_(object.is_object()) {}
    explicit JsonReader(Json&&) = delete;

    template <typename Value>
    void read(std::string_view name, Value& into) {
        const Json* value = is_good_ ? object_.find(name) : nullptr;
        is_good_ = value != nullptr && read_json(*value, into);
    }
    /// null stands for nothing; a missing member does not.
    template <typename Value>
    void read(std::string_view name, std::optional<Value>& into) {
        into.reset();
        if (is_null(name)) return;
        Value value{};
        read(name, value);
        if (is_good_) into = std::move(value);
    }
    /// null leaves what is there; a missing member is not good.
    template <typename Value>
    void read_or_null(std::string_view name, Value& into) {
        if (!is_null(name)) read(name, into);
    }
    /// A missing member stands for nothing; null does not.
    template <typename Value>
    void read_or_missing(std::string_view name, std::optional<Value>& into) {
        into.reset();
        if (object_.contains(name)) read(name, into.emplace());
    }
    /// A missing member leaves what is there: an older restream did not write it.
    template <typename Value>
    void read_if_there(std::string_view name, Value& into) {
        if (object_.contains(name)) read(name, into);
    }
    /// What else must be true of what was read.
    void require(bool is_so) { is_good_ = is_good_ && is_so; }
    bool is_good() const { return is_good_; }

  private:
    bool is_null(std::string_view name) const {
        const Json* value = object_.find(name);
        return value != nullptr && value->is_null();
    }

    const Json& object_;
    bool is_good_;
};

/// One member; nothing where it is missing, or is not of that type.
template <typename Value>
std::optional<Value> read_member(const Json& object, std::string_view name) {
    JsonReader reader(object);
    Value value{};
    reader.read(name, value);
    return reader.is_good() ? std::optional(std::move(value)) : std::nullopt;
}

}  // namespace restream
