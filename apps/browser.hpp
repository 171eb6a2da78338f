// The browser of the desktop that this terminal is on.
#pragma once

#include <string>

namespace restream {

/// Has the desktop's browser open `url`, and does not wait for it. Nothing happens where there is
/// no desktop, or the terminal is another machine's. `url` is seen by every user of this machine,
/// as all arguments of programs are: REQUIRES: nothing in it is secret.
void open_in_browser(const std::string& url);

}  // namespace restream
