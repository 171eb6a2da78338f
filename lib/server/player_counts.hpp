// How many play from each place.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace restream {

/// By place_of(). Has no entry for a place where nobody plays.
class PlayerCounts {
  public:
    void add(const std::string& place) {
        ++counts_[place];
        ++total_;
    }
    /// REQUIRES: one was added there.
    void remove(const std::string& place) {
        --total_;
        if (--counts_[place] == 0) counts_.erase(place);
    }
    std::size_t at(std::string_view place) const {
        const auto found = counts_.find(place);
        return found == counts_.end() ? 0 : found->second;
    }

    std::size_t total() const { return total_; }

  private:
    std::map<std::string, std::size_t, std::less<>> counts_;
    std::size_t total_ = 0;
};

}  // namespace restream
