// Whether the ingest server can have its address, and the words where it cannot.
#pragma once

#include <string>
#include <system_error>

#include "base/error.hpp"
#include "config/config.hpp"

namespace restream {

/// "by nginx (PID 17)": who listens there, as far as it can be known.
std::string taken_by(const std::string& host, int port);

/// That nothing can listen there: by whom the port is taken, or what else is wrong, and what would
/// work.
Error cannot_listen(const std::string& host, int port, std::error_code why);

/// Asked before the server is started.
/// **Throws**: Error{refused} that says by whom the port is taken, or what else is wrong with
/// `listen`.
void require_free_port(const IngestConfig& config);

}  // namespace restream
