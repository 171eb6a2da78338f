// What a session is made from: the configuration as it was, and the secrets.
#pragma once

#include <functional>
#include <variant>

#include "base/secret.hpp"
#include "config/config.hpp"
#include "config/key.hpp"
#include "config/srt_options.hpp"
#include "state/session_end.hpp"

namespace restream {

struct Plan {
    Config config;
    Destination destination;  ///< as this relay carries it
    Secret key;
    SrtOptions srt = {};
};

/// Whether commands that print a secret are run, or their secrets stay empty.
enum class SecretCommands { are_run, are_left_out };

/// Which secret of a destination.
enum class SecretOf { key, passphrase, stream_id };

/// Runs the command that prints it, as resolve_key() and its like do.
using RunSecretCommand =
    std::function<std::variant<Secret, KeyProblem>(SecretOf which, const Deadline& deadline)>;

/// The destination with its secrets, or why they cannot be read. Where `run` is given, commands are
/// run by that, else by this process. **Blocks**: for commands.
std::variant<Plan, SessionEnd> plan_of(Config config, Destination destination,
                                       SecretCommands commands,
                                       const std::function<bool()>& is_cancelled = {},
                                       const RunSecretCommand& run = {});

/// Whether a session made from one is the same as one made from the other: where it goes, with
/// which secrets, what it plays, and how it behaves. Compares secrets; keeps nothing of them.
bool are_same(const Plan& one, const Plan& other);

}  // namespace restream
