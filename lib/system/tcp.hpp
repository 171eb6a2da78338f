// Whether an address can be connected to or listened at, and who listens there already.
#pragma once

#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "base/clock.hpp"
#include "system/process.hpp"

namespace restream {

/// Why no TCP connection can be made to it; nothing where one can, which is closed at once.
/// **Blocks**: until known or the deadline. A name is looked up by the system, which may take
/// longer: see `resolve`.
std::optional<std::string> connect_problem(const std::string& host, int port,
                                           const Deadline& deadline);

/// Why this process could not listen there; no error where it could.
std::error_code listen_problem(const std::string& host, int port);

/// Who listens at a TCP port of this machine.
struct PortHolder {
    int pid = 0;       ///< 0: unknown, because this user may not look into the program
    std::string name;  ///< of its program; empty if unknown
    std::string user;  ///< whose program it is

    /// "nginx (PID 17)", or "a program of user www-data".
    std::string describe() const;
};
/// The program that keeps others from listening at that address. A `host` that is a name stands
/// for all addresses. Looks through all processes: for messages only. No value if nobody listens.
std::optional<PortHolder> find_port_holder(const std::string& host, int port);

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
