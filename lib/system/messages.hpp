// Messages between two processes of ours, which may hand on descriptors.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "system/fd.hpp"

namespace restream {

/// Two ends: what goes in at one, message by message, comes out at the other.
struct MessageEnds {
    Fd one;
    Fd other;
};

struct ProcessMessage {
    std::string text;
    std::vector<Fd> handed_on;
};

constexpr std::size_t longest_message_bytes = 8192;
constexpr std::size_t most_handed_on = 4;

/// **Throws**: Error{refused}.
MessageEnds make_message_ends();

/// Sends a copy of each descriptor along. Never blocks. **Throws**: Error{refused} where the other
/// end is gone, has not taken what was sent before, or the message is too long.
void send_message(const Fd& end, std::string_view text, const std::vector<const Fd*>& handed_on);

/// The next message; no value if the other end is gone. **Blocks**: until either.
std::optional<ProcessMessage> receive_message(const Fd& end);

}  // namespace restream
