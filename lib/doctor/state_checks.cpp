#include "doctor/state_checks.hpp"

#include <charconv>
#include <set>

#include "doctor/found.hpp"
#include "relay/carried.hpp"
#include "state/absence.hpp"
#include "state/lock.hpp"
#include "state/relay_name.hpp"
#include "state/state_access.hpp"
#include "system/atomic_file.hpp"
#include "system/path_fault.hpp"
#include "system/process.hpp"

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

Diagnosis check_living(const Registry& registry, const std::string& name,
                       const CheckedState& state) {
    const auto record = registry.live_record(name);
    if (!record) {
        return state.is_writable ? found_of(name, Severity::warning, "relay_without_record")
                                 : found_of(name, Severity::warning, "relay_record_unwritten");
    }
    if (auto trouble = trouble_of(*record)) return std::move(*trouble);
    const std::string_view does = state_name(record->state);
    return registry.is_wanted(name) ? found_of(name, Severity::ok, "relay_runs", does)
                                    : found_of(name, Severity::warning, "relay_not_wanted", does);
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

/// Each kind of fault has words of its own: what helps against a full disk does not help against
/// permissions.
Diagnosis tell_fault(const PathFault& fault) {
    using Kind = PathFault::Kind;
    const std::string path = fault.path.string();
    constexpr auto failure = Severity::failure;
    if (!fault.owner.empty()) return found(failure, "state_of_other_user", path, fault.owner);
    switch (fault.kind) {
        case Kind::not_enterable:
        case Kind::unreadable:
        case Kind::unwritable:
            return found(failure, "state_denied", path);
        case Kind::not_a_folder:
            return found(failure, "state_not_a_folder", path);
        case Kind::broken_link:
            return found(failure, "state_link_broken", path, fault.target.string());
        case Kind::link_loop:
            return found(failure, "state_link_loop", path);
        case Kind::read_only:
            return found(failure, "state_read_only", path);
        case Kind::full:
            return found(failure, "state_full", path);
        case Kind::open_to_others:
            return mended_by_taking(fs::perms::group_write | fs::perms::others_write, fault.path,
                                    found(failure, "state_open_to_others", path));
        case Kind::foreign:
        case Kind::not_a_file:
        case Kind::other:
            break;
    }
    return found(failure, "state_unwritable", path, fault.message);
}

/// It is made by the first command that needs it, unless its parent does not take it.
Diagnosis tell_absent(const fs::path& root) {
    const auto fault = folder_fault(root, FolderUse::write);
    return fault ? tell_fault(*fault) : found(Severity::ok, "state_absent", root.string());
}

std::optional<PathFault> write_fault(const Layout& layout) {
    for (const auto& folder : {layout.root(), layout.run_directory(), layout.relay_directory(),
                               layout.wanted_directory(), layout.log_directory()}) {
        if (auto fault = folder_fault(folder, FolderUse::write)) return fault;
    }
    const fs::path trial = layout.root() / "doctor";
    // A byte: an empty file fits on a full disk.
    const auto failed = publish_file(trial, "\n", Durability::survives_crash);
    remove_file(trial);
    if (failed) return file_fault(trial, failed);
    return std::nullopt;
}

}  // namespace

CheckedState check_state_folder(const Registry& registry) {
    const fs::path& root = registry.layout().root();
    CheckedState result;
    if (const auto fault = read_fault(registry.layout())) {
        result.is_readable = result.is_writable = false;
        result.diagnoses.push_back(tell_fault(*fault));
        return result;
    }
    std::error_code error;
    if (!fs::exists(root, error)) {
        result.diagnoses.push_back(tell_absent(root));
        return result;
    }
    if (const auto fault = write_fault(registry.layout())) {
        result.is_writable = false;
        result.diagnoses.push_back(tell_fault(*fault));
        return result;
    }
    const auto free_bytes = fs::space(root, error).available;
    if (error || free_bytes >= little_bytes) {
        result.diagnoses.push_back(found(Severity::ok, "state_writable", root.string()));
        return result;
    }
    const auto severity = free_bytes < too_little_bytes ? Severity::failure : Severity::warning;
    result.diagnoses.push_back(
        found(severity, "state_space_low", free_bytes / 1'000'000, root.string()));
    return result;
}

std::vector<Diagnosis> check_relays(const Config& config, const Registry& registry,
                                    const CheckedState& state) {
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
            one = check_living(registry, name, state);
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
        for (const auto& path : paths_in(folder)) {
            const int pid = writer_of(path.filename().string());
            if (pid > 0 && !identify(pid)) files.push_back(path);
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
