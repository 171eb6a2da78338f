// restream remove NAME: stops a destination's relay and deletes the destination.
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "base/paths.hpp"
#include "command.hpp"
#include "config/config.hpp"
#include "config/editor.hpp"
#include "relay/control.hpp"
#include "state/command_lock.hpp"
#include "state/registry.hpp"
#include "state/state_access.hpp"

namespace {

using namespace restream;

int remove(const std::string& name, bool as_json) {
    const auto directory = config_directory();
    const Config config = load_config(directory);
    const Destination& destination = config.at(name);
    check_is_removable(directory, destination);
    const Registry registry{Layout(state_directory())};
    require_readable(registry.layout());
    const Control control(registry, config, "remove", program_directory());
    const auto stayed = control.stop({name}, Control::Keep::nothing);
    if (!stayed.empty()) {
        throw Error(ErrorKind::refused,
                    fmt::format("{}: {}; nothing was deleted", name, stayed.begin()->second));
    }
    const CommandLock lock(registry.layout(), "remove");
    remove_destination(directory, destination);
    registry.forget(name);
    fmt::print(stderr, "removed {}\n", name);
    // A name needs no escapes.
    if (as_json) fmt::print("{{\n  \"schema\": 1,\n  \"name\": \"{}\"\n}}\n", name);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    return run_command("remove", "Stops a destination and deletes it with its key.", argc, argv,
                       [](CLI::App& app) {
                           auto name = std::make_shared<std::string>();
                           auto json = std::make_shared<bool>(false);
                           app.add_option("NAME", *name, "the destination")->required();
                           app.add_flag("--json", *json, "one JSON document on standard output");
                           return [name, json] { return remove(*name, *json); };
                       });
}
