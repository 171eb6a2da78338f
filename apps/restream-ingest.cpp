// restream ingest start|stop|reload|restart|status: the ingest server.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "command.hpp"
#include "ingest/control.hpp"
#include "ingest/ingest_guard.hpp"
#include "ingest/server.hpp"
#include "relay/healer.hpp"
#include "relay_batch.hpp"
#include "state/state_access.hpp"
#include "status/ingest_hook.hpp"
#include "status/ingest_view.hpp"
#include "status/status.hpp"
#include "system/log.hpp"
#include "system/paths.hpp"

namespace {

using namespace restream;

/// 1 where it is down, or does not answer although it is ours; 3 where the configuration is broken.
int print_status(const Workplace& place, Report report) {
    const IngestView view = look_at_ingest(place.reading, place.registry);
    if (report == Report::json) {
        fmt::print("{}", to_json(view));
    } else {
        print_lines(StandardHandle::output, to_text(view, std::chrono::system_clock::now()));
        const bool is_idle = view.status.state == IngestState::no_publisher;
        if (is_idle && view.record && place.reading.knows_ingest) {
            print_lines(StandardHandle::output, obs_settings(place.config.ingest));
        }
    }
    if (view.config_problem) return static_cast<int>(ErrorKind::config);
    const bool does_not_answer =
        view.status.state == IngestState::unknown && view.status.server != IngestServer::external;
    const bool is_no = does_not_answer || view.status.state == IngestState::down;
    return is_no ? static_cast<int>(ErrorKind::no) : 0;
}

int stop(Report report) {
    const Workplace place("ingest", ConfigFault::is_told);
    const bool was_running = stop_ingest(place.registry.layout(), AfterStop::stays_down);
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
    std::erase_if(names, [&](const auto& name) { return !place.registry.is_any_alive(name); });
    return names;
}

void tell_live(const Workplace& place, std::string_view what) {
    std::vector<std::string> live;
    const auto carries = [](const RelayStatus& relay) {
        return relay.state == State::live || relay.state == State::holding;
    };
    for (const auto& each : look(place.config, place.registry, {}).destinations) {
        if (carries(each) || (each.backup && carries(*each.backup))) live.push_back(each.name);
    }
    if (live.empty()) {
        print_lines(StandardHandle::error,
                    fmt::format("ingest: no destination is live; {}\n", what));
        return;
    }
    print_lines(StandardHandle::error,
                fmt::format("ingest: {} {} live ({}) and will be interrupted; {}\n", live.size(),
                            live.size() == 1 ? "destination is" : "destinations are",
                            fmt::join(live, ", "), what));
}

/// "nginx is ended, the embedded server is started": where restream.toml wants another kind than
/// runs.
std::optional<std::string> replacement(const Workplace& place) {
    const auto other = other_running_server(place.config.ingest, place.registry.layout());
    if (!other) return std::nullopt;
    return fmt::format("{} is ended, {} is started, as restream.toml says", describe_server(*other),
                       describe_server(place.config.ingest.server));
}

int start(Report report) {
    const Workplace place("ingest");
    require_managed(place.config.ingest);
    if (const auto change = replacement(place)) tell_live(place, *change);
    const auto result = start_ingest(place.config, place.registry.layout());
    if (report == Report::json) return print_status(place, report);
    print_lines(StandardHandle::output,
                fmt::format("ingest: {}, {}\n",
                            result == IngestStart::was_running ? "was running" : "started",
                            place.config.ingest.display_url()));
    print_lines(StandardHandle::output, obs_settings(place.config.ingest));
    return 0;
}

/// Those that run and are configured, and those that are wanted and were not stopped on purpose.
BatchOptions coming_back(const Workplace& place, Report report) {
    BatchOptions batch;
    batch.wish = Control::Wish::as_it_is;
    batch.report = report;
    for (const auto& each : place.config.destinations) {
        const bool is_due =
            place.registry.is_wanted(each.name) && !place.registry.is_down(each.name);
        if (is_due || place.registry.is_any_alive(each.name)) batch.names.push_back(each.name);
    }
    return batch;
}

int bring_back(const Workplace& place, const BatchOptions& batch) {
    const bool is_told = !batch.names.empty() || batch.report == Report::json;
    return is_told ? start_and_wait(place, batch, "") : 0;
}

int reload(Report report) {
    const Workplace place("ingest");
    require_managed(place.config.ingest);
    tell_live(place, "reloading");
    reload_ingest(place.config, place.registry.layout());
    if (report == Report::text) print_lines(StandardHandle::output, "ingest: reloaded\n");
    return bring_back(place, coming_back(place, report));
}

int restart(Report report) {
    const Workplace place("ingest");
    require_managed(place.config.ingest);
    tell_live(place, replacement(place).value_or("restarting"));
    const BatchOptions batch = coming_back(place, report);
    for (const auto& [name, problem] : place.control.stop(living(place), Control::Keep::wanted)) {
        complain(place.verb, name + ": " + problem);
    }
    stop_ingest(place.registry.layout(), AfterStop::caller_starts_it);
    int status = 0;
    try {
        start_ingest(place.config, place.registry.layout());
        if (report == Report::text) print_lines(StandardHandle::output, "ingest: restarted\n");
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
    const Layout layout = trusted_state();
    const Registry registry(layout);
    const auto load = [] { return load_config(config_directory()); };
    // The configuration is read only where there may be something to do.
    const auto find_dead = [&] {
        return may_be_dead(registry) ? dead_relays(registry, load()) : std::vector<std::string>();
    };
    Healer healer(find_dead, program_directory());
    LogFile log(layout.log("ingest+hook"), LogConfig().max_bytes, LogConfig().keep);
    const auto log_line = [&](const std::string& line) { log.line(line); };
    const auto ask = [&](const IngestConfig& ingest) { return ingest_status(ingest, layout, {}); };
    IngestHook hook({config_directory(), load, ask, {program_directory(), log_line}});
    const auto upkeep = [&] {
        healer.look(SteadyClock::now());
        hook.look();
    };
    serve_ingest({layout, load, upkeep}, report);
    return 0;
}

CommandBody declare(Arguments& arguments) {
    const auto json = std::make_shared<bool>(false);
    const auto body = std::make_shared<CommandBody>();
    const auto report = [json] { return *json ? Report::json : Report::text; };
    const auto add = [&](const char* name, const char* does, const CommandBody& what,
                         Arguments::Shown shown = Arguments::Shown::yes) {
        const auto choose = [body, what] { *body = what; };
        arguments.subcommand(name, does, choose, shown)
            .flag("--json", *json, "one JSON document on standard output");
    };
    add("start", "start it and wait until it takes publishers", [=] { return start(report()); });
    add("stop", "end it; relays stay and wait", [=] { return stop(report()); });
    add("reload", "read the configuration again; OBS reconnects", [=] { return reload(report()); });
    add("restart", "stop the relays and the server, start them again",
        [=] { return restart(report()); });
    add("status", "whether it is up, and who publishes",
        [=] { return print_status(Workplace("ingest", ConfigFault::is_told), report()); });
    add("serve", "be the server's guardian, in the foreground", serve, Arguments::Shown::no);
    return [body] { return (*body)(); };
}

}  // namespace

int main(int argc, char** argv) {
    return run_command("ingest", "Controls the ingest server, to which OBS publishes.", argc, argv,
                       declare);
}
