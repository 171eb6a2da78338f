// Who is wanted, who lives, and what the relays say of themselves.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "state/layout.hpp"
#include "state/record.hpp"
#include "system/process.hpp"

namespace restream {

/// The folder of locks, records and flags. Reading takes no lock. What changes a flag is called
/// with the CommandLock held; publish() by the relay itself.
class Registry {
  public:
    explicit Registry(Layout layout) : layout_(std::move(layout)) {}

    const Layout& layout() const { return layout_; }
    /// Makes the folders. **Throws**: Error{refused}.
    void prepare() const;

    /// The user's standing wish: outlives a reboot. Of a backup's relay, its destination's.
    bool is_wanted(std::string_view name) const;
    void set_wanted(std::string_view name, bool wanted) const;
    /// A wish that is made anew: what ended before it is old news.
    void renew_wish(std::string_view name) const;
    std::vector<std::string> wanted_names() const;

    /// Stopped by `stop`: not to be healed until start, enable, restart, or the next boot.
    bool is_down(std::string_view name) const;
    void set_down(std::string_view name, bool is_down) const;

    /// A relay is alive if and only if its lock is held.
    bool is_alive(std::string_view name) const;
    /// The destination's own relay, or its backup's.
    bool is_any_alive(std::string_view destination) const;
    /// Its lock file is not there, and may have been until a moment ago: a relay that lives makes
    /// it again, see lock_return.
    bool may_have_lost_lock(std::string_view name) const;
    /// Every relay that has a lock file here, alive or not: also of backups, and of destinations no
    /// longer configured.
    std::vector<std::string> known_names() const;

    /// Its last record, of whatever age; nothing where there is none that can be read, or it names
    /// another relay.
    std::optional<Record> last_record(std::string_view name) const;
    /// The record of the relay that lives now; nothing where none lives, or its record is of a
    /// process that is gone.
    std::optional<Record> live_record(std::string_view name) const;
    /// The same, where is_alive() was just asked: the lock is not asked again.
    std::optional<Record> record_of_living(std::string_view name) const;
    [[nodiscard]] std::error_code publish(const Record& record) const;
    void forget_record(std::string_view name) const;

    /// Notes that this guardian is being asked to stop, before it is asked. Where that cannot be
    /// written (a full disk), it is asked all the same.
    void set_stopping(std::string_view name, const ProcessId& guardian) const;
    /// The living guardian that was asked to stop, if any.
    std::optional<ProcessId> stopping(std::string_view name) const;
    void clear_stopping(std::string_view name) const;

    /// The processes of a relay that lives: from its record where that is true, else by who has the
    /// lock file open. The guardian first.
    std::vector<ProcessId> processes(std::string_view name) const;

    /// The guardian of a relay that lives; nothing where it was killed and its worker says goodbye.
    std::optional<ProcessId> guardian(std::string_view name) const;

    /// Deletes everything about a destination that was removed, but its lock files.
    void forget(std::string_view name) const;

  private:
    void forget_relay(std::string_view name) const;
    Layout layout_;
};

}  // namespace restream
