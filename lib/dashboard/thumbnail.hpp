// The newest picture of the ingest, made by a process that may fail.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "dashboard/commands.hpp"
#include "dashboard/config_watch.hpp"
#include "dashboard/picture_process.hpp"

namespace restream {

/// For several threads. There is one process at most, and none before the first picture is wanted.
class Thumbnail {
  public:
    struct Picture {
        std::string jpeg;
        WallTime at{};  ///< when it was first seen: one that is the same stays
    };

    /// `configs` must outlive it.
    Thumbnail(CommandMeans means, ConfigWatch& configs)
        : means_(std::move(means)), configs_(configs) {}

    /// Has another one made of what relays play now; where there is none, there is none any more.
    /// A process that failed is killed; the next call starts another. Returns how long to wait
    /// before the next call, so that pictures cost little whatever they are. **Blocks**: until it
    /// is made, at most 12 s.
    Milliseconds renew();
    /// There is no picture any more, nor a process. **Blocks**: while another thread renews.
    void end();

    std::shared_ptr<const Picture> picture() const;

  private:
    PictureProcess::Made make();
    void keep(std::string jpeg);
    void drop();

    const CommandMeans means_;
    ConfigWatch& configs_;
    std::mutex making_;
    std::unique_ptr<PictureProcess> process_;  ///< under making_, as all until the next mutex
    int failures_ = 0;                         ///< in a row
    mutable std::mutex mutex_;
    std::shared_ptr<const Picture> picture_;
};

/// How long to wait after a picture that took this long, of which `cost` were processor.
Milliseconds rest_after_picture(Milliseconds took, Milliseconds cost);
/// After a process failed for the `failures`th time in a row.
Milliseconds rest_after_failure(int failures);

}  // namespace restream
