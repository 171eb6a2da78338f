// AMF0 and commands: what was read is written, and reads back as the same.
#include "flv/amf0.hpp"

#include <variant>
#include <vector>

#include "fuzz/input.hpp"
#include "rtmp/command.hpp"

using namespace restream;

namespace {

std::vector<std::uint8_t> written(const std::vector<AmfValue>& values) {
    std::vector<std::uint8_t> out;
    for (const AmfValue& value : values) append_amf0(value, out);
    return out;
}

/// How many values there are, inner ones included, and how deep they go.
struct Extent {
    std::size_t values = 0;
    std::size_t depth = 0;
};
void measure(const AmfValue& value, std::size_t depth, Extent& extent) {
    ++extent.values;
    extent.depth = std::max(extent.depth, depth);
    for (const auto& [name, inner] : value.properties) measure(inner, depth + 1, extent);
    for (const AmfValue& inner : value.items) measure(inner, depth + 1, extent);
}

void check_values(std::span<const std::uint8_t> bytes, const AmfLimits& limits) {
    const auto read = read_amf0(bytes, limits);
    const auto* values = std::get_if<std::vector<AmfValue>>(&read);
    if (values == nullptr) {
        expect(!std::get<AmfProblem>(read).what.empty(), "a problem has words");
        return;
    }
    Extent extent;
    for (const AmfValue& value : *values) measure(value, 1, extent);
    expect(bytes.size() <= limits.longest_input, "no more bytes than the limit");
    expect(extent.values <= limits.most_values, "no more values than the limit");
    expect(extent.depth <= limits.deepest, "no deeper than the limit");

    // Compared as bytes: a NaN does not equal itself.
    const auto once = written(*values);
    const auto again = read_amf0(once, {limits.deepest, limits.most_values, once.size()});
    const auto* same = std::get_if<std::vector<AmfValue>>(&again);
    expect(same != nullptr, "what was written can be read");
    expect(written(*same) == once, "what was read back is what was written");
}

void check_command(std::span<const std::uint8_t> bytes, MessageType type) {
    const auto command = read_command({type, 0, RtmpTime(0), Payload::copy_of(bytes)});
    if (!command) return;
    const StatusWords words = status_words(*command);
    for (const std::string* each : {&words.level, &words.code, &words.description}) {
        expect(each->size() <= StatusWords::longest, "words are bounded");
        expect(std::ranges::none_of(*each, [](char c) { return c >= 0 && c < ' '; }),
               "words have no control characters");
    }
    expect(!command->text(command->arguments.size()), "no argument behind the last");
    const Payload once = write_command(*command);
    const auto again = read_command({MessageType::command, 0, RtmpTime(0), once});
    expect(again.has_value(), "a command that was written can be read");
    expect(std::ranges::equal(write_command(*again).bytes(), once.bytes()),
           "a command reads back as it was written");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::span<const std::uint8_t> all(bytes, size);
    check_values(all, {});
    check_values(all, {.deepest = 2, .most_values = 8, .longest_input = 128});
    check_command(all, MessageType::command);
    check_command(all, MessageType::amf3_command);
    return 0;
}
