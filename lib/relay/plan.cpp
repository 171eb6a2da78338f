#include "relay/plan.hpp"

#include <tuple>
#include <type_traits>

namespace restream {

namespace {

bool are_same(const KeyReference& one, const KeyReference& other) {
    if (one.index() != other.index()) return false;
    return std::visit(
        [&](const auto& reference) {
            using Kind = std::decay_t<decltype(reference)>;
            const auto& second = std::get<Kind>(other);
            if constexpr (std::is_same_v<Kind, KeyText>) return reference.text == second.text;
            if constexpr (std::is_same_v<Kind, KeyFile>) return reference.path == second.path;
            if constexpr (std::is_same_v<Kind, KeyEnv>) {
                return reference.variable == second.variable;
            }
            if constexpr (std::is_same_v<Kind, KeyCommand>) {
                return reference.command == second.command;
            }
            return true;
        },
        one);
}

bool are_same(const StateHook& one, const StateHook& other) {
    if (one.deadline != other.deadline || one.what.index() != other.what.index()) return false;
    if (const auto* command = std::get_if<HookCommand>(&one.what)) {
        const auto& second = std::get<HookCommand>(other.what);
        return command->line == second.line && command->folder == second.folder;
    }
    const auto* webhook = std::get_if<Webhook>(&one.what);
    return webhook == nullptr || are_same(webhook->url, std::get<Webhook>(other.what).url);
}

auto settings_of(const Destination& each) {
    return std::tie(each.service, each.url, each.backup, each.on_ingest_loss, each.hold,
                    each.slate.picture, each.slate.after, each.slate.limit, each.late_refusal,
                    each.key_lifetime, each.on_track_change, each.ca_file);
}

auto settings_of(const IngestConfig& ingest) {
    return std::tie(ingest.url, ingest.probe_duration, ingest.probe_bytes);
}

}  // namespace

bool are_same(const Plan& one, const Plan& other) {
    return settings_of(one.destination) == settings_of(other.destination) &&
           settings_of(one.config.ingest) == settings_of(other.config.ingest) &&
           are_same(one.destination.on_state, other.destination.on_state) && one.key == other.key;
}

}  // namespace restream
