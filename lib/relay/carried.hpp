// Which relays a destination has, and what each of them carries.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "state/registry.hpp"

namespace restream {

/// The destination as this relay carries it: a backup relay's has the backup's URL as its own.
/// **Throws**: Error{usage} where it is not configured, Error{config} where it has no backup any
/// more.
Destination carried(const Config& config, std::string_view relay);

/// The relays of these destinations, which are configured: of each its own, and its backup's.
std::vector<std::string> relays_of(const Config& config, const std::vector<std::string>& names);
/// The relays of all of them.
std::vector<std::string> relays_of(const Config& config);

/// Whether this relay is one of a destination's that is configured.
bool has_relay(const Config& config, std::string_view relay);

/// Backup relays that live although their destination, which is configured, has no backup any more.
std::vector<std::string> unused_backups(const Registry& registry, const Config& config);

}  // namespace restream
