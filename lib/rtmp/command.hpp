// RTMP's commands: connect, publish, onStatus and their like.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flv/amf0.hpp"
#include "rtmp/message.hpp"

namespace restream {

/// **Source**: Adobe RTMP 1.0, 7.2: a name, a transaction, the command object (null in most), and
/// what follows.
struct Command {
    std::string name;
    double transaction = 0;
    AmfValue object;
    std::vector<AmfValue> arguments;
    /// Behind the values came bytes that are no AMF0. Never written.
    bool has_unreadable_rest = false;

    /// The n-th argument as text; nothing where it is missing or no string.
    std::optional<std::string_view> text(std::size_t n) const;
};

/// Reads a `command` message, or an `amf3_command` one, which is the same behind one byte of zero.
/// Bytes behind the command object that are no AMF0 are ignored, with all that follows them: some
/// encoders send a buffer that is longer than what they wrote into it, and nginx-rtmp takes it.
/// Nothing where the name, the transaction or the command object is malformed.
std::optional<Command> read_command(const Message& message);
Payload write_command(const Command& command);

/// The object of an onStatus, an _error, or a rejected connect. Without control characters, each
/// cut at `longest` bytes.
struct StatusWords {
    static constexpr std::size_t longest = 256;
    std::string level;        ///< status, warning, error
    std::string code;         ///< "NetStream.Publish.BadName"
    std::string description;  ///< the server's own text
};
/// From the command object or the first argument, whichever has a code; empty words where none has.
StatusWords status_words(const Command& command);

}  // namespace restream
