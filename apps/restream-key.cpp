// restream key NAME: replaces a destination's stream key.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "command.hpp"
#include "config/editor.hpp"
#include "config/key.hpp"
#include "key_input.hpp"
#include "state/command_lock.hpp"
#include "state/registry.hpp"
#include "state/relay_name.hpp"
#include "state/state_access.hpp"
#include "system/paths.hpp"
#include "system/process.hpp"

namespace {

using namespace restream;

KeyReference find_key(const KeyOptions& options, const std::string& name) {
    if (options.is_any_given()) return read_key_input(options);
    if (!can_ask_for_key()) {
        throw Error(ErrorKind::usage,
                    "there is no terminal to ask at; give --key-stdin, --key-file, --key-env or "
                    "--key-command");
    }
    const auto key = ask_for_key(fmt::format("New stream key of {} (not shown): ", name));
    if (std::holds_alternative<std::monostate>(key)) {
        throw Error(ErrorKind::no, "no key was typed; nothing was changed");
    }
    return key;
}

/// Until its relay has seen the new key: it looks once a second.
constexpr Milliseconds patience_with_look = std::chrono::seconds(3);

/// The relays of the destination that run a session, which goes on with the old key.
std::vector<std::string> in_session(const Registry& registry, const std::string& name) {
    std::vector<std::string> relays;
    for (const auto& relay : {name, backup_relay(name)}) {
        const auto record = registry.live_record(relay);
        if (record && is_session(record->state)) relays.push_back(relay);
    }
    return relays;
}

/// When the next session begins, and what begins it now.
void tell_use(const Registry& registry, const std::string& name) {
    const auto running = in_session(registry, name);
    if (running.empty()) {
        print_lines(
            StandardHandle::error,
            fmt::format("{} has a new key; to use it now: restream enable {}\n", name, name));
        return;
    }
    wait_until(Deadline::after(patience_with_look), [&] {
        return std::ranges::all_of(running, [&](const auto& relay) {
            const auto record = registry.live_record(relay);
            return !record || record->restart_pending || !is_session(record->state);
        });
    });
    print_lines(StandardHandle::error,
                fmt::format("{} has a new key, used from its next session on; to use it now, with "
                            "a short interruption: restream restart {}\n",
                            name, name));
}

int replace(const std::string& name, const KeyOptions& options) {
    forbid_core_dumps();
    const auto directory = config_directory();
    const Config before = load_config(directory);
    const Destination& destination = before.at(name);
    if (destination.url.starts_with("file:")) {
        throw Error(ErrorKind::usage, fmt::format("{} is a file, which takes no key", name));
    }
    const KeyReference key = find_key(options, name);
    {
        const CommandLock lock(trusted_state(), "key");
        replace_key(directory, destination, key);
    }
    const Config after = load_config(directory);
    if (const auto problem = foresee_key_problem(after.at(name))) {
        print_lines(StandardHandle::error, fmt::format("{} has a new key\n", name));
        complain("key", problem->message);
    } else {
        tell_use(Registry{trusted_state()}, name);
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    return run_command("key", "Replaces a destination's stream key.", argc, argv,
                       [](Arguments& arguments) {
                           auto name = std::make_shared<std::string>();
                           auto options = std::make_shared<KeyOptions>();
                           arguments.value("NAME", *name, "the destination", {.is_required = true});
                           declare_key_options(arguments, *options);
                           return [name, options] { return replace(*name, *options); };
                       });
}
