// What a contained worker has others do: one errand, as a message.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "worker/plan.hpp"
#include "worker/slate_shape.hpp"

namespace restream {

/// The configuration may have changed: what it names now is known from here on.
struct LookErrand {};
/// Start restream-hook. Handed on: its standard input and its standard output.
struct HookErrand {};
/// Start restream-slate. Handed on: its standard error.
struct SlateErrand {
    SlateShape shape;
    std::filesystem::path picture;  ///< empty: a plain one
    std::string file;               ///< its name in the folder of slates
};
/// Run the command that prints a secret. Handed on: a pipe for the answer, which is `+` and the
/// secret, or `-` and why there is none. Where its reader is gone, the command is killed.
struct SecretErrand {
    SecretOf which = SecretOf::key;
};
using Errand = std::variant<LookErrand, HookErrand, SlateErrand, SecretErrand>;

std::string to_text(const Errand& errand);
/// Nothing where it is none.
std::optional<Errand> errand_from_text(std::string_view text);

}  // namespace restream
