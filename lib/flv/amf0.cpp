#include "flv/amf0.hpp"

#include <fmt/format.h>

#include <bit>
#include <cassert>

namespace restream {

namespace {

using Kind = AmfValue::Kind;

/// **Source**: AMF 0 specification, 2.1.
enum Marker : std::uint8_t {
    number_marker = 0x00,
    boolean_marker = 0x01,
    string_marker = 0x02,
    object_marker = 0x03,
    movie_clip_marker = 0x04,
    null_marker = 0x05,
    undefined_marker = 0x06,
    reference_marker = 0x07,
    ecma_array_marker = 0x08,
    object_end_marker = 0x09,
    strict_array_marker = 0x0a,
    date_marker = 0x0b,
    long_string_marker = 0x0c,
    unsupported_marker = 0x0d,
    record_set_marker = 0x0e,
    xml_marker = 0x0f,
    typed_object_marker = 0x10,
    avm_plus_marker = 0x11,
};

/// The longest text whose length fits into the 16 bits of a string, a name, a class.
constexpr std::size_t longest_short_text = 0xffff;

/// Reads values off the front. A failed step leaves `problem_` and is false; what it had filled is
/// then thrown away by the caller.
class Amf0Reader {
  public:
    Amf0Reader(std::span<const std::uint8_t> bytes, const AmfLimits& limits)
        : bytes_(bytes), limits_(limits) {}

    bool is_at_end() const { return at_ == bytes_.size(); }
    /// Of what stands at the `depth`-th level; values of a payload stand at the first.
    bool read_value(AmfValue& value, std::size_t depth);
    AmfProblem problem() && { return {std::move(problem_)}; }

  private:
    std::size_t left() const { return bytes_.size() - at_; }
    bool fail(std::string what) {
        problem_ = fmt::format("at byte {}: {}", at_, what);
        return false;
    }
    /// Big-endian. REQUIRES: so many bytes are left.
    std::uint64_t take(std::size_t size);
    bool read_unsigned(std::size_t size, std::uint64_t& value, std::string_view what);
    bool read_double(double& value, std::string_view what);
    /// Text behind its length of `size` bytes.
    bool read_text(std::size_t size, std::string& text, std::string_view what);
    bool read_content(std::uint8_t marker, AmfValue& value, std::size_t depth);
    bool read_ecma_array(AmfValue& value, std::size_t depth);
    bool read_strict_array(AmfValue& value, std::size_t depth);
    bool read_date(AmfValue& value);
    bool read_properties(AmfValue& value, std::size_t depth,
                         std::optional<std::uint64_t> announced);

    std::span<const std::uint8_t> bytes_;
    const AmfLimits& limits_;
    std::size_t at_ = 0;
    std::size_t values_ = 0;
    std::string problem_;
};

std::uint64_t Amf0Reader::take(std::size_t size) {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : bytes_.subspan(at_, size)) value = value << 8 | byte;
    at_ += size;
    return value;
}

bool Amf0Reader::read_unsigned(std::size_t size, std::uint64_t& value, std::string_view what) {
    if (left() < size) return fail(fmt::format("{} is cut off", what));
    value = take(size);
    return true;
}

bool Amf0Reader::read_double(double& value, std::string_view what) {
    std::uint64_t bits = 0;
    if (!read_unsigned(8, bits, what)) return false;
    value = std::bit_cast<double>(bits);
    return true;
}

bool Amf0Reader::read_text(std::size_t size, std::string& text, std::string_view what) {
    std::uint64_t length = 0;
    if (!read_unsigned(size, length, what)) return false;
    if (left() < length) {
        return fail(fmt::format("{} of {} bytes, but {} are left", what, length, left()));
    }
    const auto content = bytes_.subspan(at_, static_cast<std::size_t>(length));
    text.assign(content.begin(), content.end());
    at_ += content.size();
    return true;
}

bool Amf0Reader::read_value(AmfValue& value, std::size_t depth) {
    if (depth > limits_.deepest) {
        return fail(fmt::format("nested more than {} deep", limits_.deepest));
    }
    if (++values_ > limits_.most_values) {
        return fail(fmt::format("more than {} values", limits_.most_values));
    }
    std::uint64_t marker = 0;
    if (!read_unsigned(1, marker, "a value")) return false;
    return read_content(static_cast<std::uint8_t>(marker), value, depth);
}

bool Amf0Reader::read_content(std::uint8_t marker, AmfValue& value, std::size_t depth) {
    std::uint64_t bits = 0;
    switch (marker) {
        case number_marker:
            value.kind = Kind::number;
            return read_double(value.number, "a number");
        case boolean_marker:
            value.kind = Kind::boolean;
            if (!read_unsigned(1, bits, "a boolean")) return false;
            value.boolean = bits != 0;
            return true;
        case string_marker:
        case long_string_marker:
            value.kind = Kind::string;
            return read_text(marker == string_marker ? 2 : 4, value.text, "a string");
        case object_marker:
            value.kind = Kind::object;
            return read_properties(value, depth, std::nullopt);
        case null_marker:
            value.kind = Kind::null;
            return true;
        case undefined_marker:
            value.kind = Kind::undefined;
            return true;
        case reference_marker:
            value.kind = Kind::reference;
            if (!read_unsigned(2, bits, "a reference")) return false;
            value.number = static_cast<double>(bits);
            return true;
        case ecma_array_marker:
            return read_ecma_array(value, depth);
        case strict_array_marker:
            return read_strict_array(value, depth);
        case date_marker:
            return read_date(value);
        case unsupported_marker:
            value.kind = Kind::unsupported;
            return true;
        case xml_marker:
            value.kind = Kind::xml;
            return read_text(4, value.text, "an XML document");
        case typed_object_marker:
            value.kind = Kind::typed_object;
            return read_text(2, value.text, "a class name") &&
                   read_properties(value, depth, std::nullopt);
        case movie_clip_marker:
        case record_set_marker:
        case avm_plus_marker:
            return fail(fmt::format("a value of type {}, which is not taken", marker));
        default:
            return fail(fmt::format("a value of type {}, which AMF0 does not have", marker));
    }
}

bool Amf0Reader::read_ecma_array(AmfValue& value, std::size_t depth) {
    value.kind = Kind::ecma_array;
    std::uint64_t announced = 0;
    return read_unsigned(4, announced, "an array's length") &&
           read_properties(value, depth, announced);
}

bool Amf0Reader::read_strict_array(AmfValue& value, std::size_t depth) {
    value.kind = Kind::strict_array;
    std::uint64_t count = 0;
    if (!read_unsigned(4, count, "an array's length")) return false;
    // Each takes a byte at least. Nothing is reserved for what is only claimed.
    if (count > left()) {
        return fail(fmt::format("an array of {} values, but {} bytes are left", count, left()));
    }
    for (; count > 0; --count) {
        if (!read_value(value.items.emplace_back(), depth + 1)) return false;
    }
    return true;
}

bool Amf0Reader::read_date(AmfValue& value) {
    value.kind = Kind::date;
    std::uint64_t zone = 0;
    if (!read_double(value.number, "a date") || !read_unsigned(2, zone, "a date")) return false;
    value.zone = static_cast<std::int16_t>(zone);
    return true;
}

/// Name and value, up to an empty name with the end marker. `announced`: an ECMA array's length,
/// which counts for nothing but this: some recorders leave out the end marker of the array that is
/// the last of onMetaData, and FFmpeg takes it (flvdec.c, amf_parse_object).
bool Amf0Reader::read_properties(AmfValue& value, std::size_t depth,
                                 std::optional<std::uint64_t> announced) {
    for (;;) {
        if (is_at_end() && announced == value.properties.size()) return true;
        std::string name;
        if (!read_text(2, name, "a property's name")) return false;
        if (is_at_end()) return fail("a property without a value");
        if (name.empty() && bytes_[at_] == object_end_marker) {
            ++at_;
            return true;
        }
        auto& property = value.properties.emplace_back(std::move(name), AmfValue());
        if (!read_value(property.second, depth + 1)) return false;
    }
}

class Amf0Writer {
  public:
    explicit Amf0Writer(std::vector<std::uint8_t>& out) : out_(out) {}

    void write(const AmfValue& value);

  private:
    void put(std::uint64_t value, std::size_t size) {
        for (; size > 0; --size) out_.push_back(static_cast<std::uint8_t>(value >> (size - 1) * 8));
    }
    void put_marker(Marker marker) { out_.push_back(marker); }
    void put_double(double value) { put(std::bit_cast<std::uint64_t>(value), 8); }
    void put_text(std::string_view text, std::size_t size) {
        assert(size > 2 || text.size() <= longest_short_text);
        put(text.size(), size);
        out_.insert(out_.end(), text.begin(), text.end());
    }
    void put_string(std::string_view text) {
        const bool is_long = text.size() > longest_short_text;
        put_marker(is_long ? long_string_marker : string_marker);
        put_text(text, is_long ? 4 : 2);
    }
    void put_properties(const std::vector<AmfValue::Property>& properties) {
        for (const auto& [name, value] : properties) {
            put_text(name, 2);
            write(value);
        }
        put(0, 2);
        put_marker(object_end_marker);
    }

    std::vector<std::uint8_t>& out_;
};

void Amf0Writer::write(const AmfValue& value) {
    switch (value.kind) {
        case Kind::number:
            put_marker(number_marker);
            return put_double(value.number);
        case Kind::boolean:
            put_marker(boolean_marker);
            return put(value.boolean ? 1 : 0, 1);
        case Kind::string:
            return put_string(value.text);
        case Kind::object:
            put_marker(object_marker);
            return put_properties(value.properties);
        case Kind::null:
            return put_marker(null_marker);
        case Kind::undefined:
            return put_marker(undefined_marker);
        case Kind::reference:
            put_marker(reference_marker);
            return put(static_cast<std::uint16_t>(value.number), 2);
        case Kind::ecma_array:
            put_marker(ecma_array_marker);
            put(value.properties.size(), 4);
            return put_properties(value.properties);
        case Kind::strict_array:
            put_marker(strict_array_marker);
            put(value.items.size(), 4);
            for (const AmfValue& item : value.items) write(item);
            return;
        case Kind::date:
            put_marker(date_marker);
            put_double(value.number);
            return put(static_cast<std::uint16_t>(value.zone), 2);
        case Kind::unsupported:
            return put_marker(unsupported_marker);
        case Kind::xml:
            put_marker(xml_marker);
            return put_text(value.text, 4);
        case Kind::typed_object:
            put_marker(typed_object_marker);
            put_text(value.text, 2);
            return put_properties(value.properties);
    }
}

}  // namespace

AmfValue AmfValue::of(double number) {
    AmfValue value;
    value.kind = Kind::number;
    value.number = number;
    return value;
}

AmfValue AmfValue::of(bool boolean) {
    AmfValue value;
    value.kind = Kind::boolean;
    value.boolean = boolean;
    return value;
}

AmfValue AmfValue::of(std::string text) {
    AmfValue value;
    value.kind = Kind::string;
    value.text = std::move(text);
    return value;
}

AmfValue AmfValue::object(std::vector<Property> properties) {
    AmfValue value;
    value.kind = Kind::object;
    value.properties = std::move(properties);
    return value;
}

AmfValue AmfValue::ecma_array(std::vector<Property> properties) {
    AmfValue value;
    value.kind = Kind::ecma_array;
    value.properties = std::move(properties);
    return value;
}

AmfValue AmfValue::strict_array(std::vector<AmfValue> items) {
    AmfValue value;
    value.kind = Kind::strict_array;
    value.items = std::move(items);
    return value;
}

const AmfValue* AmfValue::find(std::string_view name) const {
    for (const auto& [each, value] : properties) {
        if (each == name) return &value;
    }
    return nullptr;
}

std::optional<std::string_view> AmfValue::as_string() const {
    if (kind != Kind::string) return std::nullopt;
    return text;
}

std::optional<double> AmfValue::as_number() const {
    if (kind != Kind::number) return std::nullopt;
    return number;
}

std::optional<bool> AmfValue::as_boolean() const {
    if (kind != Kind::boolean) return std::nullopt;
    return boolean;
}

std::variant<std::vector<AmfValue>, AmfProblem> read_amf0(std::span<const std::uint8_t> bytes,
                                                          const AmfLimits& limits) {
    AmfFront front = read_amf0_front(bytes, limits);
    if (front.problem) return std::move(*front.problem);
    return std::move(front.values);
}

AmfFront read_amf0_front(std::span<const std::uint8_t> bytes, const AmfLimits& limits) {
    if (bytes.size() > limits.longest_input) {
        return {{},
                AmfProblem{fmt::format("{} bytes, more than the {} that are accepted", bytes.size(),
                                       limits.longest_input)}};
    }
    Amf0Reader reader(bytes, limits);
    AmfFront front;
    while (!reader.is_at_end()) {
        if (reader.read_value(front.values.emplace_back(), 1)) continue;
        front.values.pop_back();
        front.problem = std::move(reader).problem();
        break;
    }
    return front;
}

void append_amf0(const AmfValue& value, std::vector<std::uint8_t>& out) {
    Amf0Writer(out).write(value);
}

}  // namespace restream
