// From a key reference to the stream key.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/secret.hpp"
#include "config/config.hpp"
#include "config/destination.hpp"

namespace restream {

/// Why there is no key: a sentence with its remedy, without any secret.
struct KeyProblem {
    enum class Kind { missing, file_unreadable, variable_unset, other };

    std::string message;
    Kind kind = Kind::other;
    std::string place{};  ///< the service that needs it, the file, the variable
    std::string cause{};  ///< of an unreadable file: what the system said
};

/// Reads the key: its file (first line, white space trimmed, at most 4 KiB), its variable, its
/// command's standard output (first line). A key that is empty, or has control characters or blanks
/// inside, is a problem, and so is a file that others can change (see system/path_trust.hpp).
/// std::monostate gives an empty key.
/// **Blocks**: for a command, until it ends, at most until the deadline, or until `is_cancelled`;
/// then it is killed with its children.
std::variant<Secret, KeyProblem> resolve_key(const Destination& destination,
                                             const Deadline& deadline,
                                             const std::function<bool()>& is_cancelled = {});

/// The same for the passphrase and the stream ID of SRT, which may hold blanks.
std::variant<Secret, KeyProblem> resolve_passphrase(const Destination& destination,
                                                    const Deadline& deadline,
                                                    const std::function<bool()>& is_cancelled = {});
std::variant<Secret, KeyProblem> resolve_stream_id(const Destination& destination,
                                                   const Deadline& deadline,
                                                   const std::function<bool()>& is_cancelled = {});

/// The same for `[ingest] publish_key`: empty where there is none.
std::variant<Secret, KeyProblem> resolve_publish_key(
    const Config& config, const Deadline& deadline, const std::function<bool()>& is_cancelled = {});

/// The same for `[dashboard] password`.
std::variant<Secret, KeyProblem> resolve_dashboard_password(
    const Config& config, const Deadline& deadline, const std::function<bool()>& is_cancelled = {});

/// A webhook's URL, from its file or variable; checked.
std::variant<Secret, KeyProblem> resolve_webhook(const Webhook& webhook);

/// What can be said without running anything: a key file that is missing or unreadable, a variable
/// that is not set. For `enable`, before anything is started.
std::optional<KeyProblem> foresee_key_problem(const Destination& destination);
/// The same of SRT's passphrase and stream ID.
std::optional<KeyProblem> foresee_srt_problem(const Destination& destination);
/// The variables that a destination's own relay needs.
std::vector<std::string> own_variables(const Destination& destination);
std::optional<KeyProblem> foresee_publish_key_problem(const Config& config);
/// How long it is; nothing where there is none, where it cannot be read, and of a command, which is
/// not run.
std::optional<std::size_t> foresee_publish_key_size(const Config& config);
std::optional<KeyProblem> foresee_dashboard_password_problem(const Config& config);

/// The environment variables that hold keys, of destinations and of the ingest, webhooks' URLs and
/// the dashboard's password: what children must not inherit, but for the one that needs it.
std::vector<std::string> key_variables(const Config& config);
/// What that destination's relay must not inherit.
std::vector<std::string> key_variables_but_those_of(const Config& config,
                                                    const Destination& destination);
/// What the ingest server must not inherit.
std::vector<std::string> key_variables_but_publish_key(const Config& config);
/// What the commands must not inherit that the dashboard starts.
std::vector<std::string> dashboard_variables(const Config& config);

}  // namespace restream
