#include "rtmp/command.hpp"

#include <utility>

namespace restream {

namespace {

/// What a peer says goes to terminals and logs.
std::string cleaned(std::string_view text) {
    if (text.size() > StatusWords::longest) {
        std::size_t end = StatusWords::longest;
        // Not in the middle of a UTF-8 character.
        while (end > 0 && (static_cast<std::uint8_t>(text[end]) & 0xc0) == 0x80) --end;
        text = text.substr(0, end);
    }
    std::string out(text);
    for (std::size_t i = 0; i < out.size(); ++i) {
        const auto byte = static_cast<std::uint8_t>(out[i]);
        // U+0080 to U+009F are controls too: 0xc2, and this.
        const bool is_c1_control = byte >= 0x80 && byte < 0xa0 && i > 0 && out[i - 1] == '\xc2';
        if (byte < 0x20 || byte == 0x7f) out[i] = '?';
        if (is_c1_control) out[i - 1] = out[i] = '?';
    }
    return out;
}

std::string text_of(const AmfValue& words, std::string_view name) {
    const AmfValue* found = words.find(name);
    return found == nullptr ? std::string() : cleaned(found->as_string().value_or(""));
}

bool has_code(const AmfValue& words) {
    const AmfValue* code = words.find("code");
    return code != nullptr && code->as_string().has_value();
}

}  // namespace

std::optional<std::string_view> Command::text(std::size_t n) const {
    if (n >= arguments.size()) return std::nullopt;
    return arguments[n].as_string();
}

std::optional<Command> read_command(const Message& message) {
    auto bytes = message.payload.bytes();
    if (message.type == MessageType::amf3_command) {
        if (bytes.empty() || bytes[0] != 0) return std::nullopt;
        bytes = bytes.subspan(1);
    } else if (message.type != MessageType::command) {
        return std::nullopt;
    }
    AmfFront front = read_amf0_front(bytes);
    std::vector<AmfValue>& values = front.values;
    // Some encoders send more than they mean. What follows the command object may be unreadable.
    if (values.empty() || (front.problem && values.size() < 3)) return std::nullopt;
    AmfValue& name = values.front();
    if (name.kind != AmfValue::Kind::string) return std::nullopt;
    Command command;
    command.name = std::move(name.text);
    // Servers leave out what they find to be of no use, from the end.
    if (values.size() > 1) {
        const auto transaction = values[1].as_number();
        if (!transaction) return std::nullopt;
        command.transaction = *transaction;
    }
    if (values.size() > 2) {
        command.object = std::move(values[2]);
        command.arguments.assign(std::make_move_iterator(values.begin() + 3),
                                 std::make_move_iterator(values.end()));
    }
    command.has_unreadable_rest = front.problem.has_value();
    return command;
}

Payload write_command(const Command& command) {
    std::vector<std::uint8_t> bytes;
    append_amf0(AmfValue::of(command.name), bytes);
    append_amf0(AmfValue::of(command.transaction), bytes);
    append_amf0(command.object, bytes);
    for (const AmfValue& argument : command.arguments) append_amf0(argument, bytes);
    return Payload::copy_of(bytes);
}

StatusWords status_words(const Command& command) {
    const AmfValue* words = nullptr;
    if (has_code(command.object)) {
        words = &command.object;
    } else if (!command.arguments.empty() && has_code(command.arguments.front())) {
        words = &command.arguments.front();
    }
    if (words == nullptr) return {};
    return {text_of(*words, "level"), text_of(*words, "code"), text_of(*words, "description")};
}

}  // namespace restream
