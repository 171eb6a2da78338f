// The user's service manager: systemd's instance for this user, where there is one.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace restream {

/// Asks by `systemctl --user`. Everything has a deadline.
class UserManager {
  public:
    /// `units`: the folder that it should read units from.
    explicit UserManager(std::filesystem::path units);

    /// Whether one answers, and reads that folder. One that was started with another
    /// XDG_CONFIG_HOME does not, and is none of our business. Asked once, when this was made.
    bool is_reachable() const { return is_reachable_; }

    /// `systemctl --user ARGUMENTS`: nothing where it was done, else why not. REQUIRES: reachable.
    /// **Blocks**: at most 5 s.
    std::optional<std::string> run(const std::vector<std::string>& arguments) const;
    /// Whether that unit is active now; nothing where nobody can be asked.
    std::optional<bool> is_active(std::string_view unit) const;

  private:
    bool is_reachable_ = false;
};

/// Where this user's units are. Absolute.
std::filesystem::path user_unit_directory();

/// This user's name; empty where he has none.
std::string user_name();

/// Whether the user's manager lives from boot on, and without a login.
bool is_lingering();

}  // namespace restream
