// restream service install|remove|status: starts again what is wanted, also after a reboot.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "command.hpp"
#include "config/config.hpp"
#include "service/service.hpp"
#include "service/unit_text.hpp"
#include "state/healing.hpp"
#include "state/layout.hpp"
#include "state/state_access.hpp"
#include "system/paths.hpp"

namespace {

using namespace restream;

enum class Report { text, json };

bool is_in_force(const Service::View& view) { return view.is_installed && view.is_enabled; }

Json to_json_value(const std::optional<Healing>& last) {
    if (!last) return nullptr;
    Json value = {{"at", to_iso8601(last->at)},
                  {"ingest", last->ingest},
                  {"relays", last->relays},
                  {"problem", nullptr}};
    if (!last->problem.empty()) value["problem"] = last->problem;
    return value;
}

void print_json(const Service& service, const Service::View& view,
                const std::optional<Healing>& last) {
    Json body = {{"installed", view.is_installed},
                 {"current", view.is_current},
                 {"enabled", view.is_enabled},
                 {"running", nullptr},
                 {"linger", view.lingers},
                 {"unit", service.service_file().string()},
                 {"timer", service.timer_file().string()},
                 {"last_healing", to_json_value(last)}};
    if (view.is_running) body["running"] = *view.is_running;
    const Json document = {{"schema", 1}, {"service", std::move(body)}};
    fmt::print("{}\n", document.dump(2));
}

std::string describe_running(const Service::View& view) {
    if (!view.is_running) return "not known: no systemd of this user can be reached from here";
    return *view.is_running ? fmt::format("yes, it looks every {} s", between_timer_looks.count())
                            : "no; 'systemctl --user start restream.timer' starts it";
}

std::string describe(const std::optional<Healing>& last) {
    if (!last) return "never needed";
    std::vector<std::string> what = last->relays;
    if (last->ingest) what.insert(what.begin(), "the ingest server");
    const auto ago = std::chrono::duration_cast<std::chrono::seconds>(
        std::chrono::system_clock::now() - last->at);
    const std::string when = describe_duration(std::max(ago, std::chrono::seconds(0))) + " ago";
    if (last->problem.empty()) return fmt::format("{}: {}", when, fmt::join(what, ", "));
    return fmt::format("{}: {}{}{}", when, fmt::join(what, ", "), what.empty() ? "" : "; ",
                       last->problem);
}

std::string describe_installed(const Service& service, const Service::View& view) {
    if (!view.is_installed) return "no; 'restream service install' does it";
    const std::string where = service.service_file().string();
    return view.is_current ? where : where + ", not as it would be written now; install it again";
}

void print_text(const Service& service, const Service::View& view,
                const std::optional<Healing>& last) {
    print_lines(StandardHandle::output,
                fmt::format("installed:     {}\n", describe_installed(service, view)));
    print_lines(StandardHandle::output,
                fmt::format("enabled:       {}\n", view.is_enabled ? "yes" : "no"));
    print_lines(StandardHandle::output, fmt::format("running:       {}\n", describe_running(view)));
    print_lines(
        StandardHandle::output,
        fmt::format("linger:        {}\n",
                    view.lingers ? "on: from boot on, without a login"
                                 : "off: only while you are logged in; 'loginctl enable-linger' "
                                   "changes that"));
    print_lines(StandardHandle::output, fmt::format("last healing:  {}\n", describe(last)));
}

int status(Report report) {
    const Service service(user_unit_directory());
    const Service::View view = service.look();
    const auto last = last_healing(trusted_state());
    if (report == Report::json)
        print_json(service, view, last);
    else
        print_text(service, view, last);
    return is_in_force(view) ? 0 : static_cast<int>(ErrorKind::no);
}

/// A systemd that was started at boot has none of this shell's variables.
void tell_lost_keys(const Config& config) {
    const auto tell = [](const std::string& whose, const KeyReference& key) {
        if (const auto* from = std::get_if<KeyEnv>(&key)) {
            complain("service", fmt::format("{} stands in this shell's {}, which systemd does not "
                                            "know; put it into a file ('restream key --help')",
                                            whose, from->variable));
        }
    };
    for (const auto& each : config.destinations) {
        tell(each.name + ": its key", each.key);
        tell(each.name + ": its passphrase", each.passphrase);
        tell(each.name + ": its streamid", each.stream_id);
    }
    tell("ingest: publish_key", config.ingest.publish_key);
}

void tell_keys() {
    try {
        tell_lost_keys(load_config(config_directory()));
    } catch (const Error& error) {
        complain("service", error.what());  // to be mended before the next boot
    }
}

int install(Report report) {
    const Service service(user_unit_directory());
    const auto began = service.install();
    tell_keys();
    if (report == Report::json) return status(report);
    print_lines(StandardHandle::output,
                fmt::format("installed: {}\n", service.service_file().string()));
    if (began == Service::Began::now) {
        print_lines(
            StandardHandle::output,
            fmt::format(
                "What is wanted is started now, at each login, and within {} s where it died.\n",
                between_timer_looks.count()));
    } else {
        print_lines(
            StandardHandle::output,
            fmt::format(
                "No systemd of this user that reads {} can be reached from here: it begins at the "
                "next "
                "login, or now by\n  systemctl --user daemon-reload && systemctl --user start "
                "restream.timer\n",
                service.service_file().parent_path().string()));
    }
    if (!is_lingering()) {
        print_lines(StandardHandle::output,
                    fmt::format("Without a login nothing is started at boot, and what it started "
                                "ends with your last "
                                "session; to change that:\n  loginctl enable-linger\n"));
    }
    return 0;
}

int remove(Report report) {
    const Service service(user_unit_directory());
    const bool was_there = service.remove();
    if (report == Report::json) {
        status(report);
        return 0;
    }
    print_lines(StandardHandle::output, fmt::format("{}\n", was_there ? "removed; what runs goes on"
                                                                      : "was not installed"));
    return 0;
}

CommandBody declare(Arguments& arguments) {
    const auto json = std::make_shared<bool>(false);
    const auto body = std::make_shared<CommandBody>();
    const auto add = [&](const char* name, const char* does, int (*what)(Report)) {
        const auto choose = [=] {
            *body = [=] { return what(*json ? Report::json : Report::text); };
        };
        arguments.subcommand(name, does, choose)
            .flag("--json", *json, "one JSON document on standard output");
    };
    add("install", "write the units of the user's systemd, and begin", install);
    add("remove", "delete them; what runs goes on", remove);
    add("status", "whether it is installed, enabled and running, and what it did last", status);
    return [body] { return (*body)(); };
}

}  // namespace

int main(int argc, char** argv) {
    return run_command("service",
                       "A timer of the user's systemd that starts again what is wanted: after a "
                       "reboot, and whenever it died.",
                       argc, argv, declare);
}
