// What every destination and the ingest do now, for Prometheus.
#pragma once

#include <string>
#include <string_view>

#include "status/ingest_view.hpp"
#include "status/status.hpp"

namespace restream {

/// The text format 0.0.4. No label ever holds a URL.
/// **Source**: prometheus.io/docs/instrumenting/exposition_formats, and its naming conventions:
/// base units, `_total` for what only grows.
std::string to_prometheus(const Status& status, const IngestView& ingest, std::string_view version);

}  // namespace restream
