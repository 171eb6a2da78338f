// Stream keys from files, variables and commands.
#include "config/key.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "base/error.hpp"
#include "config/key_text.hpp"
#include "config/srt_options.hpp"
#include "config/url.hpp"
#include "system/path_trust.hpp"
#include "system/paths.hpp"
#include "system/process.hpp"

namespace restream {

namespace {

namespace fs = std::filesystem;

using Resolved = std::variant<Secret, KeyProblem>;

constexpr std::uintmax_t longest_key_file_bytes = 4096;

/// A key that is asked for: where it comes from, and how it is spoken of.
struct Asked {
    const KeyReference& reference;
    fs::path folder;     ///< where its command runs
    std::string what;    ///< "the stream key"
    std::string remedy;  ///< how it is replaced
    std::optional<std::string> (*problem)(std::string_view) = key_text_problem;
};

std::string how_to_replace(const Destination& destination) {
    return fmt::format("'restream key {}' stores a new one", destination.name);
}

Asked asked_for(const Destination& destination) {
    return {destination.key, destination.origin.parent_path(), "the stream key",
            how_to_replace(destination)};
}

std::string where_it_is_named(std::string_view field, const Destination& destination) {
    return fmt::format("it is named by {} in {}", field, destination.origin.string());
}

Asked asked_for_passphrase(const Destination& destination) {
    return {destination.passphrase, destination.origin.parent_path(), "the SRT passphrase",
            where_it_is_named("passphrase", destination), srt_passphrase_problem};
}

Asked asked_for_stream_id(const Destination& destination) {
    return {destination.stream_id, destination.origin.parent_path(), "the SRT stream ID",
            where_it_is_named("streamid", destination), srt_stream_id_problem};
}

Asked asked_for_publish_key(const Config& config) {
    return {config.ingest.publish_key, config.directory, "publish_key",
            "it is named by publish_key in restream.toml", publish_key_problem};
}

Asked asked_for_dashboard_password(const Config& config) {
    return {config.dashboard.password, config.directory, "the dashboard's password",
            "it is named by password in restream.toml"};
}

/// The first line of `text` as a key; `origin` says in messages where it is from.
Resolved first_line(const Asked& asked, std::string_view text, const std::string& origin) {
    // White space first: a file that begins with an empty line has its key in the next one.
    std::string_view key = trimmed_key(text);
    key = trimmed_key(key.substr(0, key.find('\n')));
    if (const auto problem = asked.problem(key)) {
        return KeyProblem{
            fmt::format("{} from {} {}; {}", asked.what, origin, *problem, asked.remedy)};
    }
    return Secret(std::string(key));
}

Resolved read_key_file(const Asked& asked, const fs::path& path) {
    const std::string origin = path.string();
    std::variant<std::string, PathFault> read;
    try {
        read = read_trusted_file(path, longest_key_file_bytes);
    } catch (const Error& error) {
        if (error.cause() == std::errc::file_too_large) {
            return KeyProblem{fmt::format("{} is longer than 4 KiB, which no secret is; {}", origin,
                                          asked.remedy)};
        }
        return KeyProblem{fmt::format("the key file {} can't be read: {}; {}", origin,
                                      error.cause().message(), asked.remedy),
                          KeyProblem::Kind::file_unreadable, origin, error.cause().message()};
    }
    if (const auto* fault = std::get_if<PathFault>(&read)) {
        return KeyProblem{fmt::format("the key file can't be trusted: {}", fault->describe())};
    }
    auto& text = std::get<std::string>(read);
    Resolved found = first_line(asked, text, origin);
    std::fill(text.begin(), text.end(), '\0');
    return found;
}

KeyProblem unset_variable(const Asked& asked, const std::string& variable) {
    return KeyProblem{
        fmt::format("the variable {}, which holds {}, is not set here; export it first, or store "
                    "it elsewhere: {}",
                    variable, asked.what, asked.remedy),
        KeyProblem::Kind::variable_unset, variable};
}

Resolved run_key_command(const Asked& asked, const std::string& command, const Deadline& deadline,
                         const std::function<bool()>& is_cancelled) {
    SpawnRequest request = shell_request(command);
    // Who waits for it may be killed: then at least the shell ends, too.
    request.dies_with_parent = true;
    // As for key files: what is relative is relative to the file that says so.
    request.working_directory = asked.folder;
    Captured captured;
    try {
        captured = run_captured(std::move(request), deadline, is_cancelled);
    } catch (const Error& error) {
        return KeyProblem{fmt::format("the key command can't be started: {}", error.what())};
    }
    if (captured.timed_out) {
        return KeyProblem{
            "the key command did not end in time and was killed; it must not ask questions: run it "
            "in a shell to see what it waits for"};
    }
    if (captured.status != 0) {
        // Neither the command nor what it printed is shown: both may hold secrets.
        const auto how = captured.status < 256
                             ? fmt::format("ended with status {}", captured.status)
                             : fmt::format("was ended by signal {}", captured.status - 256);
        return KeyProblem{fmt::format("the key command {}; run it in a shell to see why", how)};
    }
    Resolved found = first_line(asked, captured.output, "its command");
    std::fill(captured.output.begin(), captured.output.end(), '\0');
    return found;
}

Resolved resolve(const Asked& asked, const Deadline& deadline,
                 const std::function<bool()>& is_cancelled) {
    if (const auto* key = std::get_if<KeyText>(&asked.reference)) return key->text;
    if (const auto* key = std::get_if<KeyFile>(&asked.reference)) {
        return read_key_file(asked, key->path);
    }
    if (const auto* key = std::get_if<KeyEnv>(&asked.reference)) {
        const auto text = environment(key->variable.c_str());
        if (!text) return unset_variable(asked, key->variable);
        return first_line(asked, *text, key->variable);
    }
    if (const auto* key = std::get_if<KeyCommand>(&asked.reference)) {
        return run_key_command(asked, key->command, deadline, is_cancelled);
    }
    return Secret();
}

/// What is read in no time; of a command nothing can be said.
std::optional<KeyProblem> foresee(const Asked& asked) {
    if (std::holds_alternative<KeyCommand>(asked.reference)) return std::nullopt;
    auto resolved = resolve(asked, Deadline::never(), {});
    if (auto* problem = std::get_if<KeyProblem>(&resolved)) return std::move(*problem);
    return std::nullopt;
}

/// A service takes no session without a key, unless it stands in the URL already.
std::optional<KeyProblem> missing_key(const Destination& destination) {
    if (destination.service.empty() || !destination.url.starts_with("rtmp")) return std::nullopt;
    const auto read = split_url(destination.url);
    const auto* parts = std::get_if<UrlParts>(&read);
    if (parts == nullptr || parts->segments().size() > 1) return std::nullopt;
    return KeyProblem{fmt::format("it has no stream key, which {} needs; {}", destination.service,
                                  how_to_replace(destination)),
                      KeyProblem::Kind::missing, destination.service};
}

}  // namespace

Resolved resolve_key(const Destination& destination, const Deadline& deadline,
                     const std::function<bool()>& is_cancelled) {
    return resolve(asked_for(destination), deadline, is_cancelled);
}

Resolved resolve_passphrase(const Destination& destination, const Deadline& deadline,
                            const std::function<bool()>& is_cancelled) {
    return resolve(asked_for_passphrase(destination), deadline, is_cancelled);
}

Resolved resolve_stream_id(const Destination& destination, const Deadline& deadline,
                           const std::function<bool()>& is_cancelled) {
    return resolve(asked_for_stream_id(destination), deadline, is_cancelled);
}

std::variant<Secret, KeyProblem> resolve_publish_key(const Config& config, const Deadline& deadline,
                                                     const std::function<bool()>& is_cancelled) {
    return resolve(asked_for_publish_key(config), deadline, is_cancelled);
}

std::variant<Secret, KeyProblem> resolve_dashboard_password(
    const Config& config, const Deadline& deadline, const std::function<bool()>& is_cancelled) {
    return resolve(asked_for_dashboard_password(config), deadline, is_cancelled);
}

std::variant<Secret, KeyProblem> resolve_webhook(const Webhook& webhook) {
    return resolve(
        {webhook.url, {}, "the webhook's URL", "it is named by on_state", webhook_problem},
        Deadline::never(), {});
}

std::optional<KeyProblem> foresee_key_problem(const Destination& destination) {
    if (std::holds_alternative<std::monostate>(destination.key)) return missing_key(destination);
    return foresee(asked_for(destination));
}

std::optional<KeyProblem> foresee_srt_problem(const Destination& destination) {
    if (auto problem = foresee(asked_for_passphrase(destination))) return problem;
    return foresee(asked_for_stream_id(destination));
}

std::vector<std::string> own_variables(const Destination& destination) {
    std::vector<std::string> names;
    for (const auto* each : {&destination.key, &destination.passphrase, &destination.stream_id}) {
        if (const auto* from = std::get_if<KeyEnv>(each)) names.push_back(from->variable);
    }
    return names;
}

std::optional<KeyProblem> foresee_publish_key_problem(const Config& config) {
    return foresee(asked_for_publish_key(config));
}

std::optional<std::size_t> foresee_publish_key_size(const Config& config) {
    const Asked asked = asked_for_publish_key(config);
    if (!config.ingest.has_publish_key() || std::holds_alternative<KeyCommand>(asked.reference)) {
        return std::nullopt;
    }
    const auto resolved = resolve(asked, Deadline::never(), {});
    const auto* key = std::get_if<Secret>(&resolved);
    return key == nullptr ? std::nullopt : std::optional(key->reveal().size());
}

std::optional<KeyProblem> foresee_dashboard_password_problem(const Config& config) {
    return foresee(asked_for_dashboard_password(config));
}

std::vector<std::string> key_variables(const Config& config) {
    std::vector<std::string> variables;
    const auto add = [&](const KeyReference& reference) {
        if (const auto* key = std::get_if<KeyEnv>(&reference)) variables.push_back(key->variable);
    };
    for (const Destination& destination : config.destinations) {
        for (const auto& name : own_variables(destination)) variables.push_back(name);
        if (const auto name = destination.on_state.variable(); !name.empty()) {
            variables.push_back(name);
        }
    }
    if (const auto name = config.ingest.on_state.variable(); !name.empty()) {
        variables.push_back(name);
    }
    add(config.ingest.publish_key);
    add(config.dashboard.password);
    std::sort(variables.begin(), variables.end());
    variables.erase(std::unique(variables.begin(), variables.end()), variables.end());
    return variables;
}

std::vector<std::string> key_variables_but_those_of(const Config& config,
                                                    const Destination& destination) {
    std::vector<std::string> variables = key_variables(config);
    for (const auto& name : own_variables(destination)) std::erase(variables, name);
    std::erase(variables, destination.on_state.variable());
    return variables;
}

std::vector<std::string> key_variables_but_publish_key(const Config& config) {
    std::vector<std::string> variables = key_variables(config);
    if (const auto* own = std::get_if<KeyEnv>(&config.ingest.publish_key)) {
        std::erase(variables, own->variable);
    }
    return variables;
}

std::vector<std::string> dashboard_variables(const Config& config) {
    const auto* own = std::get_if<KeyEnv>(&config.dashboard.password);
    return own == nullptr ? std::vector<std::string>() : std::vector{own->variable};
}

}  // namespace restream
