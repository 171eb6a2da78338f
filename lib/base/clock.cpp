#include "base/clock.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ctime>
#include <thread>

namespace restream {

namespace chrono = std::chrono;

Milliseconds Deadline::left() const {
    const auto now = SteadyClock::now();
    if (at_ <= now) return Milliseconds(0);
    constexpr auto longest = chrono::hours(24);
    if (at_ - now > longest) return longest;
    // Rounded up: a caller that waits this long finds that the deadline has passed.
    return chrono::ceil<Milliseconds>(at_ - now);
}

bool wait_until(const Deadline& deadline, const std::function<bool()>& is_true,
                Milliseconds between) {
    while (!is_true()) {
        if (deadline.has_passed()) return is_true();
        std::this_thread::sleep_for(std::min(between, deadline.left()));
    }
    return true;
}

std::string to_iso8601(WallTime time) {
    const auto ms = chrono::duration_cast<Milliseconds>(time.time_since_epoch());
    const auto seconds = chrono::floor<chrono::seconds>(ms);
    const std::time_t whole = seconds.count();
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(whole), (ms - seconds).count());
}

namespace {

std::optional<int> read_digits(std::string_view text, std::size_t at, std::size_t count) {
    if (at + count > text.size()) return std::nullopt;
    int value = 0;
    const auto* end = text.data() + at + count;
    const auto [stop, error] = std::from_chars(text.data() + at, end, value);
    if (error != std::errc() || stop != end || value < 0) return std::nullopt;
    return value;
}

}  // namespace

std::optional<WallTime> from_iso8601(std::string_view text) {
    if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' ||
        text[13] != ':' || text[16] != ':' || text.back() != 'Z') {
        return std::nullopt;
    }
    const auto year = read_digits(text, 0, 4), month = read_digits(text, 5, 2),
               day = read_digits(text, 8, 2), hour = read_digits(text, 11, 2),
               minute = read_digits(text, 14, 2), second = read_digits(text, 17, 2);
    if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
    // WallTime counts nanoseconds in 64 bits: from 1677 to 2262.
    if (*year < 1678 || *year > 2261) return std::nullopt;
    const chrono::year_month_day date{chrono::year(*year), chrono::month(unsigned(*month)),
                                      chrono::day(unsigned(*day))};
    if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
    int ms = 0;
    if (text[19] == '.') {
        const auto fraction = read_digits(text, 20, 3);
        if (!fraction || text.size() != 24) return std::nullopt;
        ms = *fraction;
    } else if (text.size() != 20) {
        return std::nullopt;
    }
    return chrono::sys_days(date) + chrono::hours(*hour) + chrono::minutes(*minute) +
           chrono::seconds(*second) + Milliseconds(ms);
}

std::optional<Milliseconds> parse_duration(std::string_view text) {
    double number = 0;
    const auto [stop, error] =
        std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (error != std::errc() || !std::isfinite(number) || number < 0 || std::signbit(number)) {
        return std::nullopt;
    }
    const std::string_view unit(stop, text.size() - static_cast<std::size_t>(stop - text.data()));
    double unit_ms = 0;
    if (unit == "ms") unit_ms = 1;
    if (unit == "s") unit_ms = 1e3;
    if (unit == "m" || unit == "min") unit_ms = 60e3;
    if (unit == "h") unit_ms = 3600e3;
    const double total_ms = number * unit_ms;
    constexpr double longest_ms = 10'000.0 * 3600e3;
    if (unit_ms == 0 || total_ms > longest_ms) return std::nullopt;
    return Milliseconds(std::llround(total_ms));
}

std::string format_duration(Milliseconds span) {
    const auto ms = span.count();
    if (ms != 0 && ms % 3'600'000 == 0) return fmt::format("{}h", ms / 3'600'000);
    if (ms != 0 && ms % 60'000 == 0) return fmt::format("{}m", ms / 60'000);
    if (ms % 1000 == 0) return fmt::format("{}s", ms / 1000);
    return fmt::format("{}ms", ms);
}

std::string describe_duration(chrono::seconds span) {
    const auto s = std::max<std::int64_t>(span.count(), 0);
    if (s < 60) return fmt::format("{} s", s);
    if (s < 3600) return fmt::format("{} min", s / 60);
    if (s < 86'400) return fmt::format("{} h {:02} min", s / 3600, s / 60 % 60);
    return fmt::format("{} d {} h", s / 86'400, s / 3600 % 24);
}

}  // namespace restream
