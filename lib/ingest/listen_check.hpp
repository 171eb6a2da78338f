// Whether the ingest server can have its address: asked before it is started.
#pragma once

#include "config/config.hpp"

namespace restream {

/// **Throws**: Error{refused} that says by whom the port is taken, or what else is wrong with
/// `listen`.
void require_free_port(const IngestConfig& config);

}  // namespace restream
