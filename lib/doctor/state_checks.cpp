#include "doctor/state_checks.hpp"

#include <fmt/format.h>

#include <charconv>
#include <set>

#include "base/atomic_file.hpp"
#include "base/process.hpp"
#include "relay/carried.hpp"
#include "state/lock.hpp"
#include "state/relay_name.hpp"

namespace restream {

namespace fs = std::filesystem;

namespace {

/// Records and logs need little; a destination that is a file needs its own.
constexpr std::uintmax_t too_little_bytes = 10'000'000;
constexpr std::uintmax_t little_bytes = 200'000'000;
/// As `explain` has it: viewers' players have a second or two.
constexpr std::uint32_t long_queue_ms = 1000;

Finding relay_finding(Severity severity, std::string message, std::string cause,
                      std::string remedy) {
    return {severity, "relays", std::move(message), std::move(cause), std::move(remedy)};
}

bool remove_file(const fs::path& path) {
    std::error_code error;
    fs::remove(path, error);
    return !error;
}

std::string why_it_died(const Registry& registry, const std::string& name) {
    const auto last = registry.last_record(name);
    if (!last) return "it was never started";
    if (last->guardian.boot_id != this_process().boot_id) return "the machine was started anew";
    if (last->state == State::stopped) return "it was stopped";
    return "its processes were killed";
}

/// Its session stands, and does not carry what the ingest sends.
Finding falls_behind(const Record& record) {
    return relay_finding(
        Severity::warning, fmt::format("{}: live, and falls behind", relay_words(record.name)),
        fmt::format("messages wait for {:.1f} s; {} were dropped since the session began",
                    record.session->queue_ms / 1000.0, record.session->dropped_messages),
        "run 'restream explain': it tells whether it is the uplink or that platform");
}

/// What a relay that lives says of itself.
std::optional<Finding> trouble_of(const Record& record) {
    if (record.state == State::live && record.session &&
        record.session->queue_ms >= long_queue_ms) {
        return falls_behind(record);
    }
    const bool is_in_trouble = record.state == State::backoff || record.state == State::rejected;
    if (!is_in_trouble) return std::nullopt;
    const auto severity = record.state == State::rejected ? Severity::failure : Severity::warning;
    const Reason reason = record.reason.value_or(Reason{});
    return relay_finding(severity,
                         fmt::format("{}: {}", relay_words(record.name), state_name(record.state)),
                         reason.message, reason.remedy);
}

Diagnosis check_living(const Registry& registry, const std::string& name) {
    if (const auto record = registry.live_record(name)) {
        if (auto found = trouble_of(*record)) return {std::move(*found), {}};
        if (!registry.is_wanted(name)) {
            return {relay_finding(
                        Severity::warning,
                        fmt::format("{}: {}, but not wanted", relay_words(name),
                                    state_name(record->state)),
                        "it was started by its name, or the state folder was deleted: once it "
                        "ends, nothing starts it again",
                        fmt::format("run 'restream enable {}'", destination_of(name))),
                    {}};
        }
        return {relay_finding(Severity::ok,
                              fmt::format("{}: {}", relay_words(name), state_name(record->state)),
                              "", ""),
                {}};
    }
    return {relay_finding(Severity::warning,
                          fmt::format("{}: it lives, but has no record", relay_words(name)),
                          "its guardian was killed and it says goodbye, or the disk is full",
                          fmt::format("run 'restream restart {}'", destination_of(name))),
            {}};
}

/// One that does not live: nothing where that is as it should be.
std::optional<Diagnosis> check_dead(const Registry& registry, const std::string& name) {
    if (registry.is_wanted(name) && !registry.is_down(name)) {
        return Diagnosis{
            relay_finding(Severity::failure,
                          fmt::format("{}: wanted, but it does not run", relay_words(name)),
                          why_it_died(registry, name), "run 'restream start'"),
            {}};
    }
    const auto last = registry.last_record(name);
    if (!last || last->state == State::stopped) return std::nullopt;
    return Diagnosis{relay_finding(Severity::warning,
                                   fmt::format("{}: its record is left over", relay_words(name)),
                                   why_it_died(registry, name), "run 'restream doctor --fix'"),
                     [registry, name] {
                         if (registry.is_alive(name)) return false;  // started meanwhile
                         registry.forget_record(name);
                         return true;
                     }};
}

std::optional<Diagnosis> check_unknown(const Config& config, const Registry& registry,
                                       const std::string& name) {
    // What restarts a destination ends its backup that is none any more.
    const bool is_backup_alone = has_relay(config, destination_of(name));
    if (registry.is_alive(name)) {
        return Diagnosis{
            relay_finding(Severity::warning,
                          fmt::format("{}: it runs, but is not configured", relay_words(name)), "",
                          fmt::format("run 'restream {} {}'", is_backup_alone ? "restart" : "stop",
                                      destination_of(name))),
            {}};
    }
    if (!registry.is_wanted(name) || is_backup_relay(name)) return std::nullopt;
    return Diagnosis{
        relay_finding(Severity::warning, fmt::format("{}: wanted, but not configured", name), "",
                      fmt::format("run 'restream disable {0}', or 'restream add {0}'", name)),
        {}};
}

/// The PID in `.NAME.PID.tmp`; 0 where it is no such name.
int writer_of(const std::string& file) {
    if (!file.starts_with('.') || !file.ends_with(".tmp")) return 0;
    const std::string_view rest = std::string_view(file).substr(0, file.size() - 4);
    const auto dot = rest.rfind('.');
    int pid = 0;
    const auto [stop, error] =
        std::from_chars(rest.data() + dot + 1, rest.data() + rest.size(), pid);
    return error == std::errc() && stop == rest.data() + rest.size() ? pid : 0;
}

}  // namespace

std::vector<Diagnosis> check_state_folder(const fs::path& root) {
    std::error_code error;
    if (!fs::exists(root, error)) {
        return {{{Severity::ok, "state", fmt::format("{} is not there yet", root.string()), "", ""},
                 {}}};
    }
    const fs::path trial = root / "doctor";
    const auto failed = publish_file(trial, "", Durability::survives_crash);
    remove_file(trial);
    if (failed) {
        return {{{Severity::failure, "state", fmt::format("{} cannot be written", root.string()),
                  failed.message(),
                  "free space, or make the folder yours: no relay can be started until then"},
                 {}}};
    }
    const auto free_bytes = fs::space(root, error).available;
    if (error || free_bytes >= little_bytes) {
        return {
            {{Severity::ok, "state", fmt::format("{} is writable", root.string()), "", ""}, {}}};
    }
    const auto severity = free_bytes < too_little_bytes ? Severity::failure : Severity::warning;
    return {{{severity, "state",
              fmt::format("only {} MB are free at {}", free_bytes / 1'000'000, root.string()), "",
              "free space: without it, relays cannot say how they are"},
             {}}};
}

std::vector<Diagnosis> check_relays(const Config& config, const Registry& registry) {
    std::set<std::string> names;
    for (auto& name : registry.known_names()) names.insert(std::move(name));
    for (auto& name : registry.wanted_names()) {
        if (has_relay(config, backup_relay(name))) names.insert(backup_relay(name));
        names.insert(std::move(name));
    }
    std::vector<Diagnosis> result;
    for (const auto& name : names) {
        std::optional<Diagnosis> found;
        if (!has_relay(config, name))
            found = check_unknown(config, registry, name);
        else if (registry.is_alive(name))
            found = check_living(registry, name);
        else
            found = check_dead(registry, name);
        if (found) result.push_back(std::move(*found));
    }
    return result;
}

std::vector<Diagnosis> check_leftovers(const Layout& layout, const fs::path& config_directory) {
    std::vector<fs::path> files;
    for (const auto& folder : {layout.root(), layout.run_directory(), layout.relay_directory(),
                               layout.wanted_directory(), layout.nginx_directory(),
                               config_directory, config_directory / "destinations.d"}) {
        std::error_code error;
        for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
             entry.increment(error)) {
            const int pid = writer_of(entry->path().filename().string());
            if (pid > 0 && !identify(pid)) files.push_back(entry->path());
        }
    }
    if (files.empty()) return {};
    return {{{Severity::warning, "state",
              fmt::format("{} temporary file{} left over", files.size(),
                          files.size() == 1 ? " is" : "s are"),
              "their writers were killed", "run 'restream doctor --fix'"},
             [files] {
                 bool are_gone = true;
                 for (const auto& each : files) are_gone = remove_file(each) && are_gone;
                 return are_gone;
             }}};
}

}  // namespace restream
