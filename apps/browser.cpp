#include "browser.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/error.hpp"
#include "system/process.hpp"

namespace restream {
namespace {

bool is_set(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0';
}

}  // namespace

void open_in_browser(const std::string& url) {
    constexpr std::array desktops = {"WAYLAND_DISPLAY", "DISPLAY"};
    if (is_set("SSH_CONNECTION") || std::none_of(desktops.begin(), desktops.end(), is_set)) return;
    const auto program = find_in_path("xdg-open");
    if (!program) return;
    SpawnRequest request;
    request.program = *program;
    request.arguments = {url};
    request.is_detached = true;
    try {
        ChildProcess::spawn(request);
    } catch (const Error&) {
        // The address is on the terminal all the same.
    }
}

}  // namespace restream
