// Whether an address can be connected to or listened at, and who listens there already.
#pragma once

#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "base/clock.hpp"
#include "base/process.hpp"

namespace restream {

/// Why no TCP connection can be made to it; nothing where one can, which is closed at once.
/// **Blocks**: until known or the deadline. A name is looked up by the system, which may take
/// longer: see `resolve`.
std::optional<std::string> connect_problem(const std::string& host, int port,
                                           const Deadline& deadline);

/// Why this process could not listen there; no error where it could.
std::error_code listen_problem(const std::string& host, int port);

/// Who listens at a TCP port of this machine, on any of its addresses.
struct PortHolder {
    int pid = 0;       ///< 0: somebody whose processes this user may not see
    std::string name;  ///< of its program; empty where not known
};
/// Looks through all processes: for messages only. Nothing where nobody listens.
std::optional<PortHolder> find_port_holder(int port);

/// The numeric addresses of a host name, or nothing and why.
struct Resolved {
    std::vector<std::string> addresses;
    std::string problem;
};
/// **Blocks**: until known or the deadline. A look-up that takes longer goes on in a thread of its
/// own, which owns all it needs, until the system gives up.
Resolved resolve(const std::string& host, const Deadline& deadline);

/// The processes whose parent is `pid`.
std::vector<ProcessId> children_of(int pid);

}  // namespace restream
