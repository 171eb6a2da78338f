// restream ingest start|stop|reload|restart|status: the ingest server.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/paths.hpp"
#include "command.hpp"
#include "ingest/address.hpp"
#include "ingest/control.hpp"
#include "ingest/nginx_server.hpp"
#include "ingest/nginx_stat.hpp"
#include "ingest/record.hpp"
#include "ingest/server.hpp"
#include "ingest/tcp.hpp"
#include "relay/healer.hpp"
#include "relay_batch.hpp"
#include "status/status.hpp"

namespace {

using namespace restream;
using nlohmann::ordered_json;

/// Everything that can be said of the server, for one who asks for it alone.
struct View {
    IngestStatus status;
    std::optional<IngestRecord> record;
    std::optional<NginxPublication> publication;
    std::string problem;  ///< why it is down; may be empty
};

View look_at_ingest(const Config& config, const Registry& registry) {
    View view{look(config, registry, {}).ingest, {}, {}, {}};
    if (config.ingest.server == IngestServer::external) {
        const RtmpEndpoint endpoint = ingest_endpoint(config.ingest);
        const auto problem =
            connect_problem(endpoint.host, endpoint.port, Deadline::after(std::chrono::seconds(1)));
        if (problem) view.status.state = IngestState::down;
        view.problem = problem.value_or("");
        return view;
    }
    view.record = live_ingest_record(registry.layout());
    if (view.record) view.problem = view.record->problem;
    const auto stat =
        ask_nginx(registry.layout().nginx_directory(), Deadline::after(nginx_patience));
    const auto* found = stat ? stat->find(ingest_endpoint(config.ingest)) : nullptr;
    if (found != nullptr) view.publication = *found;
    return view;
}

ordered_json to_json_value(const View& view) {
    ordered_json value = {{"server", ingest_server_name(view.status.server)},
                          {"url", view.status.url},
                          {"state", ingest_state_name(view.status.state)},
                          {"pid", nullptr},
                          {"worker_pid", nullptr},
                          {"restarts", view.record ? view.record->restarts : 0},
                          {"problem", nullptr},
                          {"players", nullptr},
                          {"video", nullptr},
                          {"audio", nullptr}};
    if (view.status.pid) value["pid"] = *view.status.pid;
    if (view.status.worker_pid) value["worker_pid"] = *view.status.worker_pid;
    if (!view.problem.empty()) value["problem"] = view.problem;
    if (!view.publication) return value;
    value["players"] = view.publication->players();
    if (const auto& video = view.publication->video) {
        value["video"] = {{"codec", video->codec},
                          {"width", video->width},
                          {"height", video->height},
                          {"frame_rate", video->frame_rate}};
    }
    if (const auto& audio = view.publication->audio) {
        value["audio"] = {{"codec", audio->codec},
                          {"channels", audio->channels},
                          {"sample_rate_hz", audio->sample_rate_hz}};
    }
    return value;
}

std::string state_words(IngestState state) {
    switch (state) {
        case IngestState::live:
            return "somebody publishes";
        case IngestState::no_publisher:
            return "up, nobody publishes";
        case IngestState::down:
            return "down";
        case IngestState::unknown:
            return "up, but it does not say who publishes";
    }
    return "unknown";
}

void print_text(const View& view) {
    fmt::print("{} at {}: {}\n", ingest_server_name(view.status.server), view.status.url,
               state_words(view.status.state));
    if (!view.problem.empty()) fmt::print("  {}\n", view.problem);
    if (view.status.pid) {
        fmt::print("  PID {}, server {}, {} restarts\n", *view.status.pid,
                   view.status.worker_pid.value_or(0), view.record ? view.record->restarts : 0);
    }
    if (!view.publication) return;
    if (const auto& video = view.publication->video) {
        fmt::print("  video {} {}x{} {:g} fps\n", video->codec, video->width, video->height,
                   video->frame_rate);
    }
    if (const auto& audio = view.publication->audio) {
        fmt::print("  audio {} {} Hz, {} channels\n", audio->codec, audio->sample_rate_hz,
                   audio->channels);
    }
    fmt::print("  {} players\n", view.publication->players());
}

/// 1 where it is down, or does not answer although it is ours.
int print_status(const Workplace& place, Report report) {
    const View view = look_at_ingest(place.config, place.registry);
    if (report == Report::json) {
        const ordered_json document = {{"schema", 1}, {"ingest", to_json_value(view)}};
        fmt::print("{}\n", document.dump(2, ' ', false, ordered_json::error_handler_t::replace));
    } else {
        print_text(view);
    }
    const bool is_silent =
        view.status.state == IngestState::unknown && view.status.server != IngestServer::external;
    const bool is_no = is_silent || view.status.state == IngestState::down;
    return is_no ? static_cast<int>(ErrorKind::no) : 0;
}

int start(Report report) {
    const Workplace place("ingest");
    require_managed(place.config.ingest);
    const auto result = start_ingest(place.config, place.registry.layout());
    if (report == Report::json) return print_status(place, report);
    fmt::print("ingest: {}, {}\n", result == IngestStart::started ? "started" : "was running",
               place.config.ingest.display_url());
    fmt::print("{}", obs_settings(place.config.ingest));
    return 0;
}

int stop(Report report) {
    const Workplace place("ingest", ConfigFault::is_told);
    const bool was_running = stop_ingest(place.registry.layout());
    // One that was started before the configuration said "external" is still ours to stop.
    if (!was_running) require_managed(place.config.ingest);
    if (report == Report::json) {
        print_status(place, report);
        return 0;
    }
    fmt::print("ingest: {}\n", was_running ? "stopped" : "was not running");
    return 0;
}

std::vector<std::string> living(const Workplace& place) {
    std::vector<std::string> names = place.every_known();
    std::erase_if(names, [&](const auto& name) { return !place.registry.is_alive(name); });
    return names;
}

void tell_live(const Workplace& place, std::string_view what) {
    std::vector<std::string> live;
    for (const auto& each : look(place.config, place.registry, {}).destinations) {
        if (each.state == State::live || each.state == State::holding) live.push_back(each.name);
    }
    if (live.empty()) {
        fmt::print(stderr, "ingest: no destination is live; {}\n", what);
        return;
    }
    fmt::print(stderr, "ingest: {} {} live ({}) and will be interrupted; {}\n", live.size(),
               live.size() == 1 ? "destination is" : "destinations are", fmt::join(live, ", "),
               what);
}

/// Those that run and are configured, and those that are wanted and were not stopped on purpose.
BatchOptions coming_back(const Workplace& place, Report report) {
    BatchOptions batch;
    batch.wish = Control::Wish::as_it_is;
    batch.report = report;
    for (const auto& each : place.config.destinations) {
        const bool is_due =
            place.registry.is_wanted(each.name) && !place.registry.is_down(each.name);
        if (is_due || place.registry.is_alive(each.name)) batch.names.push_back(each.name);
    }
    return batch;
}

int bring_back(const Workplace& place, const BatchOptions& batch) {
    return batch.names.empty() ? 0 : start_and_wait(place, batch, "");
}

int reload(Report report) {
    const Workplace place("ingest");
    require_managed(place.config.ingest);
    tell_live(place, "reloading");
    reload_ingest(place.config, place.registry.layout());
    if (report == Report::text) fmt::print("ingest: reloaded\n");
    return bring_back(place, coming_back(place, report));
}

int restart(Report report) {
    const Workplace place("ingest");
    require_managed(place.config.ingest);
    tell_live(place, "restarting");
    const BatchOptions batch = coming_back(place, report);
    for (const auto& [name, problem] : place.control.stop(living(place), Control::Keep::wanted)) {
        complain(place.verb, name + ": " + problem);
    }
    stop_ingest(place.registry.layout());
    int status = 0;
    try {
        start_ingest(place.config, place.registry.layout());
        if (report == Report::text) fmt::print("ingest: restarted\n");
    } catch (const Error& error) {
        // The relays are brought back all the same: they wait for the ingest, as they did before.
        complain(place.verb, error.what());
        status = static_cast<int>(error.kind());
    }
    return std::max(status, bring_back(place, batch));
}

/// The server's guardian: started by the others, or by a service manager.
int serve() {
    StartReport report;
    const Layout layout(state_directory());
    const auto load = [] { return load_config(config_directory()); };
    Healer healer(Registry(layout), load, program_directory());
    serve_nginx(
        layout, load, [&] { healer.look(SteadyClock::now()); }, report);
    return 0;
}

CommandBody declare(CLI::App& app) {
    const auto json = std::make_shared<bool>(false);
    const auto body = std::make_shared<CommandBody>();
    const auto report = [json] { return *json ? Report::json : Report::text; };
    const auto add = [&](const char* name, const char* does, CommandBody what) {
        CLI::App* sub = app.add_subcommand(name, does);
        sub->add_flag("--json", *json, "one JSON document on standard output");
        sub->callback([body, what = std::move(what)] { *body = what; });
        return sub;
    };
    add("start", "start it and wait until it takes publishers", [=] { return start(report()); });
    add("stop", "end it; relays stay and wait", [=] { return stop(report()); });
    add("reload", "read the configuration again; OBS reconnects", [=] { return reload(report()); });
    add("restart", "stop the relays and the server, start them again",
        [=] { return restart(report()); });
    add("status", "whether it is up, and who publishes",
        [json] { return print_status(Workplace("ingest"), *json ? Report::json : Report::text); });
    add("serve", "be the server's guardian, in the foreground", serve)->group("");
    app.require_subcommand(1);
    return [body] { return (*body)(); };
}

}  // namespace

int main(int argc, char** argv) {
    return run_command("ingest", "The ingest server: what takes the picture from OBS.", argc, argv,
                       declare);
}
