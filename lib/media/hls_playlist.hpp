// A live playlist of HLS: what it lists, and how its segments are called.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace restream {

/// One listed segment.
struct HlsSegment {
    std::string name;  ///< of its file, beside the playlist
    Milliseconds duration = Milliseconds(0);
    bool is_discontinuous = false;  ///< its times do not go on where the one before it ended

    bool operator==(const HlsSegment&) const = default;
};

/// A value: a media playlist whose window slides. **Source**: RFC 8216.
///
/// Its numbers (EXT-X-MEDIA-SEQUENCE, EXT-X-DISCONTINUITY-SEQUENCE) may never run backwards while
/// players have seen an older one. One that begins anew takes them from the clock, in seconds:
/// segments last longer than one, so that it begins behind all that was.
class HlsPlaylist {
  public:
    /// What is listed: 24 s, of which players stay three segments behind the end.
    static constexpr std::size_t window = 6;

    /// One that begins anew. `stem`: its file's name without the extension.
    HlsPlaylist(std::string stem, WallTime now);
    /// Reads what text() has written; nothing for everything else, so that no playlist of others is
    /// taken for ours.
    static std::optional<HlsPlaylist> parse(std::string stem, std::string_view text);

    /// One without segments that goes on behind this one's numbers.
    HlsPlaylist emptied(WallTime now) const;

    /// Lists one more, as lasting a millisecond at least and a day at most, and takes the end back.
    /// Returns the one that is not listed any more.
    std::optional<HlsSegment> add(HlsSegment segment);
    /// Says that nothing more comes.
    void end() { is_ended_ = true; }
    /// The file's content.
    std::string text() const;

    const std::deque<HlsSegment>& segments() const { return segments_; }
    const std::string& stem() const { return stem_; }

    bool operator==(const HlsPlaylist&) const = default;

  private:
    explicit HlsPlaylist(std::string stem) : stem_(std::move(stem)) {}
    bool take_line(std::string_view line, HlsSegment& next);

    std::string stem_;
    std::uint64_t first_number_ = 0;
    std::uint64_t first_discontinuity_ = 0;
    std::int64_t target_s_ = 0;
    std::deque<HlsSegment> segments_;
    bool is_ended_ = false;
};

/// The moment a session begins, as it stands in the names of its segments, in UTC and to the
/// millisecond: "20260131T201403120". So no name comes twice, whoever continues the playlist, and
/// no cache can serve an old segment for a new one.
std::string hls_stamp(WallTime now);
/// `STEM-STAMP-NUMBER.ts`
std::string hls_segment_name(std::string_view stem, std::string_view stamp, std::uint32_t number);
/// What comes behind the stem, where the name is one of ours: "-20260131T201403120-7.ts". Only
/// files of such names are ever deleted.
std::optional<std::string_view> hls_segment_suffix(std::string_view stem, std::string_view name);
/// The segment that was made first comes first.
bool is_hls_name_before(std::string_view one, std::string_view other);

/// As it stands in a playlist: what a URI cannot have becomes %XX.
std::string uri_of_name(std::string_view name);

}  // namespace restream
