// RTMP's commands: connect, publish, onStatus and their like.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rtmp/amf0.hpp"
#include "rtmp/message.hpp"

namespace restream {

/// **Source**: Adobe RTMP 1.0, 7.2: a name, a transaction, the command object (null in most), and
/// what follows.
struct Command {
    std::string name;
    double transaction = 0;
    AmfValue object;
    std::vector<AmfValue> arguments;

    /// The n-th argument as text; nothing where it is missing or no string.
    std::optional<std::string_view> text(std::size_t n) const;
};

/// Reads a `command` message, or an `amf3_command` one, which is the same behind one byte of zero.
/// Nothing where it is malformed.
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
