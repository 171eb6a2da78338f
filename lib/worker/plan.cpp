#include "worker/plan.hpp"

#include <tuple>
#include <type_traits>
#include <utility>

#include "config/key.hpp"

namespace restream {

namespace {

/// For the commands that print secrets.
constexpr Milliseconds patience = std::chrono::seconds(10);

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
                    each.key_lifetime, each.on_track_change, each.ca_file, each.file_mode);
}

auto settings_of(const IngestConfig& ingest) {
    return std::tie(ingest.url, ingest.probe_duration, ingest.probe_bytes);
}

auto settings_of(const SrtOptions& srt) {
    return std::tie(srt.passphrase, srt.stream_id, srt.latency, srt.more);
}

}  // namespace

std::variant<Plan, SessionEnd> plan_of(Config config, Destination destination,
                                       SecretCommands commands,
                                       const std::function<bool()>& is_cancelled,
                                       const RunSecretCommand& run) {
    const auto deadline = Deadline::after(patience);
    const auto read = [&](SecretOf which, const KeyReference& reference,
                          decltype(&resolve_key) resolve) -> std::variant<Secret, KeyProblem> {
        if (std::holds_alternative<KeyCommand>(reference)) {
            if (commands == SecretCommands::are_left_out) return Secret();
            if (run) return run(which, deadline);
        }
        return resolve(destination, deadline, is_cancelled);
    };
    auto key = read(SecretOf::key, destination.key, &resolve_key);
    if (const auto* problem = std::get_if<KeyProblem>(&key)) {
        return SessionEnd{EndCode::key_unavailable, problem->message};
    }
    SrtOptions srt = srt_options_in(destination.url);
    if (destination.latency) srt.latency = destination.latency;
    if (srt.stream_id.is_empty()) srt.stream_id = std::get<Secret>(key);
    struct Field {
        SecretOf which;
        const KeyReference& reference;
        decltype(&resolve_passphrase) resolve;
        Secret& into;
    };
    for (const Field& field :
         {Field{SecretOf::passphrase, destination.passphrase, &resolve_passphrase, srt.passphrase},
          Field{SecretOf::stream_id, destination.stream_id, &resolve_stream_id, srt.stream_id}}) {
        auto found = read(field.which, field.reference, field.resolve);
        if (const auto* problem = std::get_if<KeyProblem>(&found)) {
            return SessionEnd{EndCode::passphrase_unavailable, problem->message};
        }
        auto& secret = std::get<Secret>(found);
        if (!secret.is_empty()) field.into = std::move(secret);
    }
    return Plan{std::move(config), std::move(destination), std::move(std::get<Secret>(key)),
                std::move(srt)};
}

bool are_same(const Plan& one, const Plan& other) {
    return settings_of(one.destination) == settings_of(other.destination) &&
           settings_of(one.config.ingest) == settings_of(other.config.ingest) &&
           are_same(one.destination.on_state, other.destination.on_state) && one.key == other.key &&
           settings_of(one.srt) == settings_of(other.srt);
}

}  // namespace restream
