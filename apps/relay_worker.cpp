#include "relay_worker.hpp"

#include <cstdlib>
#include <memory>
#include <string>
#include <thread>

#include "base/error.hpp"
#include "base/inbox.hpp"
#include "base/log.hpp"
#include "base/memory.hpp"
#include "base/paths.hpp"
#include "command.hpp"
#include "config/config.hpp"
#include "ingest/server.hpp"
#include "relay/life.hpp"
#include "relay/rtmp_source.hpp"
#include "relay/worker.hpp"
#include "rtmp/loop.hpp"
#include "state/registry.hpp"
#include "state/state_access.hpp"

namespace restream {

namespace {

/// From the stop to the end of the process, whatever hangs. **Source**: DESIGN, "goodbye (≤ 1 s)".
constexpr Milliseconds longest_goodbye = std::chrono::seconds(1);

/// Until the guardian is gone, or it or this process itself says stop: hands nudges on.
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

/// What the guardian handed on.
struct Inherited {
    Fd lock;
    Fd lifeline;
};

Inherited take_inherited(const std::string& name) {
    Inherited taken{inherited_descriptor(0), inherited_descriptor(1)};
    if (!taken.lock.is_open() || !taken.lifeline.is_open()) {
        throw Error(ErrorKind::usage,
                    "is started by its guardian; use 'restream enable " + name + "'");
    }
    taken.lock.leave_open();  // free when this process is gone, not when it is about to go
    return taken;
}

int work(const RelayWorker& program, const std::string& name) {
    const Inherited inherited = take_inherited(name);
    forbid_core_dumps();
    share_one_heap();
    Inbox inbox;
    const Registry registry{trusted_state()};
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
    if (program.hear) program.hear([&log](std::string_view line) { log.line(line); });
    Loop loop;
    Worker worker(
        registry, log, record, loop,
        {[configuration] { return load_config(configuration); }, remembering_rtmp_source(),
         program.open_sink,
         [kind = program.kind](const std::string& url) { return worker_kind(url) == kind; },
         program_directory(),
         [&registry](const IngestConfig& ingest) {
             return is_ingest_silent(ingest, registry.layout());
         }});
    Pipe finished = make_pipe();
    std::thread watch([&] {
        obey(inbox, inherited.lifeline, worker);
        // Whatever hangs: not for longer than the goodbye may take.
        if (!wait_readable(finished.read_end, Deadline::after(longest_goodbye))) std::_Exit(0);
    });
    const Worker::Left left = worker.run();
    if (left == Worker::Left::to_other_worker) {
        // The watch waits for the guardian, which waits for us.
        if (const auto self = ProcessHandle::open(this_process())) self->ask(Ask::stop);
    }
    finished.write_end.close();
    watch.join();
    if (program.hear) program.hear(nullptr);  // the log ends before the library does
    return left == Worker::Left::to_other_worker ? handover_status : 0;
}

}  // namespace

int run_relay_worker(const RelayWorker& worker, int argc, char** argv) {
    return run_command(std::string(worker.command),
                       "Carries the ingest to one destination. Started by restream-relay.", argc,
                       argv, [&worker](CLI::App& app) -> CommandBody {
                           auto name = std::make_shared<std::string>();
                           app.add_option("NAME", *name, "the destination")->required();
                           return [&worker, name] { return work(worker, *name); };
                       });
}

}  // namespace restream
