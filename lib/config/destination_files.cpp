#include "config/destination_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <system_error>

#include "base/error.hpp"
#include "config/config.hpp"
#include "config/field_editor.hpp"
#include "system/path_fault.hpp"
#include "system/paths.hpp"

namespace restream {

namespace fs = std::filesystem;

namespace {

bool is_there(const fs::path& path) {
    std::error_code error;
    return fs::exists(fs::symlink_status(path, error));
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

bool is_named(const Config& config, const fs::path& file) {
    return std::ranges::any_of(config.destinations, [&](const Destination& each) {
        for (const auto* reference : {&each.key, &each.passphrase, &each.stream_id}) {
            const auto* from = std::get_if<KeyFile>(reference);
            if (from != nullptr && from->path == file) return true;
        }
        return false;
    });
}

}  // namespace

fs::path destinations_folder(const fs::path& config_directory) {
    return config_directory / "destinations.d";
}

fs::path destination_file(const fs::path& config_directory, const std::string& name) {
    return destinations_folder(config_directory) / (name + ".toml");
}

fs::path key_file_of(const fs::path& config_directory, const std::string& name) {
    return destinations_folder(config_directory) / (name + ".key");
}

fs::path passphrase_file_of(const fs::path& config_directory, const std::string& name) {
    return destinations_folder(config_directory) / (name + ".passphrase");
}

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
    write_config_file(path, Secret(key.reveal() + "\n").reveal(), Holds::secret);
}

void write_with_secrets(const std::vector<SecretFile>& secrets, const fs::path& file,
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

}  // namespace restream
