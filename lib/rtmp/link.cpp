#include "rtmp/link.hpp"

#include "rtmp/control_message.hpp"
#include "rtmp/message_tags.hpp"

namespace restream {

RtmpLink::RtmpLink(Handshake::Side side, std::span<const std::uint8_t> random,
                   ChunkReader::Limits limits)
    : handshake_(side, random), reader_(limits) {
    take_handshake_output();
}

std::array<std::span<std::uint8_t>, 2> RtmpLink::spaces() {
    if (handshake_.state() != Handshake::State::in_progress) return reader_.spaces();
    handshake_space_.resize(handshake_.wanted());
    return {std::span(handshake_space_), {}};
}

void RtmpLink::commit(std::size_t bytes) {
    if (handshake_.state() != Handshake::State::in_progress) {
        reader_.commit(bytes);
        return;
    }
    handshake_.feed(std::span(handshake_space_).first(bytes));
    take_handshake_output();
    if (is_open()) handshake_space_ = {};
}

void RtmpLink::feed(std::span<const std::uint8_t> bytes) {
    if (handshake_.state() == Handshake::State::in_progress) {
        bytes = bytes.subspan(handshake_.feed(bytes));
        take_handshake_output();
    }
    if (is_open()) reader_.feed(bytes);
}

RtmpLink::Next RtmpLink::next() {
    if (handshake_.state() == Handshake::State::failed) return Malformed{handshake_.problem()};
    if (!is_open()) return NeedMore{};
    for (;;) {
        Next found = reader_.next();
        if (const auto* message = std::get_if<Message>(&found)) {
            if (take_control(*message)) continue;
        } else if (std::holds_alternative<NeedMore>(found)) {
            acknowledge();
        }
        return found;
    }
}

void RtmpLink::set_chunk_size() { writer_.set_chunk_size(chunk_size, output_); }

void RtmpLink::write_control(const Message& message) { answer(control_chunks, message); }

void RtmpLink::write_command(std::uint32_t message_stream_id, const Command& command) {
    answer(command_chunks,
           {MessageType::command, message_stream_id, RtmpTime(), restream::write_command(command)});
}

void RtmpLink::write_media(const Message& message) {
    writer_.write(chunks_of(TagType(message.type)), message, output_);
}

bool RtmpLink::is_flooded() const {
    return !output_.is_empty() && unread_answers_ > most_unread_answers;
}

void RtmpLink::take_handshake_output() {
    const auto bytes = handshake_.take_output();
    if (!bytes.empty()) output_.push(bytes);
}

/// True where the message was the link's own business.
bool RtmpLink::take_control(const Message& message) {
    const auto value = read_control_value(message);
    switch (message.type) {
        case MessageType::acknowledgement:
            acknowledged_ = value.value_or(acknowledged_);
            return true;
        case MessageType::window_acknowledgement_size:
            window_ = value.value_or(window_);
            return true;
        case MessageType::set_peer_bandwidth:
            if (value && *value != told_window_ && !is_flooded()) {
                told_window_ = *value;
                write_control(make_window_acknowledgement_size(*value));
            }
            return true;
        case MessageType::user_control: {
            const auto control = read_user_control(message);
            if (!control) return true;
            if (control->kind != UserControlKind::ping_request) return false;
            if (!is_flooded()) {
                write_control(make_user_control(UserControlKind::ping_response, control->value));
            }
            return true;
        }
        default:
            return false;
    }
}

/// At half the window: a peer that stops at its end is never kept waiting.
void RtmpLink::acknowledge() {
    const std::uint64_t taken = reader_.bytes_taken();
    if (window_ == 0 || taken - told_bytes_ < window_ / 2 + window_ % 2 || is_flooded()) return;
    told_bytes_ = taken;
    write_control(make_acknowledgement(taken));
}

void RtmpLink::answer(std::uint32_t chunks, const Message& message) {
    if (is_silent_) return;
    const std::size_t before = output_.size();
    if (before == 0) unread_answers_ = 0;
    writer_.write(chunks, message, output_);
    unread_answers_ += output_.size() - before;
}

}  // namespace restream
