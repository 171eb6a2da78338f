// Writing destinations.d: add, change, key, remove.
#include "config/editor.hpp"

#include <fmt/format.h>

#include <system_error>

#include "base/error.hpp"
#include "config/config.hpp"
#include "config/destination_fields.hpp"
#include "config/destination_files.hpp"
#include "config/field_editor.hpp"
#include "config/key_scope.hpp"
#include "config/key_text.hpp"
#include "config/srt_options.hpp"
#include "config/toml_fields.hpp"
#include "config/wording.hpp"
#include "system/path_fault.hpp"
#include "system/paths.hpp"

namespace restream {

namespace fs = std::filesystem;

namespace {

void check_passphrase(const KeyReference& passphrase) {
    const auto* text = std::get_if<KeyText>(&passphrase);
    if (text == nullptr) return;
    if (const auto problem = srt_passphrase_problem(text->text.reveal())) {
        throw Error(ErrorKind::usage, "the SRT passphrase " + *problem);
    }
}

void check_key(const KeyReference& key) {
    const auto* text = std::get_if<KeyText>(&key);
    if (text == nullptr) return;
    if (const auto problem = key_text_problem(text->text.reveal())) {
        throw Error(ErrorKind::usage, "the stream key " + *problem);
    }
}

/// What NAME.toml is to hold.
std::string new_text(const fs::path& config_directory, const NewDestination& added) {
    std::string toml;
    const auto write_field = [&](std::string_view field, const std::string& value) {
        if (!value.empty()) toml += fmt::format("{} = {}\n", field, toml_string(value));
    };
    write_field("service", added.service);
    write_field("url", added.url);
    write_field("backup_url", added.backup_url);
    write_field("backup", added.backup);
    write_field("on_ingest_loss", added.on_ingest_loss);
    if (added.hold) write_field("hold", format_duration(*added.hold));
    if (added.latency) write_field("latency", format_duration(*added.latency));
    write_field("file_mode", added.file_mode);
    const auto write_secret = [&](std::string_view field, const KeyReference& secret,
                                  const fs::path& own_file) {
        if (std::holds_alternative<std::monostate>(secret)) return;
        const bool is_text = std::holds_alternative<KeyText>(secret);
        const KeyReference from = is_text ? KeyFile{own_file} : secret;
        toml += fmt::format("{} = {}\n", field,
                            key_value(from, destination_file(config_directory, added.name)));
    };
    write_secret("key", added.key, key_file_of(config_directory, added.name));
    write_secret("passphrase", added.passphrase, passphrase_file_of(config_directory, added.name));
    return toml;
}

/// What a change makes of NAME.toml, before anything is written.
struct PlannedChange {
    Destination destination;  ///< as it will load
    std::string toml;
    std::vector<SecretFile> secrets;
    bool has_moved = false;              ///< to servers that its secrets were not given for
    std::string toml_without_secrets{};  ///< where it has moved
    std::vector<std::string> dropped{};
};

/// The secrets that a destination has, by their field.
std::vector<std::string> secrets_of(const Destination& destination) {
    std::vector<std::string> fields;
    const auto take = [&](const char* field, const KeyReference& secret) {
        if (!std::holds_alternative<std::monostate>(secret)) fields.emplace_back(field);
    };
    take("key", destination.key);
    take("passphrase", destination.passphrase);
    take("streamid", destination.stream_id);
    return fields;
}

/// The change with none of the secrets that stand in the file: as it is with other servers.
/// Nothing where it keeps to those that it had.
std::optional<std::string> moved_text(const fs::path& file, const Destination& before,
                                      const std::vector<FieldChange>& fields, Presets& presets) {
    std::optional<std::string> as_it_is;
    try {
        as_it_is = edited_text(file, fields);
        const Destination after =
            parse_destination(file, *as_it_is, DestinationDefaults(), presets);
        if (are_servers_known(before, after, presets.services())) return std::nullopt;
    } catch (const Error&) {
        // Where a secret is what does not fit at the new place, it fits without.
        if (!as_it_is || secrets_of(before).empty()) throw;
    }
    std::vector<FieldChange> all = fields;
    for (const auto& field : secrets_of(before)) all.push_back({field, std::nullopt});
    const std::string without = edited_text(file, all);
    const Destination after = parse_destination(file, without, DestinationDefaults(), presets);
    if (are_servers_known(before, after, presets.services())) {
        // It was something else: said as it was.
        parse_destination(file, *as_it_is, DestinationDefaults(), presets);
    }
    return without;
}

/// **Throws**: as change_destination.
PlannedChange plan(const fs::path& config_directory, const Destination& before,
                   const DestinationChange& change) {
    const fs::path file = destination_file(config_directory, before.name);
    if (before.origin != file) {
        throw Error(
            ErrorKind::config,
            fmt::format("{}:{}: destination {} stands in a file that only you write; change "
                        "it there",
                        before.origin.string(), before.line, before.name));
    }
    if (change.key) check_key(KeyText{*change.key});
    PlannedChange planned;
    Presets presets;
    std::vector<FieldChange> fields = change.fields;
    if (auto without = moved_text(file, before, fields, presets)) {
        planned.has_moved = true;
        planned.toml_without_secrets = std::move(*without);
        for (const auto& field : secrets_of(before)) {
            if (field == "key" && change.key) continue;
            planned.dropped.push_back(field);
            fields.push_back({field, std::nullopt});
        }
    }
    if (change.key) {
        const auto* named = std::get_if<KeyFile>(&before.key);
        const bool goes_where_it_was = named != nullptr && !planned.has_moved;
        const fs::path own = key_file_of(config_directory, before.name);
        planned.secrets.push_back({goes_where_it_was ? named->path : own, *change.key});
        if (!goes_where_it_was) fields.push_back({"key", key_value(KeyFile{own}, file)});
    }
    planned.toml = edited_text(file, fields);
    planned.destination = parse_destination(file, planned.toml, DestinationDefaults(), presets);
    for (const Destination& other : load_config(config_directory).destinations) {
        if (other.name == before.name || !are_same_playlist(planned.destination, other)) continue;
        throw Error(ErrorKind::usage,
                    fmt::format("destination {} writes this playlist already", other.name));
    }
    return planned;
}

/// First without any key: a relay that begins a session in between carries neither the old key to
/// the new server, nor the new key to the old one.
void write_moved(const fs::path& file, const PlannedChange& planned) {
    const std::string before = edited_text(file, {});
    write_config_file(file, planned.toml_without_secrets);
    for (const SecretFile& each : planned.secrets) {
        try {
            write_key_file(each.path, each.text);
        } catch (const Error&) {
            write_config_file(file, before);
            throw;
        }
    }
    write_config_file(file, planned.toml);
}

void check_is_free(const fs::path& config_directory, const std::string& name) {
    if (const auto problem = name_problem(name)) {
        throw Error(ErrorKind::usage,
                    fmt::format("{} can't name a destination: {}", in_quotes(name), *problem));
    }
    const Config config = load_config(config_directory);
    if (const Destination* taken = config.find(name)) {
        throw Error(
            ErrorKind::usage,
            fmt::format("there is a destination {} already ({}:{}); 'restream key {}' replaces "
                        "its key, 'restream remove {}' deletes it",
                        name, taken->origin.string(), taken->line, name, name));
    }
}

}  // namespace

Destination preview_destination(const fs::path& config_directory, const NewDestination& added) {
    check_is_free(config_directory, added.name);
    check_key(added.key);
    check_passphrase(added.passphrase);
    const fs::path file = destination_file(config_directory, added.name);
    Presets presets;
    Destination preview =
        parse_destination(file, new_text(config_directory, added), DestinationDefaults(), presets);
    for (const Destination& other : load_config(config_directory).destinations) {
        if (!are_same_playlist(preview, other)) continue;
        throw Error(ErrorKind::usage,
                    fmt::format("destination {} writes this playlist already; give this one "
                                "another name or folder",
                                other.name));
    }
    return preview;
}

void add_destination(const fs::path& config_directory, const NewDestination& added) {
    preview_destination(config_directory, added);
    const fs::path file = destination_file(config_directory, added.name);
    const std::string toml = new_text(config_directory, added);
    make_private_directory(destinations_folder(config_directory));
    std::vector<SecretFile> secrets;
    if (const auto* text = std::get_if<KeyText>(&added.key)) {
        secrets.push_back({key_file_of(config_directory, added.name), text->text});
    }
    if (const auto* text = std::get_if<KeyText>(&added.passphrase)) {
        secrets.push_back({passphrase_file_of(config_directory, added.name), text->text});
    }
    write_with_secrets(secrets, file, toml);
}

void replace_key(const fs::path& config_directory, const Destination& destination,
                 const KeyReference& key) {
    check_key(key);
    if (std::holds_alternative<std::monostate>(key)) {
        throw Error(ErrorKind::usage, "no stream key was given");
    }
    const auto* text = std::get_if<KeyText>(&key);
    const auto* named = std::get_if<KeyFile>(&destination.key);
    if (text != nullptr && named != nullptr) {
        write_key_file(named->path, text->text);
        return;
    }
    const fs::path file = destination_file(config_directory, destination.name);
    const fs::path own_key_file = key_file_of(config_directory, destination.name);
    const std::string value = key_value(text == nullptr ? key : KeyFile{own_key_file}, file);
    if (destination.origin != file) {
        // Relative to restream.toml the key file has another name: the whole path is always right.
        const std::string advice = text == nullptr ? value : key_value(KeyFile{own_key_file}, {});
        throw Error(ErrorKind::config,
                    fmt::format("{}:{}: destination {} stands in a file that only you write; write "
                                "there: key = {}{}",
                                destination.origin.string(), destination.line, destination.name,
                                advice, text == nullptr ? "" : ", then give the key again"));
    }
    const std::string toml = edited_text(file, {{"key", value}});
    // Also what can't be: a file destination takes no key.
    Presets presets;
    parse_destination(file, toml, DestinationDefaults(), presets);
    if (text != nullptr) {
        write_with_secrets({SecretFile{own_key_file, text->text}}, file, toml);
    } else {
        write_config_file(file, toml);
    }
    if (named != nullptr && named->path == own_key_file) {
        drop_secret_file(config_directory, own_key_file);
    }
}

ChangedDestination preview_change(const fs::path& config_directory, const Destination& destination,
                                  const DestinationChange& change) {
    const PlannedChange planned = plan(config_directory, destination, change);
    return {planned.destination, planned.dropped};
}

ChangedDestination change_destination(const fs::path& config_directory,
                                      const Destination& destination,
                                      const DestinationChange& change) {
    const PlannedChange planned = plan(config_directory, destination, change);
    const fs::path file = destination_file(config_directory, destination.name);
    if (planned.has_moved && !planned.secrets.empty()) {
        write_moved(file, planned);
    } else {
        write_with_secrets(planned.secrets, file, planned.toml);
    }
    if (planned.has_moved) {
        drop_secret_file(config_directory, key_file_of(config_directory, destination.name));
        drop_secret_file(config_directory, passphrase_file_of(config_directory, destination.name));
    }
    return {planned.destination, planned.dropped};
}

void check_is_removable(const fs::path& config_directory, const Destination& destination) {
    const fs::path file = destination_file(config_directory, destination.name);
    if (destination.origin == file) {
        // Found out before its relay is stopped: what stays configured goes on.
        const auto fault = folder_fault(file.parent_path(), FolderUse::write);
        if (fault) throw_path_fault("deleting " + file.string(), *fault);
        return;
    }
    throw Error(ErrorKind::config,
                fmt::format("{}:{}: destination {} stands in a file that only you write; delete "
                            "[destination.{}] there",
                            destination.origin.string(), destination.line, destination.name,
                            destination.name));
}

void remove_destination(const fs::path& config_directory, const Destination& destination) {
    check_is_removable(config_directory, destination);
    const fs::path file = destination_file(config_directory, destination.name);
    std::error_code error;
    fs::remove(file, error);
    if (error) {
        throw Error(
            ErrorKind::refused,
            fmt::format("deleting {}: {}", file.string(), file_fault(file, error).describe()),
            error);
    }
    drop_secret_file(config_directory, key_file_of(config_directory, destination.name));
    drop_secret_file(config_directory, passphrase_file_of(config_directory, destination.name));
}

}  // namespace restream
