#include "doctor/clear_text_checks.hpp"

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "config/private_host.hpp"
#include "doctor/found.hpp"
#include "ingest/address.hpp"
#include "relay/carried.hpp"
#include "rtmp/endpoint.hpp"
#include "state/relay_name.hpp"

namespace restream {

namespace {

/// What its service has for this server, with encryption; empty where there is none.
std::string encrypted_url(const Platforms& services, const Destination& destination,
                          bool is_backup) {
    const Platform* service = services.find(destination.service);
    if (service == nullptr) return "";
    const std::string& url = is_backup ? service->backup_url : service->url;
    return url.starts_with("rtmps://") ? url : "";
}

std::optional<Diagnosis> check_relay(const Config& config, const Platforms& services,
                                     const std::string& relay) {
    const Destination destination = carried(config, relay);
    const auto endpoint = publish_endpoint(destination.url, Secret());
    if (!endpoint || endpoint->is_tls || is_private_host(endpoint->host)) return std::nullopt;
    const bool has_secret = !std::holds_alternative<std::monostate>(destination.key) ||
                            !endpoint->playpath.is_empty() || !endpoint->user_info.is_empty() ||
                            destination.url.find('?') != std::string::npos;
    if (!has_secret) return std::nullopt;
    const std::string place = host_and_port(endpoint->host, endpoint->port);
    const std::string url = encrypted_url(services, destination, is_backup_relay(relay));
    if (url.empty()) return found_of(relay, Severity::warning, "key_in_clear", place);
    return found_of(relay, Severity::warning, "key_in_clear_needlessly", place,
                    is_backup_relay(relay) ? "backup_url" : "url", url);
}

}  // namespace

std::vector<Diagnosis> check_clear_text(const Config& config, const Platforms& services) {
    std::vector<Diagnosis> result;
    for (const auto& relay : relays_of(config)) {
        if (auto one = check_relay(config, services, relay)) result.push_back(std::move(*one));
    }
    return result;
}

}  // namespace restream
