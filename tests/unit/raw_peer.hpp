// The other side of an RTMP connection, which says what a test wants and tells what it hears.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/output_queue.hpp"
#include "rtmp/chunk_reader.hpp"
#include "rtmp/chunk_writer.hpp"
#include "rtmp/command.hpp"
#include "rtmp/control_message.hpp"
#include "rtmp/handshake.hpp"
#include "unit/chunk_bytes.hpp"

namespace restream::test {

inline std::vector<std::uint8_t> handshake_bytes() {
    return std::vector<std::uint8_t>(Handshake::packet_bytes - 8, 0x5a);
}

/// "live" in apostrophes, numbers, {name: value}, [a b], null.
inline std::string text_of(const AmfValue& value) {
    using Kind = AmfValue::Kind;
    std::string text;
    switch (value.kind) {
        case Kind::number:
            text = std::to_string(value.number);
            text.erase(text.find_last_not_of('0') + 1);
            return text.ends_with('.') ? text.substr(0, text.size() - 1) : text;
        case Kind::boolean:
            return value.boolean ? "true" : "false";
        case Kind::string:
            return "'" + value.text + "'";
        case Kind::strict_array:
            for (const auto& each : value.items) text += (text.empty() ? "" : " ") + text_of(each);
            return "[" + text + "]";
        case Kind::object:
        case Kind::ecma_array:
            for (const auto& [name, each] : value.properties) {
                text += (text.empty() ? "" : ", ") + name + ": " + text_of(each);
            }
            return "{" + text + "}";
        default:
            return "null";
    }
}

/// One message in a line: "publish 5 null 'k1' 'live' on 1", "window 2500000", "9 on 1 @0 [6]".
inline std::string text_of(const Message& message) {
    const std::string on =
        message.message_stream_id == 0 ? "" : " on " + std::to_string(message.message_stream_id);
    if (const auto command = read_command(message)) {
        std::string text = command->name + " " + text_of(AmfValue::of(command->transaction)) + " " +
                           text_of(command->object);
        for (const auto& each : command->arguments) text += " " + text_of(each);
        return text + on;
    }
    const auto value = std::to_string(read_control_value(message).value_or(0));
    switch (message.type) {
        case MessageType::acknowledgement:
            return "acknowledgement " + value;
        case MessageType::window_acknowledgement_size:
            return "window " + value;
        case MessageType::set_peer_bandwidth:
            return "bandwidth " + value;
        case MessageType::user_control: {
            const auto control = read_user_control(message).value_or(UserControl());
            return "control " + std::to_string(int(control.kind)) + " " +
                   std::to_string(control.value);
        }
        default:
            return std::to_string(int(message.type)) + on + " @" +
                   std::to_string(message.time.ms()) + " [" +
                   std::to_string(message.payload.size()) + "]";
    }
}

class RawPeer {
  public:
    explicit RawPeer(Handshake::Side side) : handshake_(side, handshake_bytes()) { shake({}); }

    void say(const Command& command, std::uint32_t on = 0) {
        send({MessageType::command, on, RtmpTime(), write_command(command)});
    }
    void send(const Message& message) {
        writer_.write(message.type == MessageType::command ? 3 : 4, message, output_);
    }
    void send_bytes(const tests::Bytes& bytes) { output_.push(bytes); }
    /// What was said before the handshake is done waits for it.
    tests::Bytes take_output() {
        tests::Bytes bytes = std::exchange(shaken_, {});
        if (handshake_.state() != Handshake::State::done) return bytes;
        const tests::Bytes rest = tests::taken(output_);
        bytes.insert(bytes.end(), rest.begin(), rest.end());
        return bytes;
    }
    void feed(std::span<const std::uint8_t> bytes) {
        if (handshake_.state() == Handshake::State::in_progress) bytes = shake(bytes);
        reader_.feed(bytes);
        for (auto next = reader_.next(); !std::holds_alternative<ChunkReader::NeedMore>(next);
             next = reader_.next()) {
            const auto* message = std::get_if<Message>(&next);
            heard_.push_back(message ? text_of(*message) : "malformed");
            if (!message) return;
            messages_.push_back(*message);
        }
    }
    /// Since it was last asked.
    std::vector<std::string> take_heard() { return std::exchange(heard_, {}); }
    const std::vector<Message>& messages() const { return messages_; }

  private:
    std::span<const std::uint8_t> shake(std::span<const std::uint8_t> bytes) {
        const std::size_t used = handshake_.feed(bytes);
        const auto said = handshake_.take_output();
        shaken_.insert(shaken_.end(), said.begin(), said.end());
        return bytes.subspan(used);
    }

    Handshake handshake_;
    ChunkReader reader_;
    ChunkWriter writer_;
    OutputQueue output_;
    tests::Bytes shaken_;
    std::vector<std::string> heard_;
    std::vector<Message> messages_;
};

}  // namespace restream::test
