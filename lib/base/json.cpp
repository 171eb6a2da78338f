#include "base/json.hpp"

#include <algorithm>
#include <cassert>
#include <limits>
#include <nlohmann/json.hpp>

namespace restream {

namespace {

using nlohmann::ordered_json;

ordered_json to_nlohmann(const Json& value) {
    if (value.is_array()) {
        ordered_json array = ordered_json::array();
        for (const Json& each : value.elements()) array.push_back(to_nlohmann(each));
        return array;
    }
    if (value.is_object()) {
        ordered_json object = ordered_json::object();
        for (const auto& [name, member] : value.members()) object[name] = to_nlohmann(member);
        return object;
    }
    if (const std::string* text = value.as_string()) return *text;
    if (const auto is_true = value.as_bool()) return *is_true;
    if (const auto number = value.as_unsigned()) return *number;
    if (const auto number = value.as_signed()) return *number;
    if (const auto number = value.as_number()) return *number;
    return nullptr;
}

constexpr auto replaces_bad_bytes = ordered_json::error_handler_t::replace;

}  // namespace

Json::Json() = default;
Json::Json(std::nullptr_t) {}
Json::Json(bool value) : content_(value) {}
Json::Json(int number) : Json(static_cast<long long>(number)) {}
Json::Json(long number) : Json(static_cast<long long>(number)) {}
Json::Json(long long number) {
    if (number < 0) {
        content_ = std::int64_t{number};
    } else {
        content_ = static_cast<std::uint64_t>(number);
    }
}
Json::Json(unsigned number) : content_(std::uint64_t{number}) {}
Json::Json(unsigned long number) : content_(std::uint64_t{number}) {}
Json::Json(unsigned long long number) : content_(std::uint64_t{number}) {}
Json::Json(double number) : content_(number) {}
Json::Json(const char* text) : content_(std::string(text)) {}
Json::Json(std::string_view text) : content_(std::string(text)) {}
Json::Json(std::string text) : content_(std::move(text)) {}
Json::Json(Elements elements) : content_(std::move(elements)) {}
Json::Json(std::initializer_list<JsonMember> members) : content_(Members(members)) {}

Json Json::array(std::initializer_list<Json> elements) { return Elements(elements); }
Json Json::object() { return std::initializer_list<JsonMember>{}; }

Json::Json(const Json& other) = default;
Json::Json(Json&& other) noexcept = default;
Json& Json::operator=(const Json& other) = default;
Json& Json::operator=(Json&& other) noexcept = default;
Json::~Json() = default;

bool Json::is_null() const { return std::holds_alternative<std::nullptr_t>(content_); }
bool Json::is_array() const { return std::holds_alternative<Elements>(content_); }
bool Json::is_object() const { return std::holds_alternative<Members>(content_); }

std::optional<bool> Json::as_bool() const {
    const auto* value = std::get_if<bool>(&content_);
    return value == nullptr ? std::nullopt : std::optional(*value);
}

std::optional<std::uint64_t> Json::as_unsigned() const {
    const auto* number = std::get_if<std::uint64_t>(&content_);
    return number == nullptr ? std::nullopt : std::optional(*number);
}

std::optional<std::int64_t> Json::as_signed() const {
    if (const auto* number = std::get_if<std::int64_t>(&content_)) return *number;
    const auto number = as_unsigned();
    if (!number || *number > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
        return std::nullopt;
    }
    return static_cast<std::int64_t>(*number);
}

std::optional<double> Json::as_number() const {
    if (const auto* number = std::get_if<double>(&content_)) return *number;
    if (const auto number = as_unsigned()) return static_cast<double>(*number);
    if (const auto number = as_signed()) return static_cast<double>(*number);
    return std::nullopt;
}

const std::string* Json::as_string() const { return std::get_if<std::string>(&content_); }

const Json::Elements& Json::elements() const {
    static const Elements none;
    const auto* elements = std::get_if<Elements>(&content_);
    return elements == nullptr ? none : *elements;
}

const Json::Members& Json::members() const {
    static const Members none;
    const auto* members = std::get_if<Members>(&content_);
    return members == nullptr ? none : *members;
}

const Json* Json::find(std::string_view name) const {
    const auto found = std::ranges::find(members(), name, &JsonMember::name);
    return found == members().end() ? nullptr : &found->value;
}

Json& Json::operator[](std::string_view name) {
    if (is_null()) content_ = Members();
    assert(is_object());
    auto& members = std::get<Members>(content_);
    const auto found = std::ranges::find(members, name, &JsonMember::name);
    if (found != members.end()) return found->value;
    members.push_back({std::string(name), nullptr});
    return members.back().value;
}

void Json::push_back(Json element) {
    if (is_null()) content_ = Elements();
    assert(is_array());
    std::get<Elements>(content_).push_back(std::move(element));
}

void Json::update(const Json& other) {
    for (const auto& [name, value] : other.members()) (*this)[name] = value;
}

void Json::sort_members() {
    if (auto* elements = std::get_if<Elements>(&content_)) {
        for (Json& each : *elements) each.sort_members();
    }
    if (auto* members = std::get_if<Members>(&content_)) {
        for (JsonMember& each : *members) each.value.sort_members();
        std::ranges::stable_sort(*members, {}, &JsonMember::name);
    }
}

std::string Json::dump(std::optional<int> indent) const {
    return to_nlohmann(*this).dump(indent.value_or(-1), ' ', false, replaces_bad_bytes);
}

std::string Json::dump_ascii() const {
    return to_nlohmann(*this).dump(-1, ' ', true, replaces_bad_bytes);
}

bool Json::operator==(const Json& other) const = default;

/// Makes the value while nlohmann's parser reads. A function that returns false ends the parse.
class JsonParse final : public nlohmann::json_sax<nlohmann::json> {
  public:
    explicit JsonParse(DuplicateMembers duplicates) : duplicates_(duplicates) {}
    JsonParse(const JsonParse&) = delete;
    JsonParse& operator=(const JsonParse&) = delete;

    std::optional<Json> read(std::string_view text) {
        // To nlohmann's parser, one of these is the end of the text.
        if (text.find('\0') != std::string_view::npos) return std::nullopt;
        if (!nlohmann::json::sax_parse(text.begin(), text.end(), this)) return std::nullopt;
        return std::move(root_);
    }

    bool null() override { return add(nullptr); }
    bool boolean(bool value) override { return add(value); }
    bool number_integer(std::int64_t number) override {
        Json value;
        value.content_ = number;
        return add(std::move(value));
    }
    bool number_unsigned(std::uint64_t number) override { return add(number); }
    bool number_float(double number, const std::string&) override { return add(number); }
    bool string(std::string& text) override { return add(std::move(text)); }
    bool binary(nlohmann::json::binary_t&) override { return false; }
    bool start_array(std::size_t) override { return open(Json::array()); }
    bool end_array() override { return close(); }
    bool start_object(std::size_t) override { return open(Json::object()); }
    bool end_object() override { return close(); }
    bool key(std::string& name) override {
        if (duplicates_ == DuplicateMembers::last_counts) {
            member_ = &(*open_.back())[name];
        } else {
            auto& members = std::get<Json::Members>(open_.back()->content_);
            members.push_back({std::move(name), nullptr});
            member_ = &members.back().value;
        }
        return true;
    }
    bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override {
        return false;
    }

  private:
    /// Puts the value where it belongs.
    Json& put(Json value) {
        Json* place = &root_;
        if (!open_.empty() && open_.back()->is_array()) {
            open_.back()->push_back(nullptr);
            place = &std::get<Json::Elements>(open_.back()->content_).back();
        } else if (!open_.empty()) {
            place = member_;
        }
        *place = std::move(value);
        return *place;
    }
    bool add(Json value) {
        put(std::move(value));
        return true;
    }
    bool open(Json container) {
        if (open_.size() == deepest_json) return false;
        open_.push_back(&put(std::move(container)));
        return true;
    }
    bool close() {
        open_.pop_back();
        return true;
    }

    const DuplicateMembers duplicates_;
    Json root_;
    /// The arrays and objects that have begun. Nothing is added to one of them before the one
    /// behind it has ended, so that it stays where it is.
    std::vector<Json*> open_;
    Json* member_ = nullptr;  ///< whose name was read last
};

std::optional<Json> parse_json(std::string_view text, DuplicateMembers duplicates) {
    return JsonParse(duplicates).read(text);
}

}  // namespace restream
