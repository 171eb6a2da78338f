// The bodies of requests that change something: from JSON to what is wanted.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/secret.hpp"

namespace restream {

/// What PUT of a destination says. A member that is not there leaves what is.
struct DestinationBody {
    /// By the name of the field. Nothing: the field goes, because the member is null or empty.
    std::map<std::string, std::optional<std::string>> texts;
    bool has_hold = false;
    std::optional<Milliseconds> hold;  ///< nothing: the field goes
    std::optional<Secret> key;         ///< that can be one; nothing: stays as it is
};

/// Whatever it says, the configuration may refuse it still.
/// **Throws**: Error{usage} in words that hold no value of the body's: a key may stand in any
/// place.
DestinationBody destination_body(std::string_view text);

/// `{"key": "…"}`. **Throws**: the same.
Secret key_body(std::string_view text);

/// `{"names": ["…"]}`: the destinations that a command is for, each a valid name. Nothing if the
/// body is empty or has no `names`: all destinations. An empty array is an error, because a page
/// that found nothing to do must not mean everything. **Throws**: the same.
std::optional<std::vector<std::string>> names_body(std::string_view text);

/// The member of a destination's body that an error message begins with: "key" for "the stream key
/// is empty", "hold_s" for "hold is 90 days". Empty if the message names none.
std::string_view field_of_message(std::string_view message);

}  // namespace restream
