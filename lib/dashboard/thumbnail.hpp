// The newest picture of the ingest, made by a process that may fail.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "dashboard/commands.hpp"

namespace restream {

/// For several threads.
class Thumbnail {
  public:
    struct Picture {
        std::string jpeg;
        WallTime at{};
    };

    explicit Thumbnail(CommandMeans means) : means_(std::move(means)) {}

    /// Has restream-thumbnail make another one of what relays play now; where it can't, there is
    /// none any more. True where that is a change. **Blocks**: until it is made, at most 12 s.
    bool renew();
    /// There is no picture any more. True where there was one.
    bool drop();

    std::shared_ptr<const Picture> picture() const;

  private:
    const CommandMeans means_;
    mutable std::mutex mutex_;
    std::shared_ptr<const Picture> picture_;
};

}  // namespace restream
