// From the fields of [ingest] to an IngestConfig.
#pragma once

#include "config/config.hpp"
#include "config/toml_fields.hpp"

namespace restream {

/// **Throws**: Error{config} with the place of what is wrong, and what would be right.
IngestConfig read_ingest(const Fields& fields);

}  // namespace restream
