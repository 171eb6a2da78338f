// Whether other users of this machine can change what restream obeys: its configuration, its keys,
// its state.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>

#include "system/fd.hpp"
#include "system/path_fault.hpp"

namespace restream {

/// Why what stands at that path must not be obeyed: PathFault::Kind::foreign where it belongs to a
/// user who is neither this one nor root, PathFault::Kind::open_to_others where others can write to
/// it. No value where it is missing or cannot be looked at: that is a fault of another kind.
///
/// Links are followed; what counts is what they lead to. Parents are not looked at: a user who
/// moves a folder away has to put their own in its place, and that one is refused. A group may
/// write if no other account is known to be in it: a user's private group, or a container's that
/// has no name. On a file system that is mounted read-only (a container's volume) all is trusted:
/// nobody writes there. Root trusts only root's files: another user could change what root obeys.
std::optional<PathFault> trust_fault(const std::filesystem::path& path);

/// The same for an open file, which cannot be replaced in between; `path` is only for the message.
std::optional<PathFault> trust_fault(const Fd& file, const std::filesystem::path& path);

/// **Throws**: Error{refused} with that fault.
void require_trusted(const std::filesystem::path& path);

/// read_file() of the very file that was found to be trusted, or why it is not.
/// **Throws**: as read_file().
std::variant<std::string, PathFault> read_trusted_file(const std::filesystem::path& path,
                                                       std::uintmax_t most_bytes);

}  // namespace restream
