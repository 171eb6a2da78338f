#include "doctor/config_checks.hpp"

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "config/key.hpp"
#include "doctor/found.hpp"
#include "relay/twins.hpp"
#include "state/lock.hpp"
#include "state/relay_name.hpp"
#include "status/status.hpp"
#include "system/path_trust.hpp"

namespace restream {

namespace fs = std::filesystem;

namespace {

constexpr auto others = fs::perms::group_all | fs::perms::others_all;
constexpr auto others_write = fs::perms::group_write | fs::perms::others_write;

bool has_any(const fs::path& path, fs::perms which) {
    std::error_code error;
    const auto status = fs::status(path, error);
    return !error && fs::exists(status) && (status.permissions() & which) != fs::perms::none;
}

/// Folders and files that others could change: nothing in them is read.
std::vector<Diagnosis> check_trust(const fs::path& directory) {
    std::vector<Diagnosis> result;
    const auto check = [&](const fs::path& path) {
        const auto fault = trust_fault(path);
        if (!fault) return true;
        if (fault->kind == PathFault::Kind::foreign) {
            result.push_back(
                found(Severity::failure, "config_of_other_user", path.string(), fault->owner));
            return false;
        }
        std::error_code error;
        if (fs::is_directory(path, error)) {
            // What others have put there stays theirs, and is refused for that.
            result.push_back(
                mended_by_taking(others_write, path,
                                 found(Severity::failure, "folder_open_to_others", path.string())));
        } else {
            // What it says may be another's by now: only the user can tell.
            result.push_back(found(Severity::failure, "config_open_to_others", path.string()));
        }
        return false;
    };
    const fs::path destinations = directory / "destinations.d";
    if (check(directory)) check(directory / "restream.toml");
    if (!check(destinations)) return result;
    for (const auto& each : paths_in(destinations)) {
        if (each.extension() == ".toml") check(each);
    }
    return result;
}

/// The files that hold secrets in clear text: keys of destinations and of the ingest, the
/// dashboard's password.
std::set<fs::path> key_files(const Config& config) {
    std::set<fs::path> files;
    const auto add = [&](const KeyReference& key, const fs::path& origin) {
        if (const auto* file = std::get_if<KeyFile>(&key)) files.insert(file->path);
        if (std::holds_alternative<KeyText>(key)) files.insert(origin);
    };
    for (const auto& each : config.destinations) {
        for (const auto* secret : {&each.key, &each.passphrase, &each.stream_id}) {
            add(*secret, each.origin);
        }
        // Who knows a webhook's URL may post to it.
        const auto* webhook = std::get_if<Webhook>(&each.on_state.what);
        if (webhook != nullptr && std::holds_alternative<KeyFile>(webhook->url)) {
            add(webhook->url, each.origin);
        }
    }
    const auto* webhook = std::get_if<Webhook>(&config.ingest.on_state.what);
    if (webhook != nullptr && std::holds_alternative<KeyFile>(webhook->url)) {
        add(webhook->url, config.directory / "restream.toml");
    }
    add(config.ingest.publish_key, config.directory / "restream.toml");
    add(config.dashboard.password, config.directory / "restream.toml");
    return files;
}

/// What keeps the ingest server from starting, or, where it runs, from being started again. A
/// variable that is not set here may well be set where the server was started.
std::optional<Diagnosis> check_publish_key(const Config& config, const Registry& registry) {
    const auto problem = foresee_publish_key_problem(config);
    if (!problem) return std::nullopt;
    const bool runs = FileLock::is_held(registry.layout().ingest_lock());
    return found(runs ? Severity::warning : Severity::failure, "publish_key_unusable",
                 problem->message);
}

/// Its remedy is part of the message, as `enable` has it.
Diagnosis tell_key_problem(Severity severity, const std::string& name, const KeyProblem& problem) {
    switch (problem.kind) {
        case KeyProblem::Kind::missing:
            return found(severity, "key_missing", name, problem.place);
        case KeyProblem::Kind::file_unreadable:
            return found(severity, "key_file_unreadable", name, problem.place, problem.cause);
        case KeyProblem::Kind::variable_unset:
            return found(severity, "key_variable_unset", name, problem.place);
        case KeyProblem::Kind::other:
            break;
    }
    return found(severity, "key_unusable", name, problem.message);
}

}  // namespace

CheckedConfig check_config(const fs::path& directory) {
    CheckedConfig result;
    result.diagnoses = check_trust(directory);
    if (!result.diagnoses.empty()) return result;
    try {
        result.config = load_config(directory);
    } catch (const Error& error) {
        result.diagnoses.push_back(found(Severity::failure, "config_invalid", error.what()));
        return result;
    }
    const auto count = result.config->destinations.size();
    result.diagnoses.push_back(count == 0 ? found(Severity::warning, "config_empty")
                                          : found(Severity::ok, "config_valid", count));
    return result;
}

Config known_config(const ConfigReading& reading, const Registry& registry) {
    Config config = shown_config(reading, registry.layout());
    const auto destination = [&](const std::string& name) -> Destination& {
        const auto found = std::ranges::find(config.destinations, name, &Destination::name);
        if (found != config.destinations.end()) return *found;
        config.destinations.emplace_back().name = name;
        return config.destinations.back();
    };
    for (const auto& name : registry.wanted_names()) destination(name);
    for (const auto& relay : registry.known_names()) {
        if (!registry.is_alive(relay)) continue;
        Destination& one = destination(std::string(destination_of(relay)));
        if (is_backup_relay(relay) && one.backup == Backup::off) one.backup = Backup::both;
    }
    return config;
}

std::vector<Diagnosis> check_twins(const Config& config) {
    std::vector<Diagnosis> result;
    for (const auto& [one, other] : find_twins(config)) {
        result.push_back(found(Severity::warning, "same_server_and_key",
                               Term{one, relay_words(one)}, Term{other, relay_words(other)}));
    }
    return result;
}

std::vector<Diagnosis> check_keys(const Config& config, const Registry& registry) {
    std::vector<Diagnosis> result;
    for (const auto& each : config.destinations) {
        const auto severity = registry.is_wanted(each.name) ? Severity::failure : Severity::warning;
        if (const auto problem = foresee_key_problem(each)) {
            result.push_back(tell_key_problem(severity, each.name, *problem));
        }
        if (const auto problem = foresee_srt_problem(each)) {
            result.push_back(found(severity, "key_unusable", each.name, problem->message));
        }
    }
    if (auto unusable = check_publish_key(config, registry)) {
        result.push_back(std::move(*unusable));
    }
    for (const auto& file : key_files(config)) {
        if (!has_any(file, others)) continue;
        result.push_back(mended_by_taking(
            others, file, found(Severity::warning, "secret_open_to_others", file.string())));
    }
    return result;
}

}  // namespace restream
