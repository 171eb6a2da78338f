#include "hook/http_answer.hpp"

#include <algorithm>
#include <string_view>

namespace restream {

namespace {

/// "HTTP/1.1 204 No Content"; 0 where it is none.
int status_of(std::string_view line) {
    constexpr std::string_view version = "HTTP/1.";
    constexpr std::size_t at = version.size() + 2;
    if (line.size() < at + 3 || !line.starts_with(version)) return 0;
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (!is_digit(line[version.size()]) || line[at - 1] != ' ') return 0;
    if (line.size() > at + 3 && line[at + 3] != ' ') return 0;
    int status = 0;
    for (const char c : line.substr(at, 3)) {
        if (!is_digit(c)) return 0;
        status = status * 10 + (c - '0');
    }
    return status >= 100 && status <= 599 ? status : 0;
}

/// Where a head ends: behind its empty line. Lines may end without a carriage return.
std::size_t end_of_head(std::string_view text) {
    for (auto at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
        const auto rest = text.substr(at + 1);
        if (rest.starts_with('\n')) return at + 2;
        if (rest.starts_with("\r\n")) return at + 3;
    }
    return std::string_view::npos;
}

}  // namespace

HttpAnswer::State HttpAnswer::feed(std::span<const std::uint8_t> bytes) {
    if (state_ != State::needs_more) return state_;
    const auto room = std::min(bytes.size(), most_bytes - taken_bytes_);
    unread_.append(reinterpret_cast<const char*>(bytes.data()), room);
    taken_bytes_ += room;
    state_ = read();
    if (state_ == State::needs_more && taken_bytes_ == most_bytes) state_ = State::malformed;
    return state_;
}

HttpAnswer::State HttpAnswer::read() {
    for (;;) {
        const auto line_end = unread_.find('\n');
        if (line_end == std::string::npos) {
            // Told at once, where the server speaks something else and then waits.
            constexpr std::string_view begin = "HTTP/1.";
            const auto known = std::min(begin.size(), unread_.size());
            return std::string_view(unread_).substr(0, known) == begin.substr(0, known)
                       ? State::needs_more
                       : State::malformed;
        }
        auto line = std::string_view(unread_).substr(0, line_end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        status_ = status_of(line);
        if (status_ == 0 || status_ == 101) return State::malformed;  // nobody asked for 101
        if (status_ >= 200) return State::has_status;
        const auto end = end_of_head(unread_);
        if (end == std::string::npos) return State::needs_more;
        unread_.erase(0, end);
    }
}

}  // namespace restream
