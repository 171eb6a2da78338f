// What is waited for, on a terminal.
#pragma once

#include <string>
#include <vector>

#include "base/clock.hpp"
#include "system/terminal.hpp"

namespace restream {

/// One line on the terminal that says what is waited for; nothing in a pipe.
class Progress {
  public:
    /// `relays`: their names, see state/relay_name.hpp.
    void show(const std::vector<std::string>& relays, SteadyTime since);
    void clear();

  private:
    bool is_shown_ = is_terminal(StandardHandle::error);
    std::string last_;
};

}  // namespace restream
