// restream start [NAME…]: starts every wanted relay, or the named ones; wishes stay as they are.
#include "command.hpp"
#include "relay_batch.hpp"

namespace {

using namespace restream;

int start(const BatchFlags& flags) {
    const Workplace place("start");
    BatchOptions batch = flags.to_options();
    batch.is_wish = false;
    batch.names = flags.names.empty() ? place.every_wanted() : place.configured(flags.names);
    bring_up_ingest(place);
    return start_and_wait(place, batch, "no destination is wanted; run 'restream enable NAME'");
}

}  // namespace

int main(int argc, char** argv) {
    return run_command("start",
                       "Starts every wanted relay, or the named ones, and the ingest server where it is "
                       "down. Wishes stay as they are.",
                       argc, argv, [](CLI::App& app) -> CommandBody {
                           auto flags = std::make_shared<BatchFlags>();
                           flags->declare(app);
                           return [flags] { return start(*flags); };
                       });
}
