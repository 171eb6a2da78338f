#include "doctor/state_checks.hpp"

#include <charconv>
#include <set>

#include "base/atomic_file.hpp"
#include "base/process.hpp"
#include "doctor/found.hpp"
#include "relay/carried.hpp"
#include "state/absence.hpp"
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

bool remove_file(const fs::path& path) {
    std::error_code error;
    fs::remove(path, error);
    return !error;
}

enum class Death { never_lived, by_boot, by_stop, by_kill };

Death death_of(const Registry& registry, const std::string& name) {
    const auto last = registry.last_record(name);
    if (!last) return Death::never_lived;
    if (last->guardian.boot_id != this_process().boot_id) return Death::by_boot;
    if (absence_of(registry, name) == Absence::not_started) return Death::never_lived;
    return last->state == State::stopped ? Death::by_stop : Death::by_kill;
}

/// What a relay that lives says of itself.
std::optional<Diagnosis> trouble_of(const Record& record) {
    // Its session stands, and does not carry what the ingest sends.
    if (record.state == State::live && record.session &&
        record.session->queue_ms >= long_queue_ms) {
        return found_of(record.name, Severity::warning, "relay_falls_behind",
                        record.session->queue_ms / 1000.0, record.session->dropped_messages);
    }
    const Reason reason = record.reason.value_or(Reason{});
    if (record.state == State::backoff) {
        return found_of(record.name, Severity::warning, "relay_backoff", reason.code,
                        reason.message, reason.remedy);
    }
    if (record.state == State::rejected) {
        return found_of(record.name, Severity::failure, "relay_rejected", reason.code,
                        reason.message, reason.remedy);
    }
    return std::nullopt;
}

Diagnosis check_living(const Registry& registry, const std::string& name) {
    const auto record = registry.live_record(name);
    if (!record) return found_of(name, Severity::warning, "relay_without_record");
    if (auto trouble = trouble_of(*record)) return std::move(*trouble);
    const std::string_view state = state_name(record->state);
    return registry.is_wanted(name) ? found_of(name, Severity::ok, "relay_runs", state)
                                    : found_of(name, Severity::warning, "relay_not_wanted", state);
}

Diagnosis tell_death(const std::string& name, Death death) {
    switch (death) {
        case Death::never_lived:
            return found_of(name, Severity::failure, "relay_never_started");
        case Death::by_boot:
            return found_of(name, Severity::failure, "relay_ended_by_boot");
        case Death::by_stop:
            return found_of(name, Severity::failure, "relay_was_stopped");
        case Death::by_kill:
            break;
    }
    return found_of(name, Severity::failure, "relay_was_killed");
}

/// One that does not live: nothing where that is as it should be.
std::optional<Diagnosis> check_dead(const Registry& registry, const std::string& name) {
    const Death death = death_of(registry, name);
    if (registry.is_wanted(name) && !registry.is_down(name)) return tell_death(name, death);
    const auto last = registry.last_record(name);
    if (!last || last->state == State::stopped) return std::nullopt;
    return mended_by(death == Death::by_boot
                         ? found_of(name, Severity::warning, "record_left_by_boot")
                         : found_of(name, Severity::warning, "record_left_by_kill"),
                     [registry, name] {
                         if (registry.is_alive(name)) return false;  // started meanwhile
                         registry.forget_record(name);
                         return true;
                     });
}

std::optional<Diagnosis> check_unknown(const Config& config, const Registry& registry,
                                       const std::string& name) {
    if (registry.is_alive(name)) {
        // What restarts a destination ends its backup that is none any more.
        const bool is_backup_alone = has_relay(config, destination_of(name));
        return is_backup_alone ? found_of(name, Severity::warning, "backup_not_configured")
                               : found_of(name, Severity::warning, "relay_not_configured");
    }
    if (!registry.is_wanted(name) || is_backup_relay(name)) return std::nullopt;
    return found(Severity::warning, "wish_not_configured", name);
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
    if (!fs::exists(root, error)) return {found(Severity::ok, "state_absent", root.string())};
    const fs::path trial = root / "doctor";
    const auto failed = publish_file(trial, "", Durability::survives_crash);
    remove_file(trial);
    if (failed) {
        return {found(Severity::failure, "state_unwritable", root.string(), failed.message())};
    }
    const auto free_bytes = fs::space(root, error).available;
    if (error || free_bytes >= little_bytes) {
        return {found(Severity::ok, "state_writable", root.string())};
    }
    const auto severity = free_bytes < too_little_bytes ? Severity::failure : Severity::warning;
    return {found(severity, "state_space_low", free_bytes / 1'000'000, root.string())};
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
        std::optional<Diagnosis> one;
        if (!has_relay(config, name))
            one = check_unknown(config, registry, name);
        else if (registry.is_alive(name))
            one = check_living(registry, name);
        else
            one = check_dead(registry, name);
        if (one) result.push_back(std::move(*one));
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
    return {mended_by(found(Severity::warning, "files_left_over", files.size()), [files] {
        bool are_gone = true;
        for (const auto& each : files) are_gone = remove_file(each) && are_gone;
        return are_gone;
    })};
}

}  // namespace restream
