#include "dashboard/message.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>

#include "base/json.hpp"
#include "config/url.hpp"

namespace restream {

std::string asker_of(std::optional<std::uint32_t> user, const std::string& address) {
    if (user) return fmt::format("user {}", *user);
    return is_loopback(address) ? "127.0.0.0/8" : address;
}

Answer refusal(int status, std::string_view code, std::string_view message, std::string_view remedy,
               std::string_view field) {
    Json document = {{"error", {{"code", code}, {"message", message}, {"remedy", remedy}}}};
    if (!field.empty()) document["error"]["field"] = field;
    Answer answer;
    answer.status = status;
    answer.code = code;
    answer.body = document.dump() + "\n";
    return answer;
}

Answer refusal_of(ErrorKind kind, std::string_view message) {
    switch (kind) {
        case ErrorKind::usage:
            return refusal(400, "invalid", message,
                           "nothing was changed: correct it and try again");
        case ErrorKind::config:
            return refusal(500, "config", message, "mend the file");
        case ErrorKind::busy:
            return refusal(409, "busy", message, "try again in a moment");
        case ErrorKind::no:
        case ErrorKind::refused:
            return refusal(409, "refused", message, "'restream doctor' finds most causes");
        case ErrorKind::bug:
            break;
    }
    return refusal(500, "bug", message,
                   "this is a bug in restream; 'restream doctor' may say more");
}

std::string http_date(WallTime at) {
    namespace chrono = std::chrono;
    constexpr std::array days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = chrono::floor<chrono::days>(at);
    const chrono::year_month_day date(day);
    const chrono::hh_mm_ss time(chrono::floor<chrono::seconds>(at - day));
    return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT",
                       days[chrono::weekday(day).c_encoding()], unsigned(date.day()),
                       months[unsigned(date.month()) - 1], int(date.year()), time.hours().count(),
                       time.minutes().count(), time.seconds().count());
}

}  // namespace restream
