#include "relay_worker.hpp"

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "command.hpp"
#include "config/config.hpp"
#include "config/key.hpp"
#include "contain/contain.hpp"
#include "ingest/server.hpp"
#include "net/loop.hpp"
#include "relay/carried.hpp"
#include "relay/life.hpp"
#include "state/layout.hpp"
#include "state/registry.hpp"
#include "system/inbox.hpp"
#include "system/log.hpp"
#include "system/memory.hpp"
#include "system/paths.hpp"
#include "worker/errands.hpp"
#include "worker/rtmp_source.hpp"
#include "worker/worker.hpp"

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

/// The queue of a slow destination is bounded in bytes; so is what FFmpeg and libsrt hold.
constexpr std::uint64_t memory_bytes = std::uint64_t(4) << 30;

/// Who runs what this process may not run once it is contained.
struct Programs {
    std::optional<Errands> errands;
    bool is_unneeded = true;  ///< nothing asks for one
};

Programs start_errands(const std::string& name, const Config& config, LogFile& log) {
    Programs programs;
    try {
        const Destination destination = carried(config, name);
        programs.is_unneeded = !needs_errands(destination);
        if (programs.is_unneeded) return programs;
        std::vector<std::string> keys = key_variables(config);
        std::erase(keys, destination.on_state.variable());
        programs.errands.emplace(program_directory(), name, std::move(keys));
    } catch (const Error& error) {
        // Without a hook is better than without a relay. Where the destination is the problem, the
        // worker reports it.
        log.line(std::string("no hook, key command or slate can be run: ") + error.what());
    }
    return programs;
}

bool is_inside(const std::filesystem::path& folder, const std::filesystem::path& path) {
    const auto rest = path.lexically_relative(folder);
    return !rest.empty() && *rest.begin() != "..";
}

/// The folder that holds the state folder, because the state folder may be deleted and made anew;
/// only the state folder, if the home or the configuration is in there, too.
std::filesystem::path writable_folder(const Layout& layout) {
    const auto parent = layout.root().parent_path();
    const auto home = environment("HOME");
    const bool is_shared =
        is_inside(parent, config_directory()) || (home && is_inside(parent, *home));
    return is_shared ? layout.root() : parent;
}

/// Each kind may read all files of the user: it reads the configuration and keys before each
/// session. The kind that writes media files may write wherever the user can. The RTMP kind writes
/// only its record and its log, so it may not change hooks, or files that a shell or a service
/// manager reads.
void contain_relay(WorkerKind kind, const Layout& layout) {
    Containment rest;
    rest.calls = SystemCalls::of_a_player;
    if (kind == WorkerKind::rtmp) rest.writable = {writable_folder(layout), "/dev/null"};
    rest.memory_bytes = memory_bytes;
    contain(rest);
}

int work(const RelayWorker& program, const std::string& name) {
    const Inherited inherited = take_inherited(name);
    forbid_core_dumps();
    share_one_heap();
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
    std::optional<Config> config;
    try {
        config = load_config(configuration);
    } catch (const Error&) {
        // Told by the worker, in the record and in the log.
    }
    const LogConfig bounds = config ? config->log : LogConfig();
    LogFile log(registry.layout().log(name), bounds.max_bytes, bounds.keep);
    const Programs programs = config ? start_errands(name, *config, log) : Programs();
    config.reset();
    contain_relay(program.kind, registry.layout());
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
         },
         programs.errands ? &*programs.errands : nullptr, programs.is_unneeded});
    Pipe finished = make_pipe();
    std::thread watch([&] {
        obey(inbox, inherited.lifeline, worker);
        // Whatever hangs: not for longer than the goodbye may take.
        if (!wait_readable(finished.read_end, Deadline::after(longest_goodbye))) std::_Exit(0);
    });
    const Worker::Left left = worker.run();
    if (left == Worker::Left::to_other_worker) {
        // The watch waits for the guardian, which waits for us.
        stop_this_process();
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
                       argv, [&worker](Arguments& arguments) -> CommandBody {
                           auto name = std::make_shared<std::string>();
                           arguments.value("NAME", *name, "the destination", {.is_required = true});
                           return [&worker, name] { return work(worker, *name); };
                       });
}

}  // namespace restream
