// From the user's configuration to what the embedded server is to do.
#pragma once

#include "base/secret.hpp"
#include "config/config.hpp"
#include "server/embedded_server.hpp"

namespace restream {

/// `publish_key`: what the reference in the configuration stands for; empty where there is none.
/// **Throws**: Error{config} where the configuration could not have been loaded like that.
EmbeddedSettings embedded_settings(const IngestConfig& config, const Secret& publish_key);

}  // namespace restream
