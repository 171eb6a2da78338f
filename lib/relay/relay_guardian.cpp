#include "relay/relay_guardian.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "relay/life.hpp"
#include "state/session_end.hpp"
#include "system/memory.hpp"

namespace restream {

RelayGuardian::RelayGuardian(const Registry& registry, const std::string& name, Means means)
    : registry_(registry),
      means_(std::move(means)),
      record_(next_life(registry.last_record(name), name)) {
    record_.guardian = this_process();
    record_.worker_restarts = 0;
    registry_.clear_stopping(name);
    publish();
}

ChildProcess RelayGuardian::start(const FileLock& lock, const Fd& lifeline) {
    try {
        kind_ = worker_kind(means_.url());
    } catch (const Error&) {
        // Told by the worker, in the record and in the log.
    }
    give_back_memory();  // what reading the configuration took is not needed again
    SpawnRequest request;
    request.program = means_.programs / worker_program(kind_);
    request.arguments = {record_.name};
    request.inherited = {&lock.descriptor(), &lifeline};
    request.dies_with_parent = true;
    return ChildProcess::spawn(request);
}

// From here on the record is the worker's.
void RelayGuardian::started(const ProcessId&, std::uint32_t) {}

void RelayGuardian::crashed(const std::string& how, std::uint32_t restarts, Milliseconds wait) {
    record_ = next_life(registry_.last_record(record_.name), record_.name);
    record_.guardian = this_process();
    record_.worker_restarts = restarts;
    record_.failure = to_reason({EndCode::worker_crashed, how}, record_.name);
    if (wait.count() > 0) {
        record_.state = State::backoff;
        record_.reason = record_.failure;
        record_.next_retry = SteadyClock::now() + wait;
        ++record_.attempts;
    }
    publish();
}

void RelayGuardian::look_after() {
    if (means_.upkeep) means_.upkeep();
}

// Its lifeline has ended: that is all it needs to know.
void RelayGuardian::ask_stop(const ChildProcess&) {}

Milliseconds RelayGuardian::goodbye() const { return std::chrono::milliseconds(1500); }

void RelayGuardian::stopped() {
    auto last = registry_.last_record(record_.name);
    if (last && last->state == State::stopped) return;  // the worker said it itself
    record_ = next_life(last, record_.name);
    record_.guardian = this_process();
    record_.state = State::stopped;
    record_.failure.reset();
    record_.tries = 0;
    publish();
}

void RelayGuardian::publish() {
    record_.written = std::chrono::system_clock::now();
    if (registry_.publish(record_)) registry_.forget_record(record_.name);
}

}  // namespace restream
