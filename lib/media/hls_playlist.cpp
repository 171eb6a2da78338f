#include "media/hls_playlist.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace restream {

namespace {

/// **Source**: RFC 8216, 4.3.3.1: no segment may be longer, rounded, and it must not change. So it
/// is the usual segment's from the beginning, and only grows.
constexpr std::int64_t least_target_s = 4;
/// A day: no segment of ours comes near.
constexpr std::int64_t longest_segment_s = 86'400;
/// 30 million years of seconds: what is beyond was not written by us.
constexpr std::uint64_t highest_number = 1'000'000'000'000'000;

constexpr std::string_view first_line = "#EXTM3U";
constexpr std::string_view version_line = "#EXT-X-VERSION:3";
constexpr std::string_view target_tag = "#EXT-X-TARGETDURATION:";
constexpr std::string_view number_tag = "#EXT-X-MEDIA-SEQUENCE:";
constexpr std::string_view discontinuity_number_tag = "#EXT-X-DISCONTINUITY-SEQUENCE:";
constexpr std::string_view discontinuity_line = "#EXT-X-DISCONTINUITY";
constexpr std::string_view duration_tag = "#EXTINF:";
constexpr std::string_view end_line = "#EXT-X-ENDLIST";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

template <typename Number>
bool read_number(std::string_view text, Number& number) {
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    return !text.empty() && is_digit(text.front()) && error == std::errc() && stop == end;
}

/// "4.000,"
bool read_duration(std::string_view text, Milliseconds& duration) {
    constexpr std::size_t behind_point = 4;  // three digits and a comma
    if (text.size() < behind_point + 2 || text.back() != ',') return false;
    const auto point = text.size() - behind_point - 1;
    std::int64_t seconds = 0;
    std::int64_t milliseconds = 0;
    if (text[point] != '.' || !read_number(text.substr(0, point), seconds) ||
        !read_number(text.substr(point + 1, behind_point - 1), milliseconds) ||
        seconds > longest_segment_s) {
        return false;
    }
    duration = Milliseconds(seconds * 1000 + milliseconds);
    return true;
}

/// Takes so many digits away; false where there are fewer.
bool skip_digits(std::string_view& text, std::size_t count) {
    if (text.size() < count || !std::all_of(text.begin(), text.begin() + count, is_digit)) {
        return false;
    }
    text.remove_prefix(count);
    return true;
}

bool skip(std::string_view& text, std::string_view what) {
    if (!text.starts_with(what)) return false;
    text.remove_prefix(what.size());
    return true;
}

/// The next line, without its end, is taken away from `text`.
std::string_view next_line(std::string_view& text) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    return line;
}

}  // namespace

HlsPlaylist::HlsPlaylist(std::string stem, WallTime now)
    : stem_(std::move(stem)), target_s_(least_target_s) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch());
    first_number_ = first_discontinuity_ = static_cast<std::uint64_t>(seconds.count());
}

std::optional<HlsPlaylist> HlsPlaylist::parse(std::string stem, std::string_view text) {
    const std::string_view whole = text;
    HlsPlaylist playlist(std::move(stem));
    if (next_line(text) != first_line || next_line(text) != version_line) return std::nullopt;
    std::string_view line = next_line(text);
    if (!skip(line, target_tag) || !read_number(line, playlist.target_s_) ||
        playlist.target_s_ < least_target_s || playlist.target_s_ > longest_segment_s) {
        return std::nullopt;
    }
    line = next_line(text);
    if (!skip(line, number_tag) || !read_number(line, playlist.first_number_) ||
        playlist.first_number_ > highest_number) {
        return std::nullopt;
    }
    line = next_line(text);
    if (!skip(line, discontinuity_number_tag) ||
        !read_number(line, playlist.first_discontinuity_) ||
        playlist.first_discontinuity_ > highest_number) {
        return std::nullopt;
    }
    HlsSegment next;
    while (!text.empty()) {
        if (playlist.is_ended_ || !playlist.take_line(next_line(text), next)) return std::nullopt;
    }
    if (next != HlsSegment{} || playlist.segments_.size() > window) return std::nullopt;
    // Ours is only what text() writes, byte for byte.
    if (playlist.text() != whole) return std::nullopt;
    return playlist;
}

bool HlsPlaylist::take_line(std::string_view line, HlsSegment& next) {
    if (line == end_line) return is_ended_ = true;
    if (line == discontinuity_line) return next.is_discontinuous = true;
    if (skip(line, duration_tag)) return read_duration(line, next.duration);
    const std::string stem = uri_of_name(stem_);
    const auto suffix = hls_segment_suffix(stem, line);
    if (!suffix || next.duration.count() == 0) return false;
    next.name = stem_ + std::string(*suffix);
    segments_.push_back(std::exchange(next, {}));
    return true;
}

HlsPlaylist HlsPlaylist::emptied(WallTime now) const {
    HlsPlaylist empty(stem_, now);
    empty.first_number_ = std::max(empty.first_number_, first_number_ + segments_.size());
    empty.first_discontinuity_ =
        std::max(empty.first_discontinuity_, first_discontinuity_ + segments_.size() + 1);
    return empty;
}

std::optional<HlsSegment> HlsPlaylist::add(HlsSegment segment) {
    is_ended_ = false;
    // parse() takes no others, and a publisher's timestamps may jump.
    segment.duration = std::clamp(segment.duration, Milliseconds(1),
                                  Milliseconds(std::chrono::seconds(longest_segment_s)));
    target_s_ = std::max<std::int64_t>(target_s_, (segment.duration.count() + 500) / 1000);
    segments_.push_back(std::move(segment));
    if (segments_.size() <= window) return std::nullopt;
    HlsSegment gone = std::move(segments_.front());
    segments_.pop_front();
    ++first_number_;
    if (gone.is_discontinuous) ++first_discontinuity_;
    return gone;
}

std::string HlsPlaylist::text() const {
    std::string all =
        fmt::format("{}\n{}\n{}{}\n{}{}\n{}{}\n", first_line, version_line, target_tag, target_s_,
                    number_tag, first_number_, discontinuity_number_tag, first_discontinuity_);
    for (const HlsSegment& each : segments_) {
        if (each.is_discontinuous) all += fmt::format("{}\n", discontinuity_line);
        const auto ms = each.duration.count();
        all += fmt::format("{}{}.{:03},\n{}\n", duration_tag, ms / 1000, ms % 1000,
                           uri_of_name(each.name));
    }
    if (is_ended_) all += fmt::format("{}\n", end_line);
    return all;
}

std::string hls_stamp(WallTime now) {
    const auto whole = std::chrono::floor<std::chrono::seconds>(now);
    const auto rest = std::chrono::duration_cast<Milliseconds>(now - whole);
    return fmt::format("{:%Y%m%dT%H%M%S}{:03}",
                       fmt::gmtime(std::chrono::system_clock::to_time_t(whole)), rest.count());
}

std::string hls_segment_name(std::string_view stem, std::string_view stamp, std::uint32_t number) {
    return fmt::format("{}-{}-{}.ts", stem, stamp, number);
}

std::optional<std::string_view> hls_segment_suffix(std::string_view stem, std::string_view name) {
    if (!skip(name, stem)) return std::nullopt;
    const std::string_view suffix = name;
    constexpr std::size_t most_digits = 9;
    const bool has_stamp = skip(name, "-") && skip_digits(name, 8) && skip(name, "T") &&
                           skip_digits(name, 9) && skip(name, "-");
    if (!has_stamp) return std::nullopt;
    const auto digits = std::min(name.find_first_not_of("0123456789"), name.size());
    if (digits == 0 || digits > most_digits) return std::nullopt;
    name.remove_prefix(digits);
    if (name != ".ts") return std::nullopt;
    return suffix;
}

bool is_hls_name_before(std::string_view one, std::string_view other) {
    // Up to the number they are equally long; of numbers, the shorter is the smaller.
    const auto stamp = [](std::string_view name) { return name.substr(0, name.rfind('-')); };
    if (stamp(one) != stamp(other)) return stamp(one) < stamp(other);
    if (one.size() != other.size()) return one.size() < other.size();
    return one < other;
}

std::string uri_of_name(std::string_view name) {
    std::string all;
    for (const char each : name) {
        const bool is_plain = is_digit(each) || (each >= 'a' && each <= 'z') ||
                              (each >= 'A' && each <= 'Z') || each == '-' || each == '.' ||
                              each == '_' || each == '~';
        if (is_plain)
            all += each;
        else
            all += fmt::format("%{:02X}", static_cast<unsigned char>(each));
    }
    return all;
}

}  // namespace restream
