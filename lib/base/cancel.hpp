// A stop request that blocking calls look at.
#pragma once

#include <atomic>

namespace restream {

/// Set once, from any thread; blocking calls ask it at least every 100 ms.
class Cancel {
  public:
    void request() noexcept { is_requested_.store(true, std::memory_order_release); }
    bool is_requested() const noexcept { return is_requested_.load(std::memory_order_acquire); }

  private:
    std::atomic<bool> is_requested_{false};
};

}  // namespace restream
