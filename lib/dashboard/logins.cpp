#include "dashboard/logins.hpp"

#include <algorithm>
#include <chrono>
#include <system_error>

#include "system/paths.hpp"
#include "system/random.hpp"

namespace restream {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t session_bytes = 32;
constexpr std::size_t longest_code = 1024;
constexpr auto code_lifetime = std::chrono::minutes(10);

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

}  // namespace

std::string Logins::begin(std::optional<std::uint32_t> user, WayIn way) {
    if (sessions_.size() >= most_sessions) sessions_.pop_front();
    const std::string name = random_hex(session_bytes);
    sessions_.push_back({Secret(name), user, way});
    return name;
}

std::optional<WayIn> Logins::way_of(std::string_view session,
                                    std::optional<std::uint32_t> user) const {
    std::optional<WayIn> way;
    for (const Session& each : sessions_) {
        if (equal_in_constant_time(session, each.name.reveal()) && each.user == user) {
            way = each.way;
        }
    }
    return way;
}

void Logins::end_all() { sessions_.clear(); }

bool Logins::use_code(std::string_view code) const {
    auto text = try_read_file(code_file_, longest_code);
    if (!text) return false;
    if (text->ends_with('\n')) text->pop_back();
    const Secret wanted(std::move(*text));
    std::error_code error;
    const auto written = fs::last_write_time(code_file_, error);
    const bool is_old = error || fs::file_time_type::clock::now() - written > code_lifetime;
    if (wanted.is_empty() || !equal_in_constant_time(code, wanted.reveal())) return false;
    fs::remove(code_file_, error);
    return !is_old && !error;
}

std::string_view cookie_value(std::string_view header, std::string_view name) {
    while (!header.empty()) {
        const auto end = std::min(header.find(';'), header.size());
        const std::string_view pair = trimmed(header.substr(0, end));
        header.remove_prefix(std::min(end + 1, header.size()));
        const auto equals = pair.find('=');
        if (equals != std::string_view::npos && pair.substr(0, equals) == name) {
            return pair.substr(equals + 1);
        }
    }
    return {};
}

}  // namespace restream
