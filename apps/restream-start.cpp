// restream start [NAME…]: starts every wanted relay, or the named ones; wishes stay as they are.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "command.hpp"
#include "dashboard/dashboard_control.hpp"
#include "ingest/control.hpp"
#include "relay/healer.hpp"
#include "relay_batch.hpp"
#include "state/healing.hpp"
#include "state/relay_name.hpp"

namespace {

using namespace restream;

struct Options {
    BatchFlags batch;
    bool is_healing = false;
};

bool is_due(const Workplace& place, const std::string& name) {
    return place.registry.is_wanted(name) && !place.registry.is_down(name);
}

/// A server that nobody needs is brought back only where it was killed.
bool needs_ingest(const Workplace& place) {
    if (is_ingest_dead(place.registry.layout())) return true;
    return std::ranges::any_of(place.every_configured(),
                               [&](const auto& name) { return is_due(place, name); });
}

/// The dashboard, where restream.toml wants it. That it can't be had is told, and no reason not to
/// start relays; nor do they wait for it.
class WantedDashboard {
  public:
    explicit WantedDashboard(const Workplace& place) : place_(place) {
        if (!place.config.dashboard.enabled) return;
        attempt([&] { start_ = DashboardStart::begin(place.config, place.registry.layout()); });
    }
    /// Its exit status, when it is there.
    int finish() {
        attempt([&] {
            if (!start_) return;
            const auto running = start_->wait();
            if (running.is_new)
                print_lines(StandardHandle::error,
                            fmt::format("dashboard: started, {}\n", running.record.url));
        });
        return status_;
    }

  private:
    void attempt(const std::function<void()>& what) {
        try {
            what();
        } catch (const Error& error) {
            complain(place_.verb, error.what());
            status_ = static_cast<int>(error.kind());
        }
    }

    const Workplace& place_;
    std::optional<DashboardStart> start_;
    int status_ = 0;
};

/// One healing: what is done is told, and noted for `restream service status`.
class Healed {
  public:
    void note_problem(const std::string& what, const std::string& problem) {
        complain("start", what + ": " + problem);
        if (healing_.problem.empty()) healing_.problem = what + ": " + problem;
    }
    void note_ingest() {
        healing_.ingest = true;
        print_lines(StandardHandle::output, "ingest: started again\n");
    }
    /// The page is no relay: `service status` goes on to say what last befell those.
    void note_dashboard() { print_lines(StandardHandle::output, "dashboard: started again\n"); }
    void note_dashboard_problem(const std::string& problem) {
        complain("start", "dashboard: " + problem);
        is_dashboard_missing_ = true;
    }
    void note_relay(const std::string& name) {
        healing_.relays.push_back(relay_words(name));
        print_lines(StandardHandle::output, fmt::format("{}: started again\n", relay_words(name)));
    }
    int finish(const Layout& layout) const {
        const bool is_news = healing_.ingest || !healing_.relays.empty();
        if (is_news || !healing_.problem.empty()) note_healing(layout, healing_);
        const bool is_well = healing_.problem.empty() && !is_dashboard_missing_;
        return is_well ? 0 : static_cast<int>(ErrorKind::refused);
    }

  private:
    bool is_dashboard_missing_ = false;
    Healing healing_{std::chrono::system_clock::now(), false, {}, {}};
};

/// What died: nothing else is touched, nobody is waited for, and what was disabled or stopped
/// meanwhile stays so.
int heal(const std::vector<std::string>& names) {
    const Workplace place("start");
    std::vector<std::string> dead = dead_relays(place.registry, place.config);
    if (!names.empty()) {
        std::erase_if(
            dead, [&](const auto& name) { return std::ranges::find(names, name) == names.end(); });
    }
    Healed healed;
    try {
        const bool is_started =
            needs_ingest(place) && heal_ingest(place.config, place.registry.layout());
        if (is_started) healed.note_ingest();
    } catch (const Error& error) {
        healed.note_problem("ingest", error.what());
    }
    // Where all is well no lock is taken: this is asked every few seconds.
    const auto results = dead.empty() ? std::map<std::string, Control::Started>()
                                      : place.control.start(dead, Control::Wish::heal);
    for (const auto& [name, result] : results) {
        if (!result.problem.empty())
            healed.note_problem(relay_words(name), result.problem);
        else if (!result.was_left_out)
            healed.note_relay(name);
    }
    // Last, so that nothing waits for it.
    try {
        const bool is_started =
            place.config.dashboard.enabled && heal_dashboard(place.config, place.registry.layout());
        if (is_started) healed.note_dashboard();
    } catch (const Error& error) {
        healed.note_dashboard_problem(error.what());
    }
    return healed.finish(place.registry.layout());
}

int start(const Options& options) {
    const BatchFlags& flags = options.batch;
    if (options.is_healing) return heal(flags.names);
    const Workplace place("start");
    BatchOptions batch = flags.to_options();
    batch.wish = flags.names.empty() ? Control::Wish::if_wanted : Control::Wish::keep;
    batch.names = flags.names.empty() ? place.every_wanted() : place.configured(flags.names);
    WantedDashboard dashboard(place);
    batch.ingest = bring_up_ingest(place);
    const int relays =
        start_and_wait(place, batch, "no destination is wanted; run 'restream enable NAME'");
    return std::max(relays, dashboard.finish());
}

}  // namespace

int main(int argc, char** argv) {
    return run_command(
        "start",
        "Starts every wanted relay, or the named ones, and the ingest server where it is "
        "down. Wishes stay as they are.",
        argc, argv, [](Arguments& arguments) -> CommandBody {
            auto options = std::make_shared<Options>();
            options->batch.declare(arguments);
            arguments.flag("--heal", options->is_healing,
                           "start only relays that died although wanted; wait for nothing");
            return [options] { return start(*options); };
        });
}
