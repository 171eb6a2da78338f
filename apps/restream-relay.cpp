// The guardian of one relay: started by enable, start and restart; tiny, no media code.
#include <filesystem>
#include <system_error>

#include "base/error.hpp"
#include "base/inbox.hpp"
#include "base/paths.hpp"
#include "command.hpp"
#include "config/config.hpp"
#include "config/destination.hpp"
#include "relay/relay_guardian.hpp"
#include "state/guardian.hpp"
#include "state/lock.hpp"

namespace {

using namespace restream;

int guard_relay(const std::string& name) {
    StartReport report;
    try {
        if (const auto problem = name_problem(name)) throw Error(ErrorKind::usage, *problem);
        const Registry registry{Layout(state_directory())};
        registry.prepare();
        Inbox inbox;
        auto lock = FileLock::acquire(registry.layout().relay_lock(name),
                                      Deadline::after(patience_with_predecessor));
        if (!lock) throw Error(ErrorKind::busy, name + ": another relay of this name lives");
        lock->note(fmt::format("{} relay {}\n", this_process().pid, name));
        RelayGuardian guardian(
            registry, name,
            {program_directory(), [name] { return load_config(config_directory()).at(name).url; }});
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
                       argv, [](CLI::App& app) -> CommandBody {
                           auto name = std::make_shared<std::string>();
                           app.add_option("NAME", *name, "the destination")->required();
                           return [name] { return guard_relay(*name); };
                       });
}
