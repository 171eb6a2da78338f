// How many bytes of media a server has in memory, whoever holds them.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "flv/tag.hpp"

namespace restream {

/// Counts each payload once, from counted() until the last of those who share it (caches, queues of
/// players) lets go of it. For one thread.
class HeldMedia {
  public:
    /// What a payload costs beside its bytes: two counters of owners, and what the heap adds.
    static constexpr std::size_t payload_cost_bytes = 128;

    /// The same tag, whose payload is counted.
    Tag counted(const Tag& tag) const {
        return {tag.type, tag.time,
                tag.payload.kept_with(Share(bytes_, tag.payload.size() + payload_cost_bytes))};
    }
    std::size_t bytes() const { return *bytes_; }

  private:
    class Share {
      public:
        Share(std::shared_ptr<std::size_t> all, std::size_t bytes)
            : all_(std::move(all)), bytes_(bytes) {
            *all_ += bytes_;
        }
        ~Share() {
            if (all_) *all_ -= bytes_;
        }
        Share(Share&&) noexcept = default;
        Share& operator=(Share&&) = delete;

      private:
        std::shared_ptr<std::size_t> all_;  ///< nothing in one that was moved from
        std::size_t bytes_;
    };

    std::shared_ptr<std::size_t> bytes_ = std::make_shared<std::size_t>(0);
};

}  // namespace restream
