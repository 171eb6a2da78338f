// Whether the configuration still says what the running session was made from.
#pragma once

#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "worker/plan.hpp"

namespace restream {

/// For two threads: one makes plans, the other looks, once a second. A look costs a stat of each
/// file that the plan came from; only where one has changed is the configuration read. What is
/// compared stays in memory: a digest of a key in a file could be guessed.
class PlanWatch {
  public:
    /// Reads the plan as it would be made now, with no secret that a command gives; nothing
    /// where the configuration is broken or has no key.
    using Read = std::function<std::optional<Plan>()>;

    explicit PlanWatch(Read read) : read_(std::move(read)) {}

    /// Sessions are made from this from now on.
    void use(const Plan& plan);

    /// Whether a session would be made from another plan now. Where that is not known, what was
    /// known before. Commands are not run: only another command counts as another secret.
    bool has_changed();

  private:
    std::string mark() const;
    bool is_other(Plan now) const;

    const Read read_;
    std::mutex mutex_;
    std::optional<Plan> plan_;
    std::vector<std::filesystem::path> files_;
    std::string seen_;
    bool has_changed_ = false;
};

}  // namespace restream
