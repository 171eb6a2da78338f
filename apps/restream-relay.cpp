// The guardian of one relay: started by enable, start and restart; tiny, no media code.
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "base/error.hpp"
#include "command.hpp"
#include "config/config.hpp"
#include "config/destination.hpp"
#include "ingest/control.hpp"
#include "relay/carried.hpp"
#include "relay/healer.hpp"
#include "relay/relay_guardian.hpp"
#include "state/guardian.hpp"
#include "state/healing.hpp"
#include "state/lock.hpp"
#include "state/relay_name.hpp"
#include "state/state_access.hpp"
#include "system/inbox.hpp"
#include "system/paths.hpp"
#include "system/random.hpp"

namespace {

using namespace restream;

/// Between two tries of all guardians together to bring the ingest server back.
constexpr Milliseconds between_healings = std::chrono::seconds(5);

bool was_healed_lately(const Layout& layout) {
    const auto last = last_healing(layout);
    const auto now = std::chrono::system_clock::now();
    return last && last->at <= now && now - last->at < between_healings;
}

/// Somewhere in the first 2 s: many guardians are not to look at once.
SteadyTime first_look() {
    const Milliseconds offset(random_bytes(1).front() * 8);
    return SteadyClock::now() + offset;
}

/// The ingest server's guardian heals relays, and the relays' guardians heal it.
Healer ingest_healer(const Layout& layout, const std::string& name) {
    const auto find_dead = [layout, name] {
        const bool is_due = is_ingest_dead(layout) && !was_healed_lately(layout);
        return is_due ? std::vector<std::string>{name} : std::vector<std::string>();
    };
    return {find_dead, program_directory(), first_look()};
}

int guard_relay(const std::string& name) {
    StartReport report;
    try {
        if (const auto problem = name_problem(destination_of(name)))
            throw Error(ErrorKind::usage, *problem);
        const Registry registry{trusted_state()};
        registry.prepare();
        Inbox inbox;
        auto lock = FileLock::acquire(registry.layout().relay_lock(name),
                                      Deadline::after(patience_with_predecessor));
        if (!lock) throw Error(ErrorKind::busy, name + ": another relay of this name lives");
        lock->note(fmt::format("{} relay {}\n", this_process().pid, name));
        Healer healer = ingest_healer(registry.layout(), name);
        RelayGuardian guardian(
            registry, name,
            {program_directory(),
             [name] { return carried(load_config(config_directory()), name).url; },
             [&] { healer.look(SteadyClock::now()); }});
        report.ready();
        guard(std::move(*lock), guardian, inbox);
        return 0;
    } catch (const Error& error) {
        report.failed(error.what());
        throw;
    }
}

}  // namespace

int main(int argc, char** argv) {
    return run_command("relay",
                       "Guards one relay. Started by 'restream enable' and 'restream start'.", argc,
                       argv, [](Arguments& arguments) -> CommandBody {
                           auto name = std::make_shared<std::string>();
                           arguments.value("NAME", *name, "the destination", {.is_required = true});
                           return [name] { return guard_relay(*name); };
                       });
}
