// Why an SRT server refuses, in words.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "state/session_end.hpp"

namespace restream {

/// What a line of libsrt's log says about a refusal: "Incorrect passphrase", or the number or name
/// that the server sent. Nothing where it says none.
std::optional<std::string> srt_rejection_in(std::string_view line);

/// The end of a session that was refused for this reason, as srt_rejection_in() gives it.
SessionEnd srt_rejection_end(std::string_view reason);

}  // namespace restream
