#include "relay/control.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "config/key.hpp"
#include "state/command_lock.hpp"
#include "state/guardian.hpp"
#include "state/lock.hpp"
#include "state/relay_name.hpp"
#include "state/session_end.hpp"
#include "system/paths.hpp"
#include "system/process.hpp"

namespace restream {

namespace {

/// Whether there is anything to wait for that the user may want to have now.
bool waits_for_its_turn(const Record& record) {
    if (record.state == State::backoff || record.state == State::rejected) return true;
    return record.state == State::waiting && is_code(record.reason, EndCode::standby);
}

/// **Source**: DESIGN, disable: "returns when its processes are gone (≤ 3 s + 2 s)".
constexpr Milliseconds patience_before_kill = std::chrono::seconds(3);
constexpr Milliseconds patience_after_kill = std::chrono::seconds(2);

}  // namespace

Control::Control(const Registry& registry, const Config& config, std::string verb,
                 std::filesystem::path programs)
    : registry_(registry),
      config_(config),
      verb_(std::move(verb)),
      programs_(std::move(programs)) {}

void Control::want(const std::vector<std::string>& names) const {
    const CommandLock lock(registry_.layout(), verb_);
    registry_.prepare();
    for (const auto& name : names) {
        if (!registry_.is_wanted(name) || !registry_.is_any_alive(name)) registry_.renew_wish(name);
        registry_.set_down(name, false);
    }
}

/// REQUIRES: the CommandLock is held.
void Control::make_wish(const std::string& name, Wish wish) const {
    if (wish == Wish::as_it_is || wish == Wish::heal) return;
    if (wish == Wish::want) registry_.set_wanted(name, true);
    if (wish == Wish::if_wanted && !registry_.is_wanted(name)) return;
    registry_.set_down(name, false);
}

/// Whether no other command has disabled or stopped it since. REQUIRES: the CommandLock is held.
bool Control::may_start(const std::string& name, Wish wish) const {
    const bool must_be_wanted = wish != Wish::keep && wish != Wish::as_it_is;
    return !registry_.is_down(name) && (!must_be_wanted || registry_.is_wanted(name));
}

std::map<std::string, Control::Started> Control::start(const std::vector<std::string>& names,
                                                       Wish wish) const {
    std::map<std::string, Started> results;
    std::vector<std::string> pending = names;
    const Deadline deadline = Deadline::after(patience_with_predecessor);
    for (bool is_first = true; !pending.empty(); is_first = false) {
        {
            const CommandLock lock(registry_.layout(), verb_);
            if (is_first) registry_.prepare();
            std::vector<std::string> still_ending;
            std::map<std::string, Fd> starting;
            for (const auto& name : pending) {
                Started& result = results[name];
                try {
                    if (is_first) make_wish(name, wish);
                    if (!may_start(name, wish))
                        result.was_left_out = true;
                    else if (!registry_.is_alive(name))
                        starting[name] = spawn(name, result);
                    else if (try_living(name, result) == Attempt::still_ending)
                        still_ending.push_back(name);
                } catch (const Error& error) {
                    result.problem = error.what();  // the others are started all the same
                }
            }
            await_guardians(starting, results);
            pending = std::move(still_ending);
        }
        if (pending.empty()) break;
        // Gone, or found to live: what seemed to end was only slow to publish its record.
        const bool has_changed = wait_until(deadline, [&] {
            return std::ranges::any_of(pending, [&](const auto& name) {
                return !registry_.is_alive(name) ||
                       (!registry_.stopping(name) && registry_.live_record(name));
            });
        });
        if (has_changed) continue;
        for (const auto& name : pending) {
            results[name].problem = fmt::format(
                "its last relay does not end; run 'restream disable {}', then try again",
                destination_of(name));
        }
        break;
    }
    return results;
}

/// REQUIRES: the CommandLock is held.
Control::Attempt Control::try_living(const std::string& name, Started& result) const {
    if (const auto ending = registry_.stopping(name)) {
        // Who was to ask it may have been killed between the note and the asking.
        if (const auto handle = ProcessHandle::open(*ending)) handle->ask(Ask::stop);
        return Attempt::still_ending;
    }
    const auto record = registry_.live_record(name);
    if (!record) {
        // Its guardian is gone, and the worker says goodbye; or its record cannot be written (a
        // full disk): then it lives, which who waits for it finds out.
        return registry_.guardian(name) ? Attempt::lives : Attempt::still_ending;
    }
    result.attempts_before = record->attempts;
    if (waits_for_its_turn(*record)) {
        if (const auto handle = ProcessHandle::open(record->guardian)) handle->ask(Ask::nudge);
    } else {
        // It tries already: what comes of this try is what is asked for.
        if (result.attempts_before > 0) --result.attempts_before;
    }
    return Attempt::lives;
}

/// Starts the guardian. Returns where it tells what came of it.
Fd Control::spawn(const std::string& name, Started& result) const {
    if (const auto last = registry_.last_record(name)) result.attempts_before = last->attempts;
    SpawnRequest request;
    request.program = programs_ / "restream-relay";
    request.arguments = {name};
    request.is_detached = true;
    request.with_variables = folder_variables(config_.directory, registry_.layout().root());
    const auto* destination = config_.find(destination_of(name));
    request.without_variables = destination == nullptr
                                    ? key_variables(config_)
                                    : key_variables_but_those_of(config_, *destination);
    Pipe report = make_pipe();
    request.inherited = {&report.write_end};
    ChildProcess::spawn(request);
    return std::move(report.read_end);
}

/// Until each holds its lock, or said why not. They start side by side: the CommandLock is held for
/// as long as the slowest takes.
void Control::await_guardians(const std::map<std::string, Fd>& starting,
                              std::map<std::string, Started>& results) const {
    const Deadline deadline = Deadline::after(patience_with_predecessor + std::chrono::seconds(2));
    for (const auto& [name, report] : starting) {
        if (const auto problem = await_start_report(report, deadline)) {
            results[name].problem = "the relay could not be started: " + *problem;
        }
    }
}

/// REQUIRES: the CommandLock is held.
void Control::change_wish(const std::string& name, Keep keep) const {
    if (keep == Keep::nothing) {
        registry_.set_wanted(name, false);
        try {
            registry_.set_down(name, false);
        } catch (const Error&) {
            // It counts for what is wanted only. The next enable deletes it, or says why not.
        }
    }
    if (keep == Keep::wanted_but_down) registry_.set_down(name, true);
}

/// Where run/ was deleted a moment ago, a relay that lives looks like one that does not.
void Control::await_lost_locks(const std::vector<std::string>& names) const {
    wait_until(Deadline::after(lock_return), [&] {
        return std::ranges::none_of(
            names, [&](const auto& name) { return registry_.may_have_lost_lock(name); });
    });
}

std::map<std::string, std::string> Control::stop(const std::vector<std::string>& names,
                                                 Keep keep) const {
    await_lost_locks(names);
    std::map<std::string, std::string> problems;
    std::vector<Ending> living;
    {
        const CommandLock lock(registry_.layout(), verb_);
        registry_.prepare();
        for (const auto& name : names) {
            try {
                change_wish(name, keep);
            } catch (const Error& error) {
                problems[name] = error.what();  // stopped all the same
            }
            if (registry_.is_alive(name)) living.push_back(ask_to_stop(name));
            if (is_backup_relay(name)) continue;
            const std::string backup = backup_relay(name);
            if (registry_.is_alive(backup)) living.push_back(ask_to_stop(backup));
        }
    }
    const auto are_gone = [&] {
        return std::ranges::all_of(living, [&](const Ending& each) { return is_gone(each); });
    };
    if (wait_until(Deadline::after(patience_before_kill), are_gone)) return problems;
    for (const auto& each : living) {
        if (!is_gone(each)) kill(each);
    }
    wait_until(Deadline::after(patience_after_kill), are_gone);
    for (const auto& each : living) {
        if (is_gone(each)) continue;
        problems[std::string(destination_of(each.name))] =
            "its processes do not end, not even killed";
    }
    return problems;
}

Control::Ending Control::ask_to_stop(const std::string& name) const {
    Ending ending{name, registry_.guardian(name), registry_.processes(name)};
    if (!ending.guardian) return ending;  // it was killed: its worker ends by itself
    registry_.set_stopping(name, *ending.guardian);
    if (const auto handle = ProcessHandle::open(*ending.guardian)) handle->ask(Ask::stop);
    return ending;
}

/// Its lock was free: it is now, or a new guardian has it. An `enable` that waits for the end takes
/// it within milliseconds, so that the moment in which it is free is easily missed.
bool Control::is_gone(const Ending& ending) const {
    if (!registry_.is_alive(ending.name)) return true;
    const auto record = registry_.live_record(ending.name);
    return record && record->guardian != ending.guardian;
}

void Control::kill(const Ending& ending) const {
    std::vector<ProcessId> all = ending.processes;
    // A worker that was started after the asking. Its guardian's name tells whose it is.
    const auto record = registry_.last_record(ending.name);
    if (record && record->worker && record->guardian == ending.guardian)
        all.push_back(*record->worker);
    for (const auto& id : all) {
        if (const auto handle = ProcessHandle::open(id)) handle->ask(Ask::kill);
    }
}

}  // namespace restream
