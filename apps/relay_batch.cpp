#include "relay_batch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <set>

#include "base/error.hpp"
#include "base/json.hpp"
#include "command.hpp"
#include "known_names.hpp"
#include "progress.hpp"
#include "relay/carried.hpp"
#include "state/relay_name.hpp"
#include "state/session_end.hpp"
#include "state/state_access.hpp"
#include "system/inbox.hpp"
#include "system/paths.hpp"

namespace restream {

namespace {

ConfigReading read_or_end(std::string_view verb, ConfigFault on_fault) {
    ConfigReading reading = read_config(config_directory());
    if (!reading.problem) return reading;
    if (on_fault == ConfigFault::ends) throw Error(ErrorKind::config, reading.problem->message);
    complain(verb, reading.problem->message);
    return reading;
}

std::vector<std::string> once(const std::vector<std::string>& names) {
    std::vector<std::string> all;
    for (const auto& name : names) {
        if (std::ranges::find(all, name) == all.end()) all.push_back(name);
    }
    return all;
}

}  // namespace

Workplace::Workplace(std::string_view verb_name, ConfigFault on_fault)
    : verb(verb_name),
      reading(read_or_end(verb, on_fault)),
      config(reading.config),
      registry(trusted_state()),
      control(registry, config, verb, program_directory()) {
    require_readable(registry.layout());
}

std::vector<std::string> Workplace::configured(const std::vector<std::string>& names) const {
    for (const auto& name : names) config.at(name);
    return once(names);
}

std::vector<std::string> Workplace::known(const std::vector<std::string>& names) const {
    for (const auto& name : names) {
        if (name_problem(name) || !registry.is_wanted(name)) {
            check_is_known(reading, registry, name);
        }
    }
    return once(names);
}

std::vector<std::string> Workplace::every_configured() const {
    std::vector<std::string> all;
    for (const auto& each : config.destinations) all.push_back(each.name);
    return all;
}

std::vector<std::string> Workplace::every_known() const {
    std::vector<std::string> all = every_configured();
    for (auto& name : registry.wanted_names()) all.push_back(std::move(name));
    for (const auto& relay : registry.known_names()) {
        if (registry.is_alive(relay)) all.emplace_back(destination_of(relay));
    }
    return once(all);
}

std::vector<std::string> Workplace::every_wanted() const {
    std::vector<std::string> all;
    for (auto& name : registry.wanted_names()) {
        if (config.find(name) != nullptr)
            all.push_back(std::move(name));
        else
            complain(verb, name + ": wanted, but not configured any more; run 'restream disable " +
                               name + "'");
    }
    return all;
}

void BatchFlags::declare(Arguments& arguments) {
    arguments.value("NAME", names, "destinations");
    arguments.value("--timeout", timeout, "wait at most this long (15s)");
    arguments.flag("--wait-live", wait_live, "0 only when live: waiting and holding are 1");
    arguments.flag("--json", json, "one JSON document on standard output");
}

BatchOptions BatchFlags::to_options() const {
    const auto span = parse_duration(timeout);
    if (!span) {
        throw Error(ErrorKind::usage, "--timeout takes a duration like 15s, not '" + timeout + "'");
    }
    BatchOptions options;
    options.timeout = *span;
    options.wait_live = wait_live;
    options.report = json ? Report::json : Report::text;
    return options;
}

namespace {

/// What a destination and its backup share.
Json to_json_value(const Outcome& outcome) {
    Json value = {
        {"outcome", outcome_name(outcome.kind)}, {"reason", nullptr}, {"next_retry_in_s", nullptr}};
    if (outcome.reason) {
        value["reason"] = {{"code", outcome.reason->code},
                           {"message", outcome.reason->message},
                           {"remedy", outcome.reason->remedy}};
    }
    if (outcome.next_retry_in_s) value["next_retry_in_s"] = *outcome.next_retry_in_s;
    return value;
}

Json to_json_value(const std::string& name, const Outcome& outcome, int status) {
    Json value = {{"name", name}, {"outcome", nullptr}, {"exit_status", status}};
    value.update(to_json_value(outcome));
    value["backup"] = nullptr;
    return value;
}

void print_document(const Json& destinations) {
    const Json document = {{"schema", 1}, {"destinations", destinations}};
    fmt::print("{}\n", document.dump(2));
}

/// For what becomes of a backup, beyond its destination's own outcome: time enough for one that is
/// called for to connect.
constexpr Milliseconds backup_patience = std::chrono::seconds(3);

/// One batch on its way: who is still waited for, and what is told.
class Waiting {
  public:
    Waiting(const Workplace& place, const BatchOptions& options)
        : place_(place), options_(options), begun_(SteadyClock::now()) {
        for (const auto& [name, why] : options.hopeless) {
            const SessionEnd end{EndCode::key_unavailable};
            const Outcome outcome{
                Outcome::Kind::refused,
                Reason{std::string(end_code_name(end.code)), why, remedy(end.code, name)},
                {}};
            tell(name, outcome, why, static_cast<int>(ErrorKind::config));
        }
        end_unused_backups();
        const auto relays = relays_of(place.config, options.names);
        for (auto& [name, started] : place.control.start(relays, options.wish)) {
            note(name, started);
        }
    }

    int run() {
        const Deadline deadline = Deadline::after(options_.timeout);
        while (!expected_.empty() && !is_broken_off_) {
            const bool is_over = deadline.has_passed();
            for (const auto& name : names()) look_at(name, is_over || is_over_for(name));
            progress_.show(names(), begun_);
            if (expected_.empty() || is_over) break;
            const Deadline turn(std::min(deadline.at(), SteadyClock::now() + Milliseconds(10)));
            if (inbox_.wait(turn) == Inbox::What::stop) is_broken_off_ = true;
        }
        progress_.clear();
        if (is_broken_off_) break_off();
        tell_ingest();
        if (options_.report == Report::json) print_all();
        return status_;
    }

  private:
    /// Since when it is known what became of a destination, by its own relay.
    struct Known {
        SteadyTime at{};
        int status = 0;
    };

    std::vector<std::string> names() const {
        std::vector<std::string> all;
        for (const auto& [name, each] : expected_) all.push_back(name);
        return all;
    }

    void note(const std::string& name, const Control::Started& started) {
        if (!started.problem.empty()) {
            const Outcome outcome{
                Outcome::Kind::refused, Reason{"not_started", started.problem, ""}, {}};
            expected_.erase(name);
            tell(name, outcome, started.problem, static_cast<int>(ErrorKind::refused));
            return;
        }
        if (started.was_left_out) {
            const Outcome outcome{Outcome::Kind::cancelled, {}, {}};
            expected_.erase(name);
            tell(name, outcome, describe(outcome), static_cast<int>(ErrorKind::no));
            return;
        }
        expected_[name] = {started.attempts_before, must_be_wanted(), options_.wait_live};
    }

    /// Those of destinations that have no backup any more.
    void end_unused_backups() const {
        const auto unused = unused_backups(place_.registry, place_.config);
        if (unused.empty()) return;
        for (const auto& [name, problem] : place_.control.stop(unused, Control::Keep::wanted)) {
            complain(place_.verb, fmt::format("{}: {}", name, problem));
        }
    }

    /// A backup is looked at for a moment only once its destination's own outcome is known.
    bool is_over_for(const std::string& name) const {
        if (!is_backup_relay(name)) return false;
        const auto known = known_.find(std::string(destination_of(name)));
        return known != known_.end() && SteadyClock::now() >= known->second.at + backup_patience;
    }

    /// Whether a backup is what is left: its destination's own relay has failed.
    bool is_called_for(const std::string& name) const {
        if (!is_backup_relay(name)) return false;
        const auto known = known_.find(std::string(destination_of(name)));
        return known != known_.end() && known->second.status != 0;
    }

    /// Whether `disable` ends the waiting.
    bool must_be_wanted() const {
        return options_.wish != Control::Wish::keep && options_.wish != Control::Wish::as_it_is;
    }

    void look_at(const std::string& name, bool is_over) {
        const Expectation expected = expected_.at(name);
        const bool is_backup = is_backup_relay(name);
        if (is_backup && expected_.contains(std::string(destination_of(name)))) return;
        auto outcome = is_over ? final_outcome(place_.registry, name, expected)
                               : known_outcome(place_.registry, name, expected);
        if (!outcome) return;
        if (outcome->kind == Outcome::Kind::standby && !is_over && is_called_for(name)) return;
        // It was killed, or it was the end of its predecessor that was seen: once more, as long as
        // there is time. Not where another command disabled or stopped it since it was looked at.
        if (outcome->kind == Outcome::Kind::gone && !is_over) {
            const auto wish = must_be_wanted() ? Control::Wish::heal : Control::Wish::as_it_is;
            for (auto& [each, started] : place_.control.start({name}, wish)) {
                note(each, started);
            }
            return;
        }
        expected_.erase(name);
        std::string words = describe(*outcome);
        if (outcome->kind == Outcome::Kind::live && is_called_for(name)) {
            words += ": it carries while the primary server can't";
        }
        tell(name, *outcome, words, exit_status(*outcome, expected));
    }

    /// What keeps the ingest server from running. If every destination is live all the same,
    /// another program feeds them: a warning then. Else it comes before the first destination that
    /// waits, whose own words sound like a success.
    void tell_ingest() {
        if (!options_.ingest || is_ingest_told_) return;
        is_ingest_told_ = true;
        const bool are_fed = !known_.empty() && status_ == 0;
        if (are_fed) {
            complain(place_.verb,
                     fmt::format("warning: {}; the program that answers at {} feeds {}",
                                 options_.ingest->message, place_.config.ingest.display_url(),
                                 known_.size() == 1 ? "it" : "them"));
            return;
        }
        complain(place_.verb, fmt::format("ingest: {}", options_.ingest->message));
        status_ = std::max(status_, options_.ingest->status);
    }

    void tell(const std::string& name, const Outcome& outcome, const std::string& words,
              int status) {
        const bool is_idle = outcome.kind == Outcome::Kind::waiting ||
                             outcome.kind == Outcome::Kind::holding ||
                             outcome.kind == Outcome::Kind::connecting;
        if (is_idle && options_.ingest) {
            status_ = std::max(status_, options_.ingest->status);
            status = std::max(status, options_.ingest->status);
            tell_ingest();
        }
        note_json(name, outcome, status);
        // A backup is a second chance: without it, the destination is as well as its own server is.
        if (!is_backup_relay(name)) {
            status_ = std::max(status_, status);
            known_[name] = {SteadyClock::now(), status};
        }
        progress_.clear();
        if (options_.report == Report::json) return;
        if (status == 0)
            print_lines(StandardHandle::output, fmt::format("{}: {}\n", relay_words(name), words));
        else
            complain(place_.verb, fmt::format("{}: {}", relay_words(name), words));
        std::fflush(stdout);
    }

    void note_json(const std::string& name, const Outcome& outcome, int status) {
        if (!is_backup_relay(name)) {
            destinations_.emplace_back(name, to_json_value(name, outcome, status));
            return;
        }
        backups_[std::string(destination_of(name))] = to_json_value(outcome);
    }

    void print_all() {
        Json destinations = Json::array();
        for (auto& [name, value] : destinations_) {
            const auto backup = backups_.find(name);
            if (backup != backups_.end()) value["backup"] = std::move(backup->second);
            destinations.push_back(std::move(value));
        }
        print_document(destinations);
    }

    void break_off() {
        for (const auto& name : names()) {
            const Outcome outcome{Outcome::Kind::cancelled, {}, {}};
            tell(name, outcome,
                 fmt::format(
                     "not waited for any longer; it keeps trying until 'restream disable {}'",
                     destination_of(name)),
                 static_cast<int>(ErrorKind::no));
        }
    }

    const Workplace& place_;
    const BatchOptions& options_;
    Inbox inbox_;  // Ctrl-C ends the waiting, not the relays
    Progress progress_;
    SteadyTime begun_;
    std::map<std::string, Expectation> expected_;             ///< by relay
    std::map<std::string, Known> known_;                      ///< by destination
    std::vector<std::pair<std::string, Json>> destinations_;  ///< by name, as they became known
    std::map<std::string, Json> backups_;                     ///< by destination
    int status_ = 0;
    bool is_broken_off_ = false;
    bool is_ingest_told_ = false;
};

}  // namespace

int start_and_wait(const Workplace& place, const BatchOptions& options, std::string_view nothing) {
    if (options.names.empty() && options.report == Report::text) {
        print_lines(StandardHandle::output, fmt::format("{}\n", nothing));
    }
    return Waiting(place, options).run();
}

int stop_and_tell(const Workplace& place, const std::vector<std::string>& names, Chosen chosen,
                  Control::Keep keep, Report report) {
    std::map<std::string, bool> was_alive;
    std::set<std::string> told;
    for (const auto& name : names) {
        was_alive[name] = place.registry.is_any_alive(name);
        const bool loses_wish = keep == Control::Keep::nothing && place.registry.is_wanted(name);
        if (chosen == Chosen::by_name || was_alive[name] || loses_wish) told.insert(name);
    }
    const auto problems = place.control.stop(names, keep);
    Json destinations = Json::array();
    for (const auto& name : names) {
        const auto problem = problems.find(name);
        const bool is_bad = problem != problems.end();
        Json value = {{"name", name},
                      {"outcome", is_bad ? "refused" : "stopped"},
                      {"was_running", was_alive[name]},
                      {"reason", nullptr}};
        if (is_bad)
            value["reason"] = {
                {"code", "not_stopped"}, {"message", problem->second}, {"remedy", ""}};
        destinations.push_back(std::move(value));
        if (report == Report::json) continue;
        if (is_bad) {
            complain(place.verb, fmt::format("{}: {}", name, problem->second));
        } else if (told.contains(name)) {
            print_lines(
                StandardHandle::output,
                fmt::format("{}: {}\n", name, was_alive[name] ? "stopped" : "was not running"));
        }
    }
    if (report == Report::text && told.empty() && problems.empty()) {
        fmt::print("no relay was running\n");
    }
    if (report == Report::json) print_document(destinations);
    return problems.empty() ? 0 : static_cast<int>(ErrorKind::refused);
}

}  // namespace restream
