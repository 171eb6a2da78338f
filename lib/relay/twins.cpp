#include "relay/twins.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "config/key.hpp"
#include "config/srt_options.hpp"
#include "relay/carried.hpp"
#include "rtmp/endpoint.hpp"

namespace restream {

namespace {

constexpr int rtmp_port = 1935;
constexpr int rtmps_port = 443;

/// A command is not run: its text stands for its secret.
std::optional<Secret> secret_of(const KeyReference& reference, const Destination& destination,
                                decltype(&resolve_key) resolve) {
    if (const auto* command = std::get_if<KeyCommand>(&reference)) {
        return Secret("command " + command->command);
    }
    auto read = resolve(destination, Deadline::never(), {});
    if (auto* secret = std::get_if<Secret>(&read)) return std::move(*secret);
    return std::nullopt;
}

/// Its server and its stream ID, which a field says, or the URL, or the key.
std::optional<Secret> srt_target_of(const Destination& destination, const Secret& key) {
    const auto field = secret_of(destination.stream_id, destination, resolve_stream_id);
    if (!field) return std::nullopt;
    Secret stream_id = srt_options_in(destination.url).stream_id;
    if (stream_id.is_empty()) stream_id = key;
    if (!field->is_empty()) stream_id = *field;
    return Secret(
        fmt::format("{} {}", srt_address(in_lower_case(destination.url)), stream_id.reveal()));
}

/// rtmp and rtmps lead to the same server, each at its own port.
std::string port_of(const RtmpEndpoint& endpoint) {
    const int usual = endpoint.is_tls ? rtmps_port : rtmp_port;
    return endpoint.port == usual ? "" : fmt::format(":{}", endpoint.port);
}

std::string host_of(std::string_view host) {
    while (host.ends_with('.')) host.remove_suffix(1);
    return in_lower_case(host);
}

/// Where it publishes, with the name; nothing where that cannot be known, or where each session has
/// a place of its own (a file).
std::optional<Secret> target_of(const Destination& destination) {
    const auto key = secret_of(destination.key, destination, resolve_key);
    if (!key) return std::nullopt;
    if (const auto endpoint = publish_endpoint(destination.url, *key)) {
        const std::string name =
            endpoint->playpath.is_empty() ? "" : "/" + endpoint->playpath.reveal();
        return Secret(fmt::format("rtmp {}{}/{}{}", host_of(endpoint->host), port_of(*endpoint),
                                  endpoint->app, name));
    }
    if (!in_lower_case(destination.url).starts_with("srt://")) return std::nullopt;
    return srt_target_of(destination, *key);
}

}  // namespace

std::vector<Twins> find_twins(const Config& config) {
    std::vector<std::pair<std::string, Secret>> targets;
    for (const auto& relay : relays_of(config)) {
        if (auto target = target_of(carried(config, relay))) {
            targets.emplace_back(relay, std::move(*target));
        }
    }
    std::vector<Twins> twins;
    for (std::size_t i = 0; i < targets.size(); ++i) {
        for (std::size_t k = i + 1; k < targets.size(); ++k) {
            if (targets[i].second == targets[k].second) {
                twins.push_back({targets[i].first, targets[k].first});
            }
        }
    }
    return twins;
}

}  // namespace restream
