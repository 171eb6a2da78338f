// restream start [NAME…]: starts every wanted relay, or the named ones; wishes stay as they are.
#include <algorithm>

#include "command.hpp"
#include "relay_batch.hpp"

namespace {

using namespace restream;

struct Options {
    BatchFlags batch;
    bool is_healing = false;
};

int start(const Options& options) {
    const Workplace place("start");
    const BatchFlags& flags = options.batch;
    BatchOptions batch = flags.to_options();
    batch.wish = options.is_healing    ? Control::Wish::heal
                 : flags.names.empty() ? Control::Wish::if_wanted
                                       : Control::Wish::keep;
    batch.names = flags.names.empty() ? place.every_wanted() : place.configured(flags.names);
    const int ingest = bring_up_ingest(place);
    return std::max(ingest, start_and_wait(place, batch,
                                           "no destination is wanted; run 'restream enable NAME'"));
}

}  // namespace

int main(int argc, char** argv) {
    return run_command(
        "start",
        "Starts every wanted relay, or the named ones, and the ingest server where it is "
        "down. Wishes stay as they are.",
        argc, argv, [](CLI::App& app) -> CommandBody {
            auto options = std::make_shared<Options>();
            options->batch.declare(app);
            // For the ingest's guardian: what was disabled or stopped meanwhile stays so.
            app.add_flag("--heal", options->is_healing)->group("");
            return [options] { return start(*options); };
        });
}
