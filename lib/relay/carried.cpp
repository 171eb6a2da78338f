#include "relay/carried.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "state/relay_name.hpp"

namespace restream {

Destination carried(const Config& config, std::string_view relay) {
    Destination destination = config.at(destination_of(relay));
    if (!is_backup_relay(relay)) return destination;
    if (destination.backup == Backup::off) {
        throw Error(ErrorKind::config,
                    fmt::format("{}:{}: destination {} has no backup any more",
                                destination.origin.string(), destination.line, destination.name));
    }
    destination.url = destination.backup_url;
    return destination;
}

std::vector<std::string> relays_of(const Config& config, const std::vector<std::string>& names) {
    std::vector<std::string> relays;
    for (const auto& name : names) {
        relays.push_back(name);
        if (config.at(name).backup != Backup::off) relays.push_back(backup_relay(name));
    }
    return relays;
}

std::vector<std::string> relays_of(const Config& config) {
    std::vector<std::string> names;
    for (const auto& each : config.destinations) names.push_back(each.name);
    return relays_of(config, names);
}

bool has_relay(const Config& config, std::string_view relay) {
    const Destination* const destination = config.find(destination_of(relay));
    return destination != nullptr &&
           (!is_backup_relay(relay) || destination->backup != Backup::off);
}

std::vector<std::string> unused_backups(const Registry& registry, const Config& config) {
    std::vector<std::string> relays = registry.known_names();
    std::erase_if(relays, [&](const std::string& relay) {
        const bool is_unused = is_backup_relay(relay) && !has_relay(config, relay) &&
                               has_relay(config, destination_of(relay));
        return !is_unused || !registry.is_alive(relay);
    });
    return relays;
}

}  // namespace restream
