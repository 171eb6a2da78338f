#include "server/embedded_settings.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "ingest/address.hpp"
#include "system/peer_user.hpp"

namespace restream {

namespace {

std::vector<Network> networks(const std::vector<std::string>& texts) {
    std::vector<Network> all;
    for (const std::string& text : texts) {
        const auto network = Network::parse(text);
        if (!network) {
            throw Error(ErrorKind::config,
                        fmt::format("[ingest] has \"{}\", which is no address; write "
                                    "\"192.168.1.7\" or a network such as \"192.168.1.0/24\"",
                                    text));
        }
        all.push_back(*network);
    }
    return all;
}

}  // namespace

EmbeddedSettings embedded_settings(const IngestConfig& config, const Secret& publish_key) {
    const RtmpEndpoint endpoint = ingest_endpoint(config);
    EmbeddedSettings settings;
    settings.listen_host = config.listen_host;
    settings.listen_port = config.listen_port;
    settings.admission.base_path =
        publication_path(Secret(endpoint.app), endpoint.playpath).reveal();
    if (config.has_publish_key()) settings.admission.publish_key = publish_key;
    settings.admission.publishers = networks(config.allow_publish);
    // Not allowed_players(): relays that come by an outer address of this machine are known by
    // their user, as those over loopback.
    settings.admission.players = networks(config.allow_play);
    if (knows_peer_users()) settings.admission.owner = this_user();
    settings.publications.takeover_after = config.takeover_after;
    settings.admission.backup = config.backup;
    settings.publications.backup_return_after = config.backup_return_after;
    return settings;
}

}  // namespace restream
