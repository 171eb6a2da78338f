// The text of the systemd units that start again what is wanted after a reboot.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace restream {

/// How often the timer looks.
constexpr std::chrono::seconds between_timer_looks(10);

/// What the service unit is made of. A value.
struct ServiceFacts {
    std::filesystem::path start_program;  ///< restream-start
    std::vector<std::pair<std::string, std::string>> variables;
};

/// Whether systemd can be told of it: it takes neither control characters nor what is no UTF-8.
bool is_fit_for_unit(std::string_view value);

/// `value` as one word of a line that systemd reads: in double quotes, with `"`, `\` and `%`
/// escaped. **Source**: systemd.syntax(7), systemd.unit(5) "Specifiers". `what` names it in the
/// error. **Throws**: Error{refused} where it is not fit for a unit.
std::string quoted_for_unit(std::string_view value, std::string_view what);

/// From share/restream.service.in. **Throws**: Error{refused}.
std::string render_service(std::string_view template_text, const ServiceFacts& facts);
/// From share/restream.timer.in. **Throws**: Error{refused}.
std::string render_timer(std::string_view template_text);

/// Whether the text of a unit is one that was rendered here, whichever version did.
bool is_our_unit(std::string_view text);

}  // namespace restream
