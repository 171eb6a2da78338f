// The last steps: a worker is killed, and everything is stopped.
#include <fmt/format.h>

#include <algorithm>

#include "selftest/step_words.hpp"
#include "selftest/steps.hpp"
#include "state/lock.hpp"
#include "system/tcp.hpp"

namespace restream::selftest {

using std::chrono::seconds;

Outcome check_killed(Scene& scene) {
    LocalSink& sink = scene.sink(good);
    const auto before = scene.record(good);
    const auto worker = before && before->worker ? ProcessHandle::open(*before->worker)
                                                 : std::optional<ProcessHandle>();
    if (!worker)
        return failed(fmt::format("the good one has no worker: it is {}", scene.state_words(good)));
    const std::size_t sessions = sink.session_count();
    const SteadyTime begun = SteadyClock::now();
    worker->ask(Ask::kill);
    const bool is_back = scene.wait(seconds(15), [&] {
        return sink.session_count() > sessions && sink.last_session().first_keyframe.has_value();
    });
    const auto keyframe = sink.last_session().first_keyframe;
    if (!is_back || !keyframe) {
        return failed(
            fmt::format("15 s after its worker was killed it is {}", scene.state_words(good)));
    }
    const double ms = to_ms(*keyframe - begun);
    return {.words = fmt::format("its picture is back after {:.0f} ms", ms),
            .figures = {{"live_again_ms", ms}}};
}

namespace {

std::vector<std::string> open_ports(const std::vector<int>& ports) {
    std::vector<std::string> open;
    for (const int port : ports) {
        if (!connect_problem("127.0.0.1", port, Deadline::after(seconds(1)))) {
            open.push_back(fmt::format("port {}", port));
        }
    }
    return open;
}

/// After the stop, before the folder goes.
std::vector<std::string> held_locks(const Scene& scene, const Layout& layout) {
    std::vector<std::string> held;
    for (const std::string& name : scene.registry().known_names()) {
        if (scene.registry().is_alive(name)) held.push_back(fmt::format("lock of {}", name));
    }
    if (FileLock::is_held(layout.ingest_lock())) held.emplace_back("lock of the ingest");
    return held;
}

void append(std::vector<std::string>& all, const std::vector<std::string>& more) {
    all.insert(all.end(), more.begin(), more.end());
}

}  // namespace

Outcome check_nothing_left(Scene& scene) {
    const Layout layout = scene.home().layout();
    const std::vector<ProcessId> processes = processes_in(layout);
    std::vector<int> ports = scene.sink_ports();
    ports.push_back(scene.ingest_port());
    const SteadyTime begun = SteadyClock::now();
    const Captured stopped = scene.command("stop", {"--ingest"});
    const double stop_ms = to_ms(SteadyClock::now() - begun);
    std::vector<std::string> left;
    const bool are_gone = scene.wait(seconds(3), [&] {
        return std::ranges::none_of(
            processes, [](const ProcessId& each) { return identify(each.pid) == each; });
    });
    for (const ProcessId& each : processes) {
        if (!are_gone && identify(each.pid) == each) {
            left.push_back(fmt::format("process {} ({})", each.pid, program_name(each)));
        }
    }
    append(left, held_locks(scene, layout));
    scene.empty_stage();
    append(left, scene.home().clean_up());
    append(left, open_ports(ports));
    if (stopped.status != 0) return command_failed("stop --ingest", stopped);
    if (!left.empty()) return failed(fmt::format("left over: {}", fmt::join(left, ", ")));
    return {
        .words = fmt::format("{} processes ended in {:.0f} ms; no process, lock, port or file "
                             "is left",
                             processes.size(), stop_ms),
        .figures = {{"processes", static_cast<double>(processes.size())}, {"stop_ms", stop_ms}}};
}

}  // namespace restream::selftest
