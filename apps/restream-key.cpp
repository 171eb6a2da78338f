// restream key NAME: replaces a destination's stream key.
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "base/paths.hpp"
#include "base/process.hpp"
#include "command.hpp"
#include "config/editor.hpp"
#include "config/key.hpp"
#include "key_input.hpp"
#include "state/command_lock.hpp"

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
        const CommandLock lock(Layout(state_directory()), "key");
        replace_key(directory, destination, key);
    }
    const Config after = load_config(directory);
    print_lines(StandardHandle::error,
                fmt::format("{} has a new key, used from its next session on\n", name));
    if (const auto problem = foresee_key_problem(after.at(name))) {
        complain("key", problem->message);
    } else {
        print_lines(StandardHandle::error,
                    fmt::format("to use it now: restream enable {}\n", name));
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    return run_command("key", "Replaces a destination's stream key.", argc, argv,
                       [](CLI::App& app) {
                           auto name = std::make_shared<std::string>();
                           auto options = std::make_shared<KeyOptions>();
                           app.add_option("NAME", *name, "the destination")->required();
                           declare_key_options(app, *options);
                           return [name, options] { return replace(*name, *options); };
                       });
}
