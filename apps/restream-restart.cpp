// restream restart [NAME…]: stops and starts again every wanted relay, or the named ones.
#include <algorithm>
#include <memory>

#include "command.hpp"
#include "relay_batch.hpp"

namespace {

using namespace restream;

int restart(const BatchFlags& flags) {
    const Workplace place("restart");
    BatchOptions batch = flags.to_options();
    batch.names = flags.names.empty() ? place.every_wanted() : place.configured(flags.names);
    // What is wanted now and disabled by another shell meanwhile stays off.
    const bool are_wanted = std::ranges::all_of(
        batch.names, [&](const auto& name) { return place.registry.is_wanted(name); });
    batch.wish = are_wanted ? Control::Wish::if_wanted : Control::Wish::keep;
    for (const auto& [name, problem] : place.control.stop(batch.names, Control::Keep::wanted)) {
        complain("restart", name + ": " + problem);
    }
    batch.ingest = bring_up_ingest(place);
    return start_and_wait(place, batch, "no destination is wanted; run 'restream enable NAME'");
}

}  // namespace

int main(int argc, char** argv) {
    return run_command(
        "restart",
        "Stops and starts again every wanted relay, or the named ones. The ingest and so OBS "
        "are left alone.",
        argc, argv, [](Arguments& arguments) -> CommandBody {
            auto flags = std::make_shared<BatchFlags>();
            flags->declare(arguments);
            return [flags] { return restart(*flags); };
        });
}
