// Pictures of the ingest, small, as JPEGs.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "flv/tag.hpp"

namespace restream {

/// Makes one after the other. Between them it holds the last one and its keyframe, no codec:
/// opening one costs next to nothing beside decoding.
class ThumbnailMaker {
  public:
    static constexpr std::size_t most_bytes = 128 * 1024;

    /// Has FFmpeg's part done and returns what that returned: in another process, say. FFmpeg is
    /// used nowhere else.
    using Run = std::function<std::string(const std::function<std::string()>& decode)>;

    explicit ThumbnailMaker(Run run = [](const auto& decode) { return decode(); })
        : run_(std::move(run)) {}

    /// The picture of these tags: sequence headers, and the keyframe behind them. At most 480
    /// pixels wide, and at most `most_bytes` long. Costs nothing where the keyframe is the last
    /// one's.
    /// **Throws**: Error{refused} where FFmpeg can make none of it; the next one may be better.
    std::string make(const std::vector<Tag>& tags);

  private:
    const Run run_;
    std::vector<std::uint8_t> made_of_;  ///< header and frame of jpeg_
    std::string jpeg_;
};

}  // namespace restream
