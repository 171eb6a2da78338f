// Loading restream.toml and destinations.d.
#include "config/config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/error.hpp"
#include "config/config_reading.hpp"
#include "config/dashboard_fields.hpp"
#include "config/destination_fields.hpp"
#include "config/ingest_fields.hpp"
#include "config/toml_fields.hpp"
#include "config/url.hpp"
#include "config/wording.hpp"
#include "system/path_fault.hpp"
#include "system/path_trust.hpp"

namespace restream {

namespace fs = std::filesystem;

namespace {

LogConfig read_log(const Fields& fields) {
    fields.allow_only({"max_bytes", "keep"});
    LogConfig log;
    log.max_bytes =
        static_cast<std::uint64_t>(fields.integer("max_bytes", 10'000, 1'000'000'000)
                                       .value_or(static_cast<std::int64_t>(log.max_bytes)));
    log.keep = static_cast<int>(fields.integer("keep", 0, 100).value_or(log.keep));
    return log;
}

/// Reads the folder's files, one after the other, into a Config.
class Loader {
  public:
    enum class OnProblem { ends, goes_on };

    Loader(const fs::path& directory, OnProblem on_problem) : on_problem_(on_problem) {
        config_.directory = directory;
        reading_.knows_ingest = reading_.knows_dashboard = false;
    }

    ConfigReading load() {
        const bool is_usable = attempt([&] { require(config_.directory, FolderUse::enter); });
        // What others may have put there is not even shown.
        if (is_usable) read_all();
        reading_.config = std::move(config_);
        return std::move(reading_);
    }

  private:
    void read_all() {
        attempt([&] { read_main_file(config_.directory / "restream.toml"); });
        std::vector<fs::path> files;
        attempt([&] { files = destination_files(); });
        for (const fs::path& file : files) {
            attempt([&] { read_destination_file(file); });
        }
        std::sort(config_.destinations.begin(), config_.destinations.end(),
                  [](const auto& a, const auto& b) { return a.name < b.name; });
        attempt([&] { refuse_shared_playlists(); });
    }

    /// Notes the first problem where it may go on. Returns whether there was none.
    template <typename Step>
    bool attempt(const Step& step) {
        try {
            step();
            return true;
        } catch (const Error& error) {
            if (on_problem_ == OnProblem::ends) throw;
            if (!reading_.problem) reading_.problem = config_problem(error.what());
            return false;
        }
    }

    static void require(const fs::path& folder, FolderUse use) {
        auto fault = folder_fault(folder, use);
        if (!fault) fault = trust_fault(folder);
        if (fault) {
            throw_path_fault("reading the configuration", *fault, ErrorKind::config);
        }
    }

    /// Two relays that write one live playlist would take its segments from each other.
    void refuse_shared_playlists() const {
        for (const Destination& one : config_.destinations) {
            const auto other = std::ranges::find_if(config_.destinations, [&](const auto& each) {
                return each.name < one.name && are_same_playlist(each, one);
            });
            if (other == config_.destinations.end()) continue;
            throw Error(ErrorKind::config,
                        fmt::format("{}:{}: destination {} writes the same playlist as {} ({}:{}); "
                                    "give each a name of its own",
                                    one.origin.string(), one.line, one.name, other->name,
                                    other->origin.string(), other->line));
        }
    }

    /// Also true for a link that leads nowhere: it is then an error, not an empty configuration.
    static bool is_there(const fs::path& path) {
        std::error_code error;
        const auto status = fs::symlink_status(path, error);
        if (status.type() == fs::file_type::not_found) return false;
        if (error) throw_unreadable(path, error);
        return true;
    }

    [[noreturn]] static void throw_unreadable(const fs::path& path, const std::error_code& error) {
        throw Error(
            ErrorKind::config,
            fmt::format("reading {}: {}", path.string(), file_fault(path, error).describe()),
            error);
    }

    void read_main_file(const fs::path& file) {
        if (!is_there(file)) {
            reading_.knows_ingest = reading_.knows_dashboard = true;
            return;
        }
        const toml::table root = parse_toml(file, read_config_text(file));
        const Fields top(file, root, "");
        attempt([&] { top.allow_only({"ingest", "defaults", "log", "dashboard", "destination"}); });
        reading_.knows_ingest = attempt([&] {
            if (const auto* table = top.child("ingest")) {
                config_.ingest = read_ingest(Fields(file, *table, "[ingest]"));
            }
        });
        attempt([&] {
            if (const auto* table = top.child("log")) {
                config_.log = read_log(Fields(file, *table, "[log]"));
            }
        });
        reading_.knows_dashboard = attempt([&] {
            if (const auto* table = top.child("dashboard")) {
                config_.dashboard = read_dashboard(Fields(file, *table, "[dashboard]"));
            }
        });
        attempt([&] {
            if (const auto* table = top.child("defaults")) {
                const Fields fields(file, *table, "[defaults]");
                fields.allow_only({"on_ingest_loss", "hold", "slate", "slate_after", "slate_limit",
                                   "on_state", "on_state_deadline", "on_state_for"});
                defaults_ = read_defaults(fields, defaults_);
            }
        });
        const toml::node* destinations = root.get("destination");
        if (destinations == nullptr) return;
        if (!destinations->is_table()) {
            top.fail_type("destination", "tables; write [destination.NAME]");
        }
        for (const auto& [key, node] : *destinations->as_table()) {
            attempt([&, &key = key, &node = node] { read_table(file, key, node); });
        }
    }

    void read_table(const fs::path& file, const toml::key& key, const toml::node& node) {
        const std::string name(key.str());
        if (const auto problem = name_problem(name)) {
            fail_at(file, key.source(),
                    fmt::format("{} can't name a destination: {}", in_quotes(name), *problem));
        }
        if (!node.is_table()) {
            fail_at(
                file, key.source(),
                fmt::format("{} stands outside of a destination; write [destination.NAME] above "
                            "its fields",
                            in_quotes(name)));
        }
        const Fields fields(file, *node.as_table(), fmt::format("[destination.{}]", name));
        config_.destinations.push_back(read_destination(name, fields, defaults_, presets_));
    }

    /// Files that end in .toml; what begins with a dot or ends otherwise is an editor's.
    std::vector<fs::path> destination_files() const {
        const fs::path folder = config_.directory / "destinations.d";
        std::vector<fs::path> files;
        if (!is_there(folder)) return files;
        require(folder, FolderUse::list);
        std::error_code error;
        fs::directory_iterator entry(folder, error);
        for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
            const std::string file_name = entry->path().filename().string();
            if (file_name.starts_with('.') || !file_name.ends_with(".toml")) continue;
            files.push_back(entry->path());
        }
        if (error) throw_unreadable(folder, error);
        std::sort(files.begin(), files.end());
        return files;
    }

    void read_destination_file(const fs::path& file) {
        const std::string name = file.stem().string();
        if (const auto problem = name_problem(name)) {
            throw Error(ErrorKind::config,
                        fmt::format("{}/{}: can't name a destination: {}; rename the file",
                                    file.parent_path().string(),
                                    in_quotes(file.filename().string()), *problem));
        }
        if (const Destination* other = config_.find(name)) {
            throw Error(
                ErrorKind::config,
                fmt::format("{}: duplicate: destination {} stands in {}:{} too; remove one of "
                            "them",
                            file.string(), name, other->origin.string(), other->line));
        }
        const std::string text = read_config_text(file);
        config_.destinations.push_back(parse_destination(file, text, defaults_, presets_));
    }

    const OnProblem on_problem_;
    ConfigReading reading_;
    Config config_;
    DestinationDefaults defaults_;
    Presets presets_;
};

}  // namespace

std::string_view ingest_server_name(IngestServer server) {
    switch (server) {
        case IngestServer::embedded:
            return "embedded";
        case IngestServer::nginx:
            return "nginx";
        case IngestServer::external:
            return "external";
    }
    return "external";
}

std::optional<IngestServer> ingest_server_from_name(std::string_view name) {
    for (const auto each : {IngestServer::embedded, IngestServer::nginx, IngestServer::external}) {
        if (name == ingest_server_name(each)) return each;
    }
    return std::nullopt;
}

Destination parse_destination(const fs::path& file, std::string_view text,
                              const DestinationDefaults& defaults, Presets& presets) {
    const toml::table root = parse_toml(file, text);
    // A file of destinations.d is all one destination: the habit of restream.toml is a likely slip.
    if (root.contains("destination")) {
        fail_at(file, root.get("destination")->source(),
                "the file is the destination; write its fields without [destination.NAME]");
    }
    Destination destination =
        read_destination(file.stem().string(), Fields(file, root, ""), defaults, presets);
    destination.line = 1;
    return destination;
}

std::string IngestConfig::display_url() const { return masked_url(url, Playpath::is_after_first); }

const Destination* Config::find(std::string_view name) const {
    const auto found =
        std::find_if(destinations.begin(), destinations.end(),
                     [&](const Destination& destination) { return destination.name == name; });
    return found == destinations.end() ? nullptr : &*found;
}

const Destination& Config::at(std::string_view name) const {
    if (const Destination* found = find(name)) return *found;
    std::vector<std::string> known;
    for (const Destination& destination : destinations) known.push_back(destination.name);
    if (const auto problem = name_problem(name)) {
        const auto near = nearest_word(name, known);
        throw Error(
            ErrorKind::usage,
            near ? fmt::format("there is no destination {}; did you mean {}?", in_quotes(name),
                               in_quotes(*near))
                 : fmt::format("{} can't name a destination: {}", in_quotes(name), *problem));
    }
    throw Error(
        ErrorKind::usage,
        fmt::format("there is no destination {}{} ('restream add {} --service ID' adds one)",
                    in_quotes(name), suggestion(name, known), name));
}

Config load_config(const fs::path& directory) {
    return Loader(directory, Loader::OnProblem::ends).load().config;
}

ConfigReading read_config(const fs::path& directory) {
    return Loader(directory, Loader::OnProblem::goes_on).load();
}

}  // namespace restream
