#include "status/ingest_view.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "ingest/address.hpp"
#include "ingest/control.hpp"
#include "ingest/refusal_words.hpp"
#include "state/media_json.hpp"
#include "status/media_words.hpp"
#include "status/status.hpp"
#include "status/values_json.hpp"
#include "system/tcp.hpp"

namespace restream {

namespace {

/// What is shown of those who were turned away, or cut off: the latest.
constexpr std::size_t most_refusals_shown = 3;
constexpr std::size_t most_cut_offs_shown = 5;

IngestView look_at_external(const IngestConfig& config, IngestView view) {
    if (config.url.empty()) return view;  // it stands in what could not be read
    const RtmpEndpoint endpoint = ingest_endpoint(config);
    const auto problem =
        connect_problem(endpoint.host, endpoint.port, Deadline::after(std::chrono::seconds(1)));
    if (problem) view.status.state = IngestState::down;
    view.problem = problem.value_or("");
    return view;
}

void look_at_nginx(const IngestConfig& config, const Layout& layout, IngestView& view) {
    const auto stat = ask_nginx(layout.nginx_directory(), Deadline::after(nginx_patience));
    const auto* found = stat ? stat->find(ingest_endpoint(config)) : nullptr;
    if (found != nullptr) view.nginx = *found;
}

void look_at_embedded(const IngestConfig& config, const Layout& layout, IngestView& view) {
    view.embedded = last_publications(layout);
    if (!view.embedded) return;
    if (const auto* played = view.embedded->played(played_path(config))) view.played = *played;
}

Json trouble_value(const IngestStatus& status) {
    if (!status.trouble) return nullptr;
    return {{"code", status.trouble->code},
            {"message", status.trouble->message},
            {"cause", status.trouble->cause},
            {"remedy", status.trouble->remedy},
            {"values", json_of(status.trouble->values)}};
}

Json refusal_json(const IngestRefusal& refusal) {
    return {{"wish", refusal.wish == IngestRefusal::Wish::publish ? "publish" : "play"},
            {"when", to_iso8601(refusal.when)},
            {"address", refusal.address},
            {"software", refusal.software},
            {"code", code_of_refusal(refusal.problem)},
            {"problem", refusal.problem},
            {"times", refusal.times}};
}

Json cut_off_json(const CutOff& cut_off) {
    return {{"role", cut_off_role_name(cut_off.role)},
            {"when", to_iso8601(cut_off.when)},
            {"address", cut_off.address},
            {"software", cut_off.software},
            {"code", cut_off.code},
            {"problem", describe_cut_off(cut_off)},
            {"times", cut_off.times}};
}

Json nginx_tracks(const NginxPublication& publication) {
    Json value = {{"players", publication.players()}, {"video", nullptr}, {"audio", nullptr}};
    if (const auto& video = publication.video) {
        value["video"] = {{"codec", video->codec},
                          {"width", video->width},
                          {"height", video->height},
                          {"fps", video->frame_rate},
                          {"frame_rate", video->frame_rate}};
    }
    if (const auto& audio = publication.audio) {
        value["audio"] = {{"codec", audio->codec},
                          {"channels", audio->channels},
                          {"sample_rate_hz", audio->sample_rate_hz}};
    }
    return value;
}

/// One of the two between which the server changes; null where it does not publish.
Json encoder_json(const PublicationRecord* encoder) {
    if (encoder == nullptr) return nullptr;
    Json value = {{"path", encoder->path},
                  {"address", encoder->address},
                  {"software", encoder->software},
                  {"since", to_iso8601(encoder->since)},
                  {"bytes_received", encoder->bytes_received},
                  {"bitrate_kbps", encoder->bitrate_kbps},
                  {"players", encoder->players},
                  {"gop_ms", encoder->gop.count()}};
    value.update(json_of(encoder->media));
    return value;
}

Json embedded_json(const IngestView& view) {
    Json value = {{"publisher", nullptr}};
    if (const auto& played = view.played) {
        value["publisher"] = {{"address", played->address},
                              {"software", played->software},
                              {"since", to_iso8601(played->since)}};
        value["players"] = played->players;
        value["bytes_received"] = played->bytes_received;
        value["bitrate_kbps"] = played->bitrate_kbps;
        value["gop_ms"] = played->gop.count();
        value.update(json_of(played->media));
    }
    if (const auto& on_air = view.embedded->on_air) {
        value["on_air"] = encoder_role_name(on_air->role);
        value["on_air_since"] = to_iso8601(on_air->since);
        value["primary"] = encoder_json(view.embedded->find(EncoderRole::primary));
        value["backup"] = encoder_json(view.embedded->find(EncoderRole::backup));
    }
    value["refusals"] = Json::array();
    for (const auto& each : view.embedded->refusals) {
        value["refusals"].push_back(refusal_json(each));
    }
    value["cut_offs"] = Json::array();
    for (const auto& each : view.embedded->cut_offs) {
        value["cut_offs"].push_back(cut_off_json(each));
    }
    value["cut_off_count"] = view.embedded->cut_off_count;
    value["silent_visits"] = view.embedded->silent_visits;
    value["connections"] = view.embedded->connections;
    value["dropped_players"] = view.embedded->dropped_players;
    return value;
}

std::string state_words(const IngestStatus& status) {
    switch (status.state) {
        case IngestState::live:
            return "somebody publishes";
        case IngestState::silent:
            return status.silence == Silence::picture ? "silent: sound arrives, and no picture"
                                                      : "silent: nothing arrives";
        case IngestState::no_publisher:
            return "up, nobody publishes";
        case IngestState::down:
            return "down";
        case IngestState::unknown:
            return "up, but it does not say who publishes";
    }
    return "unknown";
}

std::string nginx_text(const NginxPublication& publication) {
    const std::string words = media_words(media_facts_of(publication));
    const auto players = publication.players();
    return (words.empty() ? "" : "  " + words + "\n") +
           fmt::format("  {} player{}\n", players, players == 1 ? "" : "s");
}

std::string ago(WallTime then, WallTime now) {
    return describe_duration(std::chrono::duration_cast<std::chrono::seconds>(
        std::max(now - then, WallTime::duration(0))));
}

std::string played_text(const PublicationRecord& played, WallTime now) {
    std::string text = fmt::format("  from {} for {}{}\n", played.address, ago(played.since, now),
                                   played.software.empty() ? "" : ", " + played.software);
    if (const auto words = media_words(played.media); !words.empty()) text += "  " + words + "\n";
    return text + fmt::format("  {} player{}\n", played.players, played.players == 1 ? "" : "s");
}

/// Who is on the air, and what the other one does.
std::string on_air_text(const PublicationsRecord& record, WallTime now) {
    const OnAirRecord& on_air = *record.on_air;
    const auto other =
        on_air.role == EncoderRole::primary ? EncoderRole::backup : EncoderRole::primary;
    std::string text = fmt::format("  on the air for {}: the {}\n", ago(on_air.since, now),
                                   encoder_role_name(on_air.role));
    const PublicationRecord* const second = record.find(other);
    if (second == nullptr) {
        return text + fmt::format("  the {} does not publish\n", encoder_role_name(other));
    }
    text += fmt::format("  the {} publishes, too: from {} for {}{}\n", encoder_role_name(other),
                        second->address, ago(second->since, now),
                        second->software.empty() ? "" : ", " + second->software);
    if (const auto words = media_words(second->media); !words.empty()) {
        text += "    " + words + "\n";
    }
    return text;
}

std::string times_text(std::uint32_t times) {
    return times > 1 ? fmt::format(" ({} times)", times) : "";
}

std::string cut_offs_text(const PublicationsRecord& record, WallTime now) {
    std::string text;
    for (std::size_t i = 0; i < std::min(record.cut_offs.size(), most_cut_offs_shown); ++i) {
        const CutOff& each = record.cut_offs[i];
        text += fmt::format("  cut off {} ago: {} from {}{}: it {}{}\n", ago(each.when, now),
                            cut_off_role_name(each.role), each.address,
                            each.software.empty() ? "" : ", " + each.software,
                            describe_cut_off(each), times_text(each.times));
    }
    return text;
}

std::string refusals_text(const PublicationsRecord& record, WallTime now) {
    std::string text;
    for (std::size_t i = 0; i < std::min(record.refusals.size(), most_refusals_shown); ++i) {
        const IngestRefusal& each = record.refusals[i];
        text += fmt::format("  refused {} ago: {} from {}{}: {}{}\n", ago(each.when, now),
                            each.wish == IngestRefusal::Wish::publish ? "publisher" : "player",
                            each.address, each.software.empty() ? "" : ", " + each.software,
                            each.problem, times_text(each.times));
    }
    return text;
}

}  // namespace

IngestView look_at_ingest(const Config& config, const Registry& registry) {
    IngestView view;
    view.status = look(config, registry, {}).ingest;
    if (config.ingest.server == IngestServer::external &&
        !other_running_server(config.ingest, registry.layout())) {
        return look_at_external(config.ingest, std::move(view));
    }
    view.record = live_ingest_record(registry.layout());
    if (view.record) view.problem = view.record->problem;
    const auto kind = view.record ? view.record->kind : config.ingest.server;
    if (kind == IngestServer::nginx) look_at_nginx(config.ingest, registry.layout(), view);
    if (kind == IngestServer::embedded) look_at_embedded(config.ingest, registry.layout(), view);
    return view;
}

IngestView look_at_ingest(const ConfigReading& reading, const Registry& registry) {
    IngestView view = look_at_ingest(shown_config(reading, registry.layout()), registry);
    view.config_problem = reading.problem;
    return view;
}

Json json_of(const IngestView& view) {
    Json value = {{"server", ingest_server_name(view.status.server)},
                  {"running", nullptr},
                  {"url", view.status.url},
                  {"state", ingest_state_name(view.status.state)},
                  {"pid", nullptr},
                  {"worker_pid", nullptr},
                  {"restarts", view.record ? view.record->restarts : 0},
                  {"problem", nullptr},
                  {"silence", silence_json(view.status)},
                  {"trouble", trouble_value(view.status)},
                  {"players", nullptr},
                  {"video", nullptr},
                  {"audio", nullptr},
                  {"on_air", nullptr}};
    if (view.record) value["running"] = ingest_server_name(view.record->kind);
    if (view.status.pid) value["pid"] = *view.status.pid;
    if (view.status.worker_pid) value["worker_pid"] = *view.status.worker_pid;
    if (!view.problem.empty()) value["problem"] = view.problem;
    if (view.nginx) value.update(nginx_tracks(*view.nginx));
    if (view.embedded) value.update(embedded_json(view));
    return {{"schema", 1},
            {"config_error", json_of(view.config_problem)},
            {"ingest", std::move(value)}};
}

std::string to_json(const IngestView& view) { return json_of(view).dump(2) + "\n"; }

std::string to_text(const IngestView& view, WallTime now) {
    std::string text = fmt::format("{} at {}: {}\n", ingest_server_name(view.status.server),
                                   view.status.url, state_words(view.status));
    if (!view.problem.empty()) text += fmt::format("  {}\n", view.problem);
    if (view.record && view.record->kind != view.status.server) {
        const bool is_external = view.status.server == IngestServer::external;
        text += fmt::format(
            "  {} runs, but restream.toml wants {}; 'restream ingest {}' ends it, and "
            "interrupts every live destination\n",
            describe_server(view.record->kind), describe_server(view.status.server),
            is_external ? "stop" : "restart");
    }
    if (view.status.pid) {
        text += fmt::format("  PID {}, server {}, {} restarts\n", *view.status.pid,
                            view.status.worker_pid.value_or(0),
                            view.record ? view.record->restarts : 0);
    }
    const auto words = silence_words(view.status.silence, view.status.silent_since, now);
    if (!words.empty()) text += fmt::format("  {}\n", words);
    if (view.nginx) text += nginx_text(*view.nginx);
    if (view.played) text += played_text(*view.played, now);
    if (view.embedded && view.embedded->on_air) text += on_air_text(*view.embedded, now);
    if (const auto& trouble = view.status.trouble) {
        text += fmt::format("  {}; {}\n", trouble->message, trouble->remedy);
    }
    if (view.embedded) text += refusals_text(*view.embedded, now);
    if (view.embedded) text += cut_offs_text(*view.embedded, now);
    return text;
}

}  // namespace restream
