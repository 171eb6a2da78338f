// AMF0, the notation of RTMP's commands and metadata.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace restream {

/// One value. **Source**: AMF 0 specification (Adobe, 2007), section 2; each kind is one of its
/// markers, a long string (0x0c) reads as `string`. MovieClip, RecordSet and AVM+ are refused when
/// read.
class AmfValue {
  public:
    enum class Kind {
        number,
        boolean,
        string,
        object,
        null,
        undefined,
        reference,  ///< to the n-th complex value of the same message; kept as it is, not followed
        ecma_array,
        strict_array,
        date,
        unsupported,
        xml,
        typed_object,
    };
    using Property = std::pair<std::string, AmfValue>;

    Kind kind = Kind::null;
    double number = 0;      ///< number; date: milliseconds since 1970; reference: its index
    std::int16_t zone = 0;  ///< date: minutes, "should be 0"
    bool boolean = false;   ///< boolean
    std::string text;       ///< string, xml; typed_object: its class name
    std::vector<Property> properties;  ///< object, ecma_array, typed_object, in their order
    std::vector<AmfValue> items;       ///< strict_array

    static AmfValue of(double number);
    static AmfValue of(bool boolean);
    static AmfValue of(std::string text);
    static AmfValue of(const char* text) { return of(std::string(text)); }
    static AmfValue null() { return {}; }
    static AmfValue object(std::vector<Property> properties);
    static AmfValue ecma_array(std::vector<Property> properties);
    static AmfValue strict_array(std::vector<AmfValue> items);

    /// The property of that name; null where there is none, or this has no properties.
    const AmfValue* find(std::string_view name) const;
    /// Nothing where it is of another kind.
    std::optional<std::string_view> as_string() const;
    std::optional<double> as_number() const;
    std::optional<bool> as_boolean() const;
    bool operator==(const AmfValue&) const = default;
};

/// Everything from the network is hostile. **Source**: what the longest onMetaData in the field
/// needs, times ten.
struct AmfLimits {
    std::size_t deepest = 16;
    std::size_t most_values = 4096;
    std::size_t longest_input = 256 * 1024;
};

struct AmfProblem {
    std::string what;
};

/// All values of a payload, one after the other.
std::variant<std::vector<AmfValue>, AmfProblem> read_amf0(std::span<const std::uint8_t> bytes,
                                                          const AmfLimits& limits = {});
/// The values that stand at the front, up to the end or the first that cannot be read.
struct AmfFront {
    std::vector<AmfValue> values;
    std::optional<AmfProblem> problem;  ///< with what follows them
};
AmfFront read_amf0_front(std::span<const std::uint8_t> bytes, const AmfLimits& limits = {});
/// What read_amf0 reads as the same value. REQUIRES: names of properties and classes of at most
/// 65,535 bytes.
void append_amf0(const AmfValue& value, std::vector<std::uint8_t>& out);

}  // namespace restream
