// Notices who died together with its guardian, and has it started again.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "config/config.hpp"
#include "state/registry.hpp"
#include "system/process.hpp"

namespace restream {

/// Relays that are wanted, not down, and whose lock is free, those of backups too; those of
/// destinations that are no longer configured are left out.
std::vector<std::string> dead_relays(const Registry& registry, const Config& config);

/// Whether dead_relays() may find any: asked without the configuration, which need not be read
/// where all is well.
bool may_be_dead(const Registry& registry);

/// Part of a process that lives long, a guardian. It only notices; the starting is done by
/// `restream-start --heal NAME…` in a process of its own, under the command lock.
///
/// What was dead at two looks in a row is started: commands stop and start relays themselves, and
/// are not to be disturbed. What does not stay alive is tried ever more rarely.
class Healer {
  public:
    /// `find_dead` names the relays that `restream-start` is to be called for; where it throws
    /// Error{config}, nothing is healed. `programs` is the folder with restream-start.
    /// `first_look`: so that many healers do not look all at once.
    Healer(std::function<std::vector<std::string>()> find_dead, std::filesystem::path programs,
           SteadyTime first_look = {});

    /// To be called often; looks every 2 s. Never throws.
    void look(SteadyTime now);

  private:
    void heal(const std::vector<std::string>& names);

    std::function<std::vector<std::string>()> find_dead_;
    std::filesystem::path programs_;
    std::optional<ChildProcess> starter_;
    std::vector<std::string> dead_;  ///< at the last look
    SteadyTime next_look_;
    Milliseconds pause_;
    SteadyTime not_before_{};
};

}  // namespace restream
