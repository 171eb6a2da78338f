// The service of the user's systemd that starts again what is wanted: after a reboot, and whenever
// it has died.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "service/user_manager.hpp"

namespace restream {

/// Two units and a link, in the folder of the user's units. There is no process of ours between two
/// looks.
///
/// `restream.timer` starts `restream.service` at once when it becomes active, and then every 10 s
/// (`between_timer_looks`); that runs `restream-start --heal` and ends. `timers.target.wants/`
/// holds the link by which the timer becomes active with the user's manager: at the login, or at
/// boot where the user lingers. A file of one of these names that is not ours is left alone.
class Service {
  public:
    /// `units`: the folder of the user's units.
    explicit Service(std::filesystem::path units);

    enum class Began { now, at_next_login };
    /// Writes units and link, or writes them anew, and has the manager read them where it can be
    /// reached.
    /// **Throws**: Error{refused}: a file there is not ours, or cannot be written, or systemd does
    /// not take the paths; nothing is changed then. Also where the manager refuses.
    Began install() const;
    /// Deletes them. Relays and the ingest server live on. False where nothing was installed.
    /// **Throws**: Error{refused}: a file there is not ours.
    bool remove() const;

    struct View {
        bool is_installed = false;       ///< both units are there, and ours
        bool is_current = false;         ///< they are what install() would write now
        bool is_enabled = false;         ///< the link is there
        std::optional<bool> is_running;  ///< the timer; nothing where no manager can be asked
        bool lingers = false;
    };
    View look() const;

    std::filesystem::path service_file() const { return units_ / "restream.service"; }
    std::filesystem::path timer_file() const { return units_ / "restream.timer"; }

  private:
    std::filesystem::path link() const { return units_ / "timers.target.wants" / "restream.timer"; }
    bool is_link_ours() const;
    void require_ours() const;

    std::filesystem::path units_;
    UserManager manager_;
};

}  // namespace restream
