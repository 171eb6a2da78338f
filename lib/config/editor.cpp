// Writing destinations.d: add, key, remove.
#include "config/editor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <system_error>

#include "base/atomic_file.hpp"
#include "base/error.hpp"
#include "base/path_fault.hpp"
#include "base/paths.hpp"
#include "config/config.hpp"
#include "config/destination_fields.hpp"
#include "config/field_editor.hpp"
#include "config/key_text.hpp"
#include "config/srt_options.hpp"
#include "config/toml_fields.hpp"
#include "config/wording.hpp"

namespace restream {

namespace fs = std::filesystem;

namespace {

fs::path folder_of(const fs::path& config_directory) { return config_directory / "destinations.d"; }

fs::path file_of(const fs::path& config_directory, const std::string& name) {
    return folder_of(config_directory) / (name + ".toml");
}

fs::path key_file_of(const fs::path& config_directory, const std::string& name) {
    return folder_of(config_directory) / (name + ".key");
}

fs::path passphrase_file_of(const fs::path& config_directory, const std::string& name) {
    return folder_of(config_directory) / (name + ".passphrase");
}

bool is_there(const fs::path& path) {
    std::error_code error;
    return fs::exists(fs::symlink_status(path, error));
}

/// The value of `key = …`. A key file beside `file` is written by its name alone, so that the
/// folder can be moved. A key's text never stands here: it goes to a key file.
std::string key_value(const KeyReference& key, const fs::path& file) {
    if (const auto* from = std::get_if<KeyFile>(&key)) {
        const bool is_beside = from->path.parent_path() == file.parent_path();
        const fs::path shown = is_beside ? from->path.filename() : from->path;
        return fmt::format("{{ file = {} }}", toml_string(shown.string()));
    }
    if (const auto* from = std::get_if<KeyEnv>(&key)) {
        return fmt::format("{{ env = {} }}", toml_string(from->variable));
    }
    return fmt::format("{{ command = {} }}", toml_string(std::get<KeyCommand>(key).command));
}

void write_key_file(const fs::path& path, const Secret& key) {
    write_config_file(path, Secret(key.reveal() + "\n").reveal());
}

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

/// Removes a file that it was told about unless it is told to keep it: what an edit wrote first
/// must not stay when its second step fails.
class Unwritten {
  public:
    explicit Unwritten(fs::path path) : path_(std::move(path)) {}
    ~Unwritten() {
        std::error_code ignored;
        if (!path_.empty()) fs::remove(path_, ignored);
    }
    Unwritten(const Unwritten&) = delete;
    Unwritten& operator=(const Unwritten&) = delete;
    void keep() { path_.clear(); }

  private:
    fs::path path_;
};

/// A secret on its way into a file of its own.
struct SecretFile {
    fs::path path;
    Secret text;
};

/// Writes the secrets' files, then `toml` over `file`: so a reader never finds a file that names
/// one that is not there.
void write_all(const std::vector<SecretFile>& secrets, const fs::path& file,
               const std::string& toml) {
    std::vector<std::unique_ptr<Unwritten>> unwritten;
    for (const SecretFile& each : secrets) {
        unwritten.push_back(
            std::make_unique<Unwritten>(is_there(each.path) ? fs::path() : each.path));
        write_key_file(each.path, each.text);
    }
    write_config_file(file, toml);
    for (const auto& each : unwritten) each->keep();
}

bool is_named(const Config& config, const fs::path& file) {
    return std::ranges::any_of(config.destinations, [&](const Destination& each) {
        for (const auto* reference : {&each.key, &each.passphrase, &each.stream_id}) {
            const auto* from = std::get_if<KeyFile>(reference);
            if (from != nullptr && from->path == file) return true;
        }
        return false;
    });
}

/// Deletes a secret's file that is ours, where no destination names it.
void drop_secret_file(const fs::path& config_directory, const fs::path& ours) {
    try {
        if (is_named(load_config(config_directory), ours)) return;
    } catch (const Error&) {
        return;  // Whether it is needed can't be known: it stays.
    }
    std::error_code error;
    fs::remove(ours, error);
    if (error) {
        throw Error(ErrorKind::refused,
                    fmt::format("deleting the key file {}: {}; delete it yourself", ours.string(),
                                file_fault(ours, error).describe()),
                    error);
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
    const auto write_secret = [&](std::string_view field, const KeyReference& secret,
                                  const fs::path& own_file) {
        if (std::holds_alternative<std::monostate>(secret)) return;
        const bool is_text = std::holds_alternative<KeyText>(secret);
        const KeyReference from = is_text ? KeyFile{own_file} : secret;
        toml +=
            fmt::format("{} = {}\n", field, key_value(from, file_of(config_directory, added.name)));
    };
    write_secret("key", added.key, key_file_of(config_directory, added.name));
    write_secret("passphrase", added.passphrase, passphrase_file_of(config_directory, added.name));
    return toml;
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
    const fs::path file = file_of(config_directory, added.name);
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
    const fs::path file = file_of(config_directory, added.name);
    const std::string toml = new_text(config_directory, added);
    make_private_directory(folder_of(config_directory));
    std::vector<SecretFile> secrets;
    if (const auto* text = std::get_if<KeyText>(&added.key)) {
        secrets.push_back({key_file_of(config_directory, added.name), text->text});
    }
    if (const auto* text = std::get_if<KeyText>(&added.passphrase)) {
        secrets.push_back({passphrase_file_of(config_directory, added.name), text->text});
    }
    write_all(secrets, file, toml);
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
    const fs::path file = file_of(config_directory, destination.name);
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
        write_all({SecretFile{own_key_file, text->text}}, file, toml);
    } else {
        write_config_file(file, toml);
    }
    if (named != nullptr && named->path == own_key_file) {
        drop_secret_file(config_directory, own_key_file);
    }
}

void change_destination(const fs::path& config_directory, const Destination& destination,
                        const std::vector<FieldChange>& changes) {
    const fs::path file = file_of(config_directory, destination.name);
    if (destination.origin != file) {
        throw Error(
            ErrorKind::config,
            fmt::format("{}:{}: destination {} stands in a file that only you write; change "
                        "it there",
                        destination.origin.string(), destination.line, destination.name));
    }
    const std::string toml = edited_text(file, changes);
    Presets presets;
    const Destination changed = parse_destination(file, toml, DestinationDefaults(), presets);
    for (const Destination& other : load_config(config_directory).destinations) {
        if (other.name == destination.name || !are_same_playlist(changed, other)) continue;
        throw Error(ErrorKind::usage,
                    fmt::format("destination {} writes this playlist already", other.name));
    }
    write_config_file(file, toml);
}

void check_is_removable(const fs::path& config_directory, const Destination& destination) {
    const fs::path file = file_of(config_directory, destination.name);
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
    const fs::path file = file_of(config_directory, destination.name);
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
