// Reading share/services.toml.
#include "config/platform.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "config/toml_fields.hpp"
#include "config/url.hpp"

namespace restream {

namespace {

KeyLifetime read_lifetime(const Fields& fields) {
    const std::string text = fields.text("key_lifetime").value_or("forever");
    if (text == "forever") return KeyLifetime::forever;
    if (text == "broadcast") return KeyLifetime::broadcast;
    if (text == "once") return KeyLifetime::once;
    fields.fail("key_lifetime", "must be \"forever\", \"broadcast\" or \"once\"");
}

OnTrackChange read_track_change(const Fields& fields) {
    const std::string text = fields.text("on_track_change").value_or("pass");
    if (text == "pass") return OnTrackChange::pass;
    if (text == "reconnect") return OnTrackChange::reconnect;
    fields.fail("on_track_change", "must be \"pass\" or \"reconnect\"");
}

Backup read_backup(const Fields& fields) {
    const auto found = parse_backup(fields.text("backup").value_or("failover"));
    if (!found || *found == Backup::off) fields.fail("backup", "must be \"both\" or \"failover\"");
    return *found;
}

std::string read_url(const Fields& fields, std::string_view field) {
    const std::string text = fields.text(field).value_or("");
    if (text.empty()) return "";
    auto checked = check_destination_url(text);
    if (const auto* problem = std::get_if<UrlProblem>(&checked))
        fields.fail(field, problem->message);
    return std::get<std::string>(checked);
}

Platform read_platform(const Fields& fields) {
    fields.allow_only({"id", "name", "url", "backup_url", "backup", "keyframe_interval_s",
                       "max_video_kbps", "max_audio_kbps", "codecs", "key_lifetime", "late_refusal",
                       "key_page", "note", "on_track_change"});
    Platform service;
    service.id = fields.text("id").value_or("");
    if (const auto problem = name_problem(service.id)) fields.fail("id", *problem);
    service.name = fields.text("name").value_or(service.id);
    service.url = read_url(fields, "url");
    service.backup_url = read_url(fields, "backup_url");
    service.backup = read_backup(fields);
    const auto number = [&](std::string_view field, int most) {
        return static_cast<int>(fields.integer(field, 0, most).value_or(0));
    };
    service.keyframe_interval_s = number("keyframe_interval_s", 60);
    service.max_video_kbps = number("max_video_kbps", 1'000'000);
    service.max_audio_kbps = number("max_audio_kbps", 10'000);
    service.codecs = fields.texts("codecs");
    service.key_lifetime = read_lifetime(fields);
    service.late_refusal = fields.duration("late_refusal", Milliseconds(0), std::chrono::minutes(1))
                               .value_or(Milliseconds(0));
    service.on_track_change = read_track_change(fields);
    service.key_page = fields.text("key_page").value_or("");
    service.note = fields.text("note").value_or("");
    return service;
}

Platforms read_platforms(const std::filesystem::path& file) {
    const toml::table root = parse_toml(file, read_config_text(file));
    const Fields fields(file, root, "");
    fields.allow_only({"date", "service"});
    Platforms services;
    services.date = fields.text("date").value_or("");
    const toml::array* list = root["service"].as_array();
    if (list == nullptr) throw Error(ErrorKind::config, file.string() + ": names no service");
    for (const toml::node& node : *list) {
        if (!node.is_table()) fail_at(file, node.source(), "must be a table; write [[service]]");
        Platform service = read_platform(Fields(file, *node.as_table(), "[[service]]"));
        if (services.find(service.id) != nullptr) {
            fail_at(file, node.source(), "the service " + service.id + " stands here twice");
        }
        services.list.push_back(std::move(service));
    }
    return services;
}

}  // namespace

const Platform* Platforms::find(std::string_view id) const {
    const auto found = std::find_if(list.begin(), list.end(),
                                    [&](const Platform& service) { return service.id == id; });
    return found == list.end() ? nullptr : &*found;
}

Platforms load_platforms(const std::filesystem::path& share) {
    try {
        return read_platforms(share / "services.toml");
    } catch (const Error& error) {
        throw Error(
            ErrorKind::refused,
            fmt::format("the list of services can't be read: {}; install restream again, or "
                        "set RESTREAM_SHARE_DIR",
                        error.what()),
            error.cause());
    }
}

}  // namespace restream
