// The documents that no command prints: what is configured, what OBS is to be given.
#pragma once

#include <string>
#include <string_view>

#include "config/config.hpp"
#include "status/ingest_view.hpp"

namespace restream {

/// What is configured, without any secret: for forms.
std::string destinations_document(const Config& config);

/// `ingest status --json`, with what OBS is to be given beside it.
/// Where the configuration is broken and does not say, OBS is to be given nothing: null.
std::string ingest_document(const ConfigReading& reading, const Registry& registry);

/// The same JSON in one line. REQUIRES: `document` is JSON, so that a line's end is no part of a
/// text in it.
std::string in_one_line(std::string_view document);

/// The same JSON, to stand in a page's `<script type="application/json">`: no text in it can end
/// that element, or begin another.
std::string data_element_text(std::string_view document);

}  // namespace restream
