// Loading restream.toml and destinations.d.
#include "config/config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/error.hpp"
#include "config/destination_fields.hpp"
#include "config/toml_fields.hpp"
#include "config/url.hpp"
#include "config/wording.hpp"

namespace restream {

namespace fs = std::filesystem;

namespace {

IngestServer read_server(const Fields& fields) {
    const std::string text = fields.text("server").value_or("nginx");
    if (text == "nginx") return IngestServer::nginx;
    if (text == "external") return IngestServer::external;
    if (text == "embedded") {
        fields.fail("server",
                    "is \"embedded\", but this version has no embedded server; use \"nginx\" or "
                    "\"external\"");
    }
    fields.fail("server",
                fmt::format("is {}{}", in_quotes(text), suggestion(text, {"nginx", "external"})));
}

void read_listen(const Fields& fields, IngestConfig& ingest) {
    const auto text = fields.text("listen");
    if (!text) return;
    const auto listen = parse_host_and_port(*text);
    if (!listen) {
        fields.fail("listen", fmt::format("is {}; write \"ADDRESS:PORT\", such as "
                                          "\"127.0.0.1:1935\" (0.0.0.0 is every address)",
                                          in_quotes(*text)));
    }
    ingest.listen_host = listen->host;
    ingest.listen_port = listen->port;
}

void read_publishers(const Fields& fields, IngestConfig& ingest) {
    ingest.allow_publish = fields.texts("allow_publish");
    for (const std::string& one : ingest.allow_publish) {
        if (is_address_or_network(one)) continue;
        fields.fail("allow_publish",
                    fmt::format("has {}, which is no address; write \"192.168.1.7\" or a network "
                                "such as \"192.168.1.0/24\"",
                                in_quotes(one)));
    }
    if (fields.has("publish_key")) {
        fields.fail("publish_key",
                    "needs the embedded server, which this version does not have; use "
                    "allow_publish = [\"ADDRESS OF THE PUBLISHER\"]");
    }
    const bool is_managed = ingest.server != IngestServer::external;
    if (is_managed && !is_loopback(ingest.listen_host) && ingest.allow_publish.empty()) {
        fields.fail("listen",
                    fmt::format("opens the ingest to {}, where anybody could publish; add "
                                "allow_publish = [\"ADDRESS OF THE PUBLISHER\"]",
                                in_quotes(ingest.listen_host)));
    }
}

/// Where players on this machine reach what listens there.
std::string local_url(const IngestConfig& ingest) {
    std::string host = ingest.listen_host;
    if (host == "0.0.0.0") host = "127.0.0.1";
    if (host == "::") host = "::1";
    if (host.find(':') != std::string::npos) host = "[" + host + "]";
    return fmt::format("rtmp://{}:{}/live", host, ingest.listen_port);
}

/// The URL must lead to the server that we run.
void check_managed_url(const Fields& fields, const IngestConfig& ingest) {
    const auto parts = std::get<UrlParts>(split_url(ingest.url));
    constexpr int rtmp_port = 1935;
    const int port = parts.port == 0 ? rtmp_port : parts.port;
    if (parts.scheme != "rtmp") {
        fields.fail("url", "is rtmps, which nginx's RTMP module does not speak; write rtmp://…");
    }
    if (port != ingest.listen_port) {
        fields.fail("url",
                    fmt::format("names port {}, but the server listens on {}; make them equal, "
                                "or leave url out",
                                port, ingest.listen_port));
    }
    const std::string app = parts.segments().front();
    if (!std::all_of(app.begin(), app.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                   c == '_' || c == '-' || c == '.';
        })) {
        fields.fail("url",
                    "has an app that nginx can't have; write letters, digits, \"-\", \"_\" and "
                    "\".\", as in rtmp://127.0.0.1:1935/live");
    }
}

IngestConfig read_ingest(const Fields& fields) {
    fields.allow_only({"server", "listen", "url", "allow_publish", "publish_key", "probe_duration",
                       "probe_bytes"});
    IngestConfig ingest;
    ingest.server = read_server(fields);
    read_listen(fields, ingest);
    read_publishers(fields, ingest);
    ingest.url = local_url(ingest);
    if (const auto text = fields.text("url")) {
        auto checked = check_ingest_url(*text);
        if (const auto* problem = std::get_if<UrlProblem>(&checked)) {
            fields.fail("url", problem->message);
        }
        ingest.url = std::get<std::string>(checked);
        if (ingest.server != IngestServer::external) check_managed_url(fields, ingest);
    }
    // Less than 100 ms holds not even a few frames; after a minute nobody believes in an answer.
    ingest.probe_duration =
        fields.duration("probe_duration", Milliseconds(100), std::chrono::minutes(1))
            .value_or(ingest.probe_duration);
    ingest.probe_bytes =
        static_cast<std::uint64_t>(fields.integer("probe_bytes", 1'000, 1'000'000'000)
                                       .value_or(static_cast<std::int64_t>(ingest.probe_bytes)));
    return ingest;
}

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
    explicit Loader(const fs::path& directory) { config_.directory = directory; }

    Config load() {
        std::error_code ignored;
        if (fs::exists(config_.directory, ignored) &&
            !fs::is_directory(config_.directory, ignored)) {
            throw Error(ErrorKind::config, config_.directory.string() + ": must be a folder");
        }
        const fs::path main_file = config_.directory / "restream.toml";
        if (is_there(main_file)) read_main_file(main_file);
        for (const fs::path& file : destination_files()) read_destination_file(file);
        std::sort(config_.destinations.begin(), config_.destinations.end(),
                  [](const auto& a, const auto& b) { return a.name < b.name; });
        return std::move(config_);
    }

  private:
    /// Also true for a link that leads nowhere: it is then an error, not an empty configuration.
    static bool is_there(const fs::path& path) {
        std::error_code error;
        const auto status = fs::symlink_status(path, error);
        if (status.type() == fs::file_type::not_found) return false;
        if (error) throw_unreadable(path, error);
        return true;
    }

    [[noreturn]] static void throw_unreadable(const fs::path& path, const std::error_code& error) {
        throw Error(ErrorKind::config,
                    fmt::format("{}: can't be read: {}", path.string(), error.message()), error);
    }

    void read_main_file(const fs::path& file) {
        const toml::table root = parse_toml(file, read_config_text(file));
        const Fields top(file, root, "");
        top.allow_only({"ingest", "defaults", "log", "destination"});
        if (const auto* table = top.child("ingest")) {
            config_.ingest = read_ingest(Fields(file, *table, "[ingest]"));
        }
        if (const auto* table = top.child("log")) {
            config_.log = read_log(Fields(file, *table, "[log]"));
        }
        if (const auto* table = top.child("defaults")) {
            const Fields fields(file, *table, "[defaults]");
            fields.allow_only({"on_ingest_loss", "hold"});
            defaults_ = read_defaults(fields, defaults_);
        }
        const toml::node* destinations = root.get("destination");
        if (destinations == nullptr) return;
        if (!destinations->is_table()) {
            top.fail_type("destination", "tables; write [destination.NAME]");
        }
        for (const auto& [key, node] : *destinations->as_table()) {
            read_table(file, key, node);
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
        std::error_code error;
        if (!fs::is_directory(folder, error)) {
            throw Error(ErrorKind::config, folder.string() + ": must be a folder");
        }
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

    Config config_;
    DestinationDefaults defaults_;
    Presets presets_;
};

}  // namespace

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
    if (const auto problem = name_problem(name)) {
        throw Error(ErrorKind::usage,
                    fmt::format("{} can't name a destination: {}", in_quotes(name), *problem));
    }
    std::vector<std::string> known;
    for (const Destination& destination : destinations) known.push_back(destination.name);
    throw Error(
        ErrorKind::usage,
        fmt::format("there is no destination {}{} ('restream add {} --service ID' adds one)",
                    in_quotes(name), suggestion(name, known), name));
}

Config load_config(const fs::path& directory) { return Loader(directory).load(); }

}  // namespace restream
