#include "relay/control.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/process.hpp"
#include "config/key.hpp"
#include "state/command_lock.hpp"
#include "state/guardian.hpp"
#include "state/lock.hpp"

namespace restream {

namespace {

/// **Source**: DESIGN, disable: "returns when its processes are gone (≤ 3 s + 2 s)".
constexpr Milliseconds patience_before_kill = std::chrono::seconds(3);
constexpr Milliseconds patience_after_kill = std::chrono::seconds(2);

}  // namespace

Control::Control(const Registry& registry, const Config& config, std::string verb,
                 std::filesystem::path programs)
    : registry_(registry), config_(config), verb_(std::move(verb)), programs_(std::move(programs)) {}

void Control::want(const std::vector<std::string>& names) const {
    const CommandLock lock(registry_.layout(), verb_);
    registry_.prepare();
    for (const auto& name : names) {
        registry_.set_wanted(name, true);
        registry_.set_down(name, false);
    }
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
            for (const auto& name : pending) {
                if (is_first) {
                    if (wish == Wish::want) registry_.set_wanted(name, true);
                    registry_.set_down(name, false);
                } else if (wish == Wish::want && !registry_.is_wanted(name)) {
                    continue;  // disabled by another shell meanwhile
                }
                if (try_start(name, results[name]) == Attempt::still_ending) {
                    still_ending.push_back(name);
                }
            }
            pending = std::move(still_ending);
        }
        if (pending.empty()) break;
        const bool has_gone = wait_until(deadline, [&] {
            return std::ranges::any_of(pending, [&](const auto& name) {
                return !registry_.is_alive(name);
            });
        });
        if (has_gone) continue;
        for (const auto& name : pending) {
            results[name].problem = "its last relay does not end; run 'restream disable " + name +
                                    "', then try again";
        }
        break;
    }
    return results;
}

/// REQUIRES: the CommandLock is held.
Control::Attempt Control::try_start(const std::string& name, Started& result) const {
    if (!registry_.is_alive(name)) {
        if (const auto last = registry_.last_record(name)) result.attempts_before = last->attempts;
        try {
            spawn(name);
        } catch (const Error& error) {
            result.problem = error.what();
        }
        return Attempt::lives;
    }
    if (const auto ending = registry_.stopping(name)) {
        // Who was to ask it may have been killed between the note and the asking.
        if (const auto handle = ProcessHandle::open(*ending)) handle->ask(Ask::stop);
        return Attempt::still_ending;
    }
    const auto record = registry_.live_record(name);
    if (!record) {
        // Its guardian is gone, and the worker says goodbye; or its record cannot be written (a full disk):
        // then it lives, which who waits for it finds out.
        return registry_.guardian(name) ? Attempt::lives : Attempt::still_ending;
    }
    result.attempts_before = record->attempts;
    if (record->state == State::backoff || record->state == State::rejected) {
        if (const auto handle = ProcessHandle::open(record->guardian)) handle->ask(Ask::nudge);
    } else {
        // It tries already: what comes of this try is what is asked for.
        if (result.attempts_before > 0) --result.attempts_before;
    }
    return Attempt::lives;
}

/// Starts the guardian and waits until it holds the lock.
void Control::spawn(const std::string& name) const {
    SpawnRequest request;
    request.program = programs_ / "restream-relay";
    request.arguments = {name};
    request.is_detached = true;
    request.with_variables = {{"RESTREAM_CONFIG_DIR", config_.directory.string()},
                              {"RESTREAM_STATE_DIR", registry_.layout().root().string()}};
    request.without_variables = key_variables(config_);
    if (const auto* destination = config_.find(name)) {
        if (const auto* own = std::get_if<KeyEnv>(&destination->key)) {
            std::erase(request.without_variables, own->variable);
        }
    }
    Pipe report = make_pipe();
    request.inherited = {&report.write_end};
    ChildProcess guardian = ChildProcess::spawn(request);
    report.write_end.close();
    const auto problem = await_start_report(
        report.read_end, Deadline::after(patience_with_predecessor + std::chrono::seconds(2)));
    if (problem) throw Error(ErrorKind::refused, "the relay could not be started: " + *problem);
}

std::map<std::string, std::string> Control::stop(const std::vector<std::string>& names,
                                                 Keep keep) const {
    std::map<std::string, std::string> problems;
    std::vector<std::string> living;
    {
        const CommandLock lock(registry_.layout(), verb_);
        registry_.prepare();
        for (const auto& name : names) {
            if (keep == Keep::nothing) registry_.set_wanted(name, false);
            if (registry_.is_alive(name)) living.push_back(name);
            try {
                if (keep == Keep::wanted_but_down) registry_.set_down(name, true);
            } catch (const Error& error) {
                problems[name] = error.what();
            }
            if (keep == Keep::nothing) registry_.set_down(name, false);
        }
        for (const auto& name : living) ask_to_stop(name);
    }
    const auto are_gone = [&] {
        return std::ranges::none_of(living, [&](const auto& name) { return registry_.is_alive(name); });
    };
    if (wait_until(Deadline::after(patience_before_kill), are_gone)) return problems;
    for (const auto& name : living) {
        // The lock is asked again: what is free by now is not touched.
        if (registry_.is_alive(name)) kill(name);
    }
    wait_until(Deadline::after(patience_after_kill), are_gone);
    for (const auto& name : living) {
        if (registry_.is_alive(name)) problems[name] = "its processes do not end, not even killed";
    }
    return problems;
}

void Control::ask_to_stop(const std::string& name) const {
    const auto guardian = registry_.guardian(name);
    if (!guardian) return;  // it was killed: its worker ends by itself
    registry_.set_stopping(name, *guardian);
    if (const auto handle = ProcessHandle::open(*guardian)) handle->ask(Ask::stop);
}

void Control::kill(const std::string& name) const {
    for (const auto& id : registry_.processes(name)) {
        if (const auto handle = ProcessHandle::open(id)) handle->ask(Ask::kill);
    }
}

}  // namespace restream
