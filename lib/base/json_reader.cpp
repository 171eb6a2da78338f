#include "base/json_reader.hpp"

namespace restream {

namespace {

template <typename Value>
bool take(const std::optional<Value>& found, Value& into) {
    if (found) into = *found;
    return found.has_value();
}

}  // namespace

bool read_json(const Json& value, bool& into) { return take(value.as_bool(), into); }

bool read_json(const Json& value, std::string& into) {
    const std::string* text = value.as_string();
    if (text != nullptr) into = *text;
    return text != nullptr;
}

bool read_json(const Json& value, double& into) { return take(value.as_number(), into); }

bool read_json(const Json& value, WallTime& into) { return read_word(value, into, from_iso8601); }

bool read_json(const Json& value, SteadyTime& into) {
    // It counts nanoseconds in 64 bits: 292 years.
    constexpr auto longest = std::chrono::hours(200 * 366 * 24);
    const auto ms = value.as_unsigned();
    if (!ms || *ms > static_cast<std::uint64_t>(Milliseconds(longest).count())) return false;
    into = SteadyTime(Milliseconds(static_cast<std::int64_t>(*ms)));
    return true;
}

}  // namespace restream
