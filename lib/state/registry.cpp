#include "state/registry.hpp"

#include <algorithm>
#include <filesystem>

#include "base/error.hpp"
#include "state/boot_flag.hpp"
#include "state/lock.hpp"
#include "state/relay_name.hpp"
#include "system/atomic_file.hpp"
#include "system/path_fault.hpp"
#include "system/paths.hpp"

namespace restream {

namespace fs = std::filesystem;

namespace {

/// The guardian's file name, which every system keeps whole in its process list.
constexpr std::string_view guardian_program = "restream-relay";
constexpr std::uintmax_t longest_record_bytes = 64 * 1024;

void publish_or_throw(const fs::path& path, std::string_view content, Durability durability) {
    if (const auto error = publish_file(path, content, durability)) {
        throw Error(ErrorKind::refused,
                    "writing " + path.string() + ": " + file_fault(path, error).describe(), error);
    }
}

void remove_or_throw(const fs::path& path) {
    std::error_code error;
    fs::remove(path, error);
    if (error) {
        throw Error(ErrorKind::refused,
                    "deleting " + path.string() + ": " + file_fault(path, error).describe(), error);
    }
}

bool is_file(const fs::path& path) {
    std::error_code error;
    return fs::is_regular_file(path, error);
}

}  // namespace

void Registry::prepare() const {
    for (const auto& each :
         {layout_.wanted_directory(), layout_.log_directory(), layout_.relay_directory()}) {
        make_private_directory(each);
    }
}

bool Registry::is_wanted(std::string_view name) const { return is_file(layout_.wanted(name)); }

void Registry::set_wanted(std::string_view name, bool wanted) const {
    if (wanted == is_wanted(name)) return;
    if (wanted)
        publish_or_throw(layout_.wanted(name), "", Durability::survives_power_cut);
    else
        remove_or_throw(layout_.wanted(name));
}

void Registry::renew_wish(std::string_view name) const {
    publish_or_throw(layout_.wanted(name), "", Durability::survives_power_cut);
}

std::vector<std::string> Registry::wanted_names() const {
    std::vector<std::string> names;
    for (const auto& path : paths_in(layout_.wanted_directory())) {
        std::string name = path.filename().string();
        if (!name.starts_with('.') && is_file(path)) names.push_back(std::move(name));
    }
    std::ranges::sort(names);
    return names;
}

bool Registry::is_down(std::string_view name) const {
    return is_set_in_this_boot(layout_.relay_down(name));
}

void Registry::set_down(std::string_view name, bool is_down) const {
    if (is_down) {
        publish_or_throw(layout_.relay_down(name), this_process().boot_id,
                         Durability::survives_crash);
    } else {
        remove_or_throw(layout_.relay_down(name));
    }
}

bool Registry::is_alive(std::string_view name) const {
    return FileLock::is_held(layout_.relay_lock(name));
}

bool Registry::is_any_alive(std::string_view destination) const {
    return is_alive(destination) || is_alive(backup_relay(destination));
}

bool Registry::may_have_lost_lock(std::string_view name) const {
    std::error_code error;
    if (fs::exists(layout_.relay_lock(name), error)) return false;
    const fs::path folder = layout_.relay_directory();
    if (!fs::exists(folder, error)) return true;
    // Others that were deleted with it may be back already.
    const auto is_new = [](const fs::path& path) {
        std::error_code gone;
        const auto made = fs::last_write_time(path, gone);
        return !gone && made > fs::file_time_type::clock::now() - lock_return;
    };
    bool is_empty = true;
    for (const auto& path : paths_in(folder)) {
        is_empty = false;
        if (path.extension() == ".lock" && is_new(path)) return true;
        const bool is_record = path.extension() == ".json";
        if (is_record && !is_file(layout_.relay_lock(path.stem().string()))) return true;
    }
    return is_empty && is_new(folder);
}

std::vector<std::string> Registry::known_names() const {
    std::vector<std::string> names;
    for (const auto& path : paths_in(layout_.relay_directory())) {
        if (path.extension() == ".lock") names.push_back(path.stem().string());
    }
    std::ranges::sort(names);
    return names;
}

std::optional<Record> Registry::last_record(std::string_view name) const {
    const auto text = try_read_file(layout_.relay_record(name), longest_record_bytes);
    if (!text) return std::nullopt;
    auto record = record_from_json(*text);
    if (!record || record->name != name) return std::nullopt;
    return record;
}

std::optional<Record> Registry::live_record(std::string_view name) const {
    if (!is_alive(name)) return std::nullopt;
    return record_of_living(name);
}

std::optional<Record> Registry::record_of_living(std::string_view name) const {
    auto record = last_record(name);
    if (!record || identify(record->guardian.pid) != record->guardian) return std::nullopt;
    return record;
}

std::error_code Registry::publish(const Record& record) const {
    return publish_file(layout_.relay_record(record.name), to_json(record),
                        Durability::survives_crash);
}

void Registry::forget_record(std::string_view name) const {
    std::error_code ignored;
    fs::remove(layout_.relay_record(name), ignored);
}

void Registry::set_stopping(std::string_view name, const ProcessId& guardian) const {
    static_cast<void>(publish_file(layout_.relay_stopping(name), json_of(guardian).dump(),
                                   Durability::survives_crash));
}

std::optional<ProcessId> Registry::stopping(std::string_view name) const {
    const auto text = try_read_file(layout_.relay_stopping(name), 4096);
    if (!text) return std::nullopt;
    auto guardian = process_from_json(*text);
    if (!guardian || identify(guardian->pid) != *guardian) return std::nullopt;
    return guardian;
}

void Registry::clear_stopping(std::string_view name) const {
    std::error_code ignored;
    fs::remove(layout_.relay_stopping(name), ignored);
}

std::vector<ProcessId> Registry::processes(std::string_view name) const {
    if (const auto record = live_record(name)) {
        std::vector<ProcessId> found = {record->guardian};
        if (record->worker && identify(record->worker->pid) == *record->worker) {
            found.push_back(*record->worker);
        }
        return found;
    }
    std::vector<ProcessId> found = FileLock::holders(layout_.relay_lock(name));
    // A worker that lost its guardian hides its descriptors, from all but root: only its record
    // tells of it.
    const auto record = is_alive(name) ? last_record(name) : std::nullopt;
    if (record && record->worker && identify(record->worker->pid) == *record->worker &&
        std::ranges::find(found, *record->worker) == found.end()) {
        found.push_back(*record->worker);
    }
    return found;
}

std::optional<ProcessId> Registry::guardian(std::string_view name) const {
    if (const auto record = live_record(name)) return record->guardian;
    for (auto& each : FileLock::holders(layout_.relay_lock(name))) {
        if (program_name(each) == guardian_program) return each;
    }
    return std::nullopt;
}

void Registry::forget(std::string_view name) const {
    forget_relay(name);
    forget_relay(backup_relay(name));
}

void Registry::forget_relay(std::string_view name) const {
    std::error_code ignored;
    for (const auto& path : {layout_.wanted(name), layout_.relay_record(name),
                             layout_.relay_down(name), layout_.relay_stopping(name)}) {
        fs::remove(path, ignored);
    }
    const std::string log = layout_.log(name).filename().string();
    const std::string flight = layout_.flight(name).filename().string();
    for (const auto& path : paths_in(layout_.log_directory())) {
        const std::string file = path.filename().string();
        if (file.starts_with(log) || file.starts_with(flight)) fs::remove(path, ignored);
    }
}

}  // namespace restream
