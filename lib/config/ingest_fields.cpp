#include "config/ingest_fields.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "config/key_fields.hpp"
#include "config/key_text.hpp"
#include "config/state_hook_fields.hpp"
#include "config/url.hpp"
#include "config/wording.hpp"

namespace restream {

namespace {

bool is_name_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

IngestServer read_server(const Fields& fields) {
    const auto text = fields.text("server");
    if (!text) return IngestServer::embedded;
    if (const auto server = ingest_server_from_name(*text)) return *server;
    fields.fail("server", fmt::format("is {}{}", in_quotes(*text),
                                      suggestion(*text, {"embedded", "nginx", "external"})));
}

void read_listen(const Fields& fields, IngestConfig& ingest) {
    const auto text = fields.text("listen");
    if (!text) return;
    const auto listen = parse_host_and_port(*text);
    if (!listen) {
        fields.fail("listen", fmt::format("is {}; write \"ADDRESS:PORT\", such as "
                                          "\"127.0.0.1:1935\" (0.0.0.0 is every IPv4 address, [::] "
                                          "every address)",
                                          in_quotes(*text)));
    }
    ingest.listen_host = listen->host;
    ingest.listen_port = listen->port;
}

std::vector<std::string> read_networks(const Fields& fields, std::string_view field) {
    auto networks = fields.texts(field);
    for (const std::string& one : networks) {
        if (is_address_or_network(one)) continue;
        fields.fail(field,
                    fmt::format("has {}, which is no address; write \"192.168.1.7\" or a network "
                                "such as \"192.168.1.0/24\"",
                                in_quotes(one)));
    }
    return networks;
}

/// What only the embedded server can do is refused with the others, not ignored: who set a key must
/// not believe to be safe by it.
void read_publish_key(const Fields& fields, IngestConfig& ingest) {
    if (!fields.has("publish_key")) return;
    if (ingest.server == IngestServer::nginx) {
        fields.fail("publish_key",
                    "needs the embedded server: nginx knows no keys; set server = \"embedded\", or "
                    "use allow_publish = [\"ADDRESS OF THE PUBLISHER\"]");
    }
    if (ingest.server == IngestServer::external) {
        fields.fail("publish_key",
                    "needs the embedded server: an external one decides by itself who may publish; "
                    "set server = \"embedded\", or remove the line and set the key in that server");
    }
    ingest.publish_key = read_key(fields, "publish_key");
    const auto* text = std::get_if<KeyText>(&ingest.publish_key);
    if (text == nullptr) return;
    if (const auto problem = publish_key_problem(text->text.reveal())) {
        fields.fail("publish_key", *problem);
    }
}

void read_takeover(const Fields& fields, IngestConfig& ingest) {
    const toml::node* node = fields.table().get("takeover_after");
    if (node == nullptr) return;
    if (ingest.server != IngestServer::embedded) {
        fields.fail("takeover_after",
                    "needs the embedded server; set server = \"embedded\", or remove the line");
    }
    if (!node->is_string()) {
        fields.fail_type("takeover_after", "a duration in quotes, such as \"3s\", or \"never\"");
    }
    ingest.takeover_after =
        node->as_string()->get() == "never"
            ? std::nullopt
            : fields.duration("takeover_after", Milliseconds(0), std::chrono::hours(1));
}

void check_backup_name(const Fields& fields, const IngestConfig& ingest) {
    constexpr std::size_t longest_name = 64;
    const std::string& name = ingest.backup;
    const bool is_name =
        !name.empty() && name.size() <= longest_name && std::ranges::all_of(name, is_name_letter);
    if (!is_name) {
        fields.fail("backup", fmt::format("is {}; write a name of up to {} letters, digits, \"-\", "
                                          "\"_\" and \".\", such as \"backup\"",
                                          in_quotes(name), longest_name));
    }
    const auto* key = std::get_if<KeyText>(&ingest.publish_key);
    if (key != nullptr && name == key->text.reveal()) {
        fields.fail("backup",
                    "is the publish_key, but the backup's name is shown; write another, such as "
                    "\"backup\"");
    }
    if (name == std::get<UrlParts>(split_url(ingest.url)).segments().back()) {
        fields.fail("backup",
                    "is the last part of url, the name of the primary; the backup needs another, "
                    "such as \"backup\"");
    }
}

void read_backup(const Fields& fields, IngestConfig& ingest) {
    const auto name = fields.text("backup");
    if (!name && fields.has("backup_return_after")) {
        fields.fail("backup_return_after",
                    "needs a backup; add backup = \"backup\", or remove the line");
    }
    if (!name) return;
    if (ingest.server != IngestServer::embedded) {
        fields.fail("backup",
                    "needs the embedded server, which alone can change from one publisher to "
                    "another; set server = \"embedded\", or remove the line");
    }
    ingest.backup = *name;
    check_backup_name(fields, ingest);
    // Less would let a line that comes and goes throw viewers to and fro.
    ingest.backup_return_after =
        fields.duration("backup_return_after", std::chrono::seconds(1), std::chrono::hours(1))
            .value_or(ingest.backup_return_after);
}

/// Whose events a process of ours sees: the guardian of a server that we run.
void read_hook(const Fields& fields, IngestConfig& ingest) {
    for (const char* field : {"on_state", "on_state_deadline", "on_state_for"}) {
        if (ingest.server != IngestServer::external || !fields.has(field)) continue;
        fields.fail(field,
                    "needs a server that restream runs: of an external one, only relays see "
                    "whether it sends; set server = \"embedded\", or use on_state of [defaults] "
                    "(a relay that holds says why)");
    }
    ingest.on_state = read_state_hook(fields, {}, states_of_ingest);
}

/// Beyond loopback, something must tell the publisher from a stranger.
void check_door(const Fields& fields, const IngestConfig& ingest) {
    if (ingest.server == IngestServer::external || is_loopback(ingest.listen_host)) return;
    if (ingest.has_publish_key() || !ingest.allow_publish.empty()) return;
    const std::string_view key = ingest.server == IngestServer::embedded
                                     ? "publish_key = \"A WORD THAT ONLY YOU KNOW\" (OBS sends it "
                                       "as its stream key), or "
                                     : "";
    fields.fail("listen", fmt::format("opens the ingest to {}, where anybody could publish; add "
                                      "{}allow_publish = [\"ADDRESS OF THE PUBLISHER\"]",
                                      in_quotes(ingest.listen_host), key));
}

/// Where players on this machine reach what listens there.
std::string local_url(const IngestConfig& ingest) {
    std::string host = ingest.listen_host;
    // "::" is every address of both families.
    if (host == "0.0.0.0" || host == "::") host = "127.0.0.1";
    if (host.find(':') != std::string::npos) host = "[" + host + "]";
    return fmt::format("rtmp://{}:{}/live", host, ingest.listen_port);
}

bool is_nginx_app(const std::string& app) { return std::ranges::all_of(app, is_name_letter); }

/// The URL must lead to the server that we run.
void check_managed_url(const Fields& fields, const IngestConfig& ingest) {
    const auto parts = std::get<UrlParts>(split_url(ingest.url));
    constexpr int rtmp_port = 1935;
    const int port = parts.port == 0 ? rtmp_port : parts.port;
    if (parts.scheme != "rtmp") {
        fields.fail("url",
                    fmt::format("is rtmps, which {} does not speak; write rtmp://…",
                                ingest.server == IngestServer::nginx ? "nginx's RTMP module"
                                                                     : "the embedded server"));
    }
    if (port != ingest.listen_port) {
        fields.fail("url",
                    fmt::format("names port {}, but the server listens on {}; make them equal, "
                                "or leave url out",
                                port, ingest.listen_port));
    }
    const auto segments = parts.segments();
    if (ingest.server == IngestServer::nginx && !is_nginx_app(segments.front())) {
        fields.fail("url",
                    "has an app that nginx can't have; write letters, digits, \"-\", \"_\" and "
                    "\".\", as in rtmp://127.0.0.1:1935/live");
    }
    const auto* key = std::get_if<KeyText>(&ingest.publish_key);
    if (key != nullptr && segments.back() == key->text.reveal()) {
        fields.fail("url",
                    "ends with publish_key, which only the publisher adds; write what relays play, "
                    "as in rtmp://127.0.0.1:1935/live");
    }
}

}  // namespace

IngestConfig read_ingest(const Fields& fields) {
    fields.allow_only({"server", "listen", "url", "publish_key", "allow_publish", "allow_play",
                       "takeover_after", "backup", "backup_return_after", "probe_duration",
                       "probe_bytes", "on_state", "on_state_deadline", "on_state_for"});
    IngestConfig ingest;
    ingest.server = read_server(fields);
    read_listen(fields, ingest);
    ingest.allow_publish = read_networks(fields, "allow_publish");
    ingest.allow_play = read_networks(fields, "allow_play");
    read_publish_key(fields, ingest);
    read_takeover(fields, ingest);
    check_door(fields, ingest);
    ingest.url = local_url(ingest);
    if (const auto text = fields.text("url")) {
        auto checked = check_ingest_url(*text);
        if (const auto* problem = std::get_if<UrlProblem>(&checked)) {
            fields.fail("url", problem->message);
        }
        ingest.url = std::get<std::string>(checked);
        if (ingest.server != IngestServer::external) check_managed_url(fields, ingest);
    }
    read_backup(fields, ingest);
    read_hook(fields, ingest);
    // Less than 100 ms holds not even a few frames; after a minute nobody believes in an answer.
    ingest.probe_duration =
        fields.duration("probe_duration", Milliseconds(100), std::chrono::minutes(1))
            .value_or(ingest.probe_duration);
    ingest.probe_bytes =
        static_cast<std::uint64_t>(fields.integer("probe_bytes", 1'000, 1'000'000'000)
                                       .value_or(static_cast<std::int64_t>(ingest.probe_bytes)));
    return ingest;
}

}  // namespace restream
