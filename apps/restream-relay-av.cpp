// The worker of one relay, on libavformat: started by its guardian, restream-relay.
#include <cstdlib>
#include <thread>

#include "base/error.hpp"
#include "base/inbox.hpp"
#include "base/log.hpp"
#include "base/paths.hpp"
#include "command.hpp"
#include "config/config.hpp"
#include "media/av_log.hpp"
#include "media/open_sink.hpp"
#include "media/rtmp_source.hpp"
#include "relay/worker.hpp"
#include "state/registry.hpp"

namespace {

using namespace restream;

/// From the stop to the end of the process, whatever hangs. **Source**: DESIGN, "goodbye (≤ 1 s)".
constexpr Milliseconds longest_goodbye = std::chrono::seconds(1);

/// Until the guardian is gone or says stop: hands nudges on.
void obey(Inbox& inbox, const Fd& lifeline, Worker& worker) {
    for (;;) {
        const auto what = inbox.wait(Deadline::never(), nullptr, &lifeline);
        char byte = 0;
        const bool is_line = what == Inbox::What::line_changed;
        if (what == Inbox::What::nudge || (is_line && read_some(lifeline, {&byte, 1}) == 1)) {
            worker.nudge();
        } else if (what == Inbox::What::stop || is_line) {
            worker.stop();
            return;
        }
    }
}

int work(const std::string& name) {
    Fd lock = inherited_descriptor(0);
    const Fd lifeline = inherited_descriptor(1);
    if (!lock.is_open() || !lifeline.is_open()) {
        throw Error(ErrorKind::usage,
                    "is started by its guardian; use 'restream enable " + name + "'");
    }
    lock.leave_open();  // free when this process is gone, not when it is about to go
    forbid_core_dumps();
    Inbox inbox;
    const Registry registry{Layout(state_directory())};
    const auto last = registry.last_record(name);
    Record record = next_life(last, name);
    record.guardian = parent_process();
    // The guardian published its name before it started us. Where it was killed since, our parent
    // is the system's first process: not one to be published as somebody to be stopped.
    if (last && last->guardian != record.guardian) return 0;
    record.worker = this_process();

    const auto configuration = config_directory();
    LogConfig bounds;
    try {
        bounds = load_config(configuration).log;
    } catch (const Error&) {
        // Told by the worker, in the record and in the log.
    }
    LogFile log(registry.layout().log(name), bounds.max_bytes, bounds.keep);
    hear_av_log([&log](std::string_view line) { log.line(line); });
    Worker worker(
        registry, log, record,
        {[configuration] { return load_config(configuration); }, open_rtmp_source, open_sink});
    Pipe finished = make_pipe();
    std::thread watch([&] {
        obey(inbox, lifeline, worker);
        // Whatever hangs: not for longer than the goodbye may take.
        if (!wait_readable(finished.read_end, Deadline::after(longest_goodbye))) std::_Exit(0);
    });
    worker.run();
    finished.write_end.close();
    watch.join();
    hear_av_log(nullptr);  // the log ends before FFmpeg does
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    return restream::run_command(
        "relay-av", "Carries the ingest to one destination. Started by restream-relay.", argc, argv,
        [](CLI::App& app) -> restream::CommandBody {
            auto name = std::make_shared<std::string>();
            app.add_option("NAME", *name, "the destination")->required();
            return [name] { return work(*name); };
        });
}
