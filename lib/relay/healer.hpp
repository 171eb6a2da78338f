// Starts relays again that died with their guardian although they are wanted.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/process.hpp"
#include "config/config.hpp"
#include "state/registry.hpp"

namespace restream {

/// Relays that are wanted, not down, and whose lock is free.
std::vector<std::string> dead_relays(const Registry& registry);

/// Part of a process that lives long, the guardian of a managed ingest server. It only notices; the
/// starting is done by `restream-start NAME…` in a process of its own, under the command lock.
///
/// A relay is started when it was dead at two looks in a row: commands stop and start relays
/// themselves, and are not to be disturbed. What does not stay alive is tried ever more rarely.
class Healer {
  public:
    /// `load` may throw Error{config}: then nothing is healed. `programs` is the folder with
    /// restream-start.
    Healer(Registry registry, std::function<Config()> load, std::filesystem::path programs);

    /// To be called often; looks every 2 s. Never throws.
    void look(SteadyTime now);

  private:
    void heal(const std::vector<std::string>& names);

    Registry registry_;
    std::function<Config()> load_;
    std::filesystem::path programs_;
    std::optional<ChildProcess> starter_;
    std::vector<std::string> dead_;  ///< at the last look
    SteadyTime next_look_{};
    Milliseconds pause_;
    SteadyTime not_before_{};
};

}  // namespace restream
