// Reading the fields of a destination.
#include "config/destination_fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/key_fields.hpp"
#include "config/srt_options.hpp"
#include "config/state_hook_fields.hpp"
#include "config/url.hpp"
#include "config/wording.hpp"
#include "system/paths.hpp"

namespace restream {

namespace {

std::string read_url(const Fields& fields, std::string_view field) {
    const auto text = fields.text(field);
    if (!text) return "";
    auto checked = check_destination_url(*text);
    if (const auto* problem = std::get_if<UrlProblem>(&checked))
        fields.fail(field, problem->message);
    return std::get<std::string>(checked);
}

/// Finds the service; fills in what the user left to it.
void apply_service(const Fields& fields, Presets& presets, Destination& destination) {
    const auto id = fields.text("service");
    if (!id) {
        if (!fields.has("url")) {
            fail_at(fields.file(), fields.table().source(),
                    fmt::format("destination {} has neither service nor url; write service = "
                                "\"youtube\", say, or url = \"rtmp://HOST/APP\"",
                                destination.name));
        }
        return;
    }
    const Platforms& services = presets.services();
    const Platform* service = services.find(*id);
    if (service == nullptr) {
        std::vector<std::string> known;
        for (const Platform& one : services.list) known.push_back(one.id);
        fields.fail("service",
                    fmt::format("{} is not known{}", in_quotes(*id), suggestion(*id, known)));
    }
    destination.service = service->id;
    destination.late_refusal = service->late_refusal;
    destination.key_lifetime = service->key_lifetime;
    destination.on_track_change = service->on_track_change;
    destination.backup = service->backup;
    if (!destination.url.empty()) return;
    if (service->url.empty()) {
        fields.fail("service", fmt::format("{} gives every account or event its own URL; copy it "
                                           "from there into url = \"…\"",
                                           service->name));
    }
    destination.url = service->url;
    if (destination.backup_url.empty()) destination.backup_url = service->backup_url;
}

/// How the backup is used, where there is one: the user's word, else the service's.
void read_backup(const Fields& fields, Destination& destination) {
    const auto text = fields.text("backup");
    if (text) {
        const auto found = parse_backup(*text);
        if (!found) {
            fields.fail("backup", fmt::format("is {}; it is \"both\", \"failover\" or \"off\"",
                                              in_quotes(*text)));
        }
        destination.backup = *found;
    }
    if (!destination.backup_url.empty()) return;
    if (text && destination.backup != Backup::off) {
        fields.fail("backup", "has no use without a second server; add backup_url = \"…\"");
    }
    destination.backup = Backup::off;
}

/// Who else may read and write the files of a destination that is one.
void read_file_mode(const Fields& fields, Destination& destination) {
    if (fields.has("file_mode") && !destination.url.starts_with("file:")) {
        fields.fail("file_mode", "has no use: only a file: URL has files; remove the line");
    }
    if (fields.has("file_mode") && !fields.table().get("file_mode")->is_string()) {
        fields.fail_type("file_mode", "permissions in quotes, such as \"0640\"");
    }
    const auto text = fields.text("file_mode");
    if (!text) return;
    destination.file_mode = parse_file_mode(*text);
    if (destination.file_mode) return;
    fields.fail(
        "file_mode",
        fmt::format("is {}; write permissions of a file that its owner reads and writes and "
                    "that nobody runs, from \"0600\" to \"0666\", such as \"0640\"",
                    in_quotes(*text)));
}

bool is_given(const KeyReference& reference) {
    return !std::holds_alternative<std::monostate>(reference);
}

/// The passphrase, stream ID and latency of SRT, each from one place.
void read_srt(const Fields& fields, Destination& destination) {
    constexpr std::array<std::string_view, 3> names = {"passphrase", "streamid", "latency"};
    if (!destination.url.starts_with("srt:")) {
        for (const auto name : names) {
            if (fields.has(name)) {
                fields.fail(name, "has no use: only an srt:// URL has one; remove the line");
            }
        }
        return;
    }
    destination.passphrase = read_secret(fields, "passphrase", srt_passphrase_problem);
    destination.stream_id = read_secret(fields, "streamid", srt_stream_id_problem);
    destination.latency = fields.duration("latency", Milliseconds(0), longest_srt_latency);
    for (const std::string* url : {&destination.url, &destination.backup_url}) {
        const SrtOptions in_url = srt_options_in(*url);
        const auto refuse_two = [&](std::string_view name, bool is_in_url) {
            if (is_in_url && fields.has(name)) {
                fields.fail(name, "stands in the URL, too; remove one of them");
            }
        };
        refuse_two("passphrase", !in_url.passphrase.is_empty());
        refuse_two("streamid", !in_url.stream_id.is_empty());
        refuse_two("latency", in_url.latency.has_value());
    }
    if (is_given(destination.stream_id) && is_given(destination.key)) {
        fields.fail("streamid", "says what key does for SRT; remove one of them");
    }
}

void check_combination(const Fields& fields, const Destination& destination) {
    const bool is_file = destination.url.starts_with("file:");
    if (is_file && fields.has("key")) {
        fields.fail("key", "has no use: a file takes none; remove the line");
    }
    if (is_file && fields.has("slate")) {
        fields.fail("slate", "has no use: a file gets none; remove the line");
    }
    if (is_file && fields.has("backup_url")) {
        fields.fail("backup_url", "has no use: a file has no backup; remove the line");
    }
    if (destination.backup_url.starts_with("file:")) {
        fields.fail("backup_url", "can't be a file; add a destination of its own for it");
    }
    if (destination.backup_url == destination.url) {
        fields.fail("backup_url", "is the same as url; remove the line");
    }
}

}  // namespace

const Platforms& Presets::services() {
    if (!services_) services_ = load_platforms(share_directory());
    return *services_;
}

DestinationDefaults read_defaults(const Fields& fields, const DestinationDefaults& otherwise) {
    DestinationDefaults defaults = otherwise;
    if (const auto text = fields.text("on_ingest_loss")) {
        const auto loss = parse_on_ingest_loss(*text);
        if (!loss) {
            fields.fail(
                "on_ingest_loss",
                fmt::format("is {}; it is \"hold\", \"slate\" or \"close\"", in_quotes(*text)));
        }
        defaults.on_ingest_loss = *loss;
    }
    // A day: whoever is away for longer starts anew.
    defaults.hold =
        fields.duration("hold", Milliseconds(0), std::chrono::hours(24)).value_or(otherwise.hold);
    if (const auto text = fields.text("slate")) {
        defaults.slate.picture = read_path(fields, "slate", *text);
    }
    defaults.slate.after = fields.duration("slate_after", Milliseconds(0), std::chrono::minutes(1))
                               .value_or(otherwise.slate.after);
    defaults.slate.limit =
        fields.duration("slate_limit", std::chrono::seconds(1), std::chrono::hours(24))
            .value_or(otherwise.slate.limit);
    defaults.on_state = read_state_hook(fields, otherwise.on_state, states_of_relay);
    return defaults;
}

Destination read_destination(const std::string& name, const Fields& fields,
                             const DestinationDefaults& defaults, Presets& presets) {
    fields.allow_only({"service", "url", "key", "passphrase", "streamid", "latency", "backup_url",
                       "backup", "on_ingest_loss", "hold", "ca_file", "on_track_change", "slate",
                       "slate_after", "slate_limit", "on_state", "on_state_deadline",
                       "on_state_for", "file_mode"});
    Destination destination;
    destination.name = name;
    destination.origin = fields.file();
    destination.line = static_cast<int>(fields.table().source().begin.line);
    destination.url = read_url(fields, "url");
    destination.backup_url = read_url(fields, "backup_url");
    destination.backup = Backup::failover;
    destination.key = read_key(fields, "key");
    apply_service(fields, presets, destination);
    read_backup(fields, destination);
    const auto own = read_defaults(fields, defaults);
    destination.on_ingest_loss = own.on_ingest_loss;
    destination.hold = own.hold;
    destination.slate = own.slate;
    destination.on_state = own.on_state;
    if (const auto text = fields.text("on_track_change")) {
        if (*text != "pass" && *text != "reconnect") {
            fields.fail("on_track_change",
                        fmt::format("is {}; it is \"pass\" or \"reconnect\"", in_quotes(*text)));
        }
        destination.on_track_change =
            *text == "pass" ? OnTrackChange::pass : OnTrackChange::reconnect;
    }
    if (const auto text = fields.text("ca_file")) {
        destination.ca_file = read_path(fields, "ca_file", *text).string();
    }
    read_srt(fields, destination);
    read_file_mode(fields, destination);
    check_combination(fields, destination);
    return destination;
}

}  // namespace restream
