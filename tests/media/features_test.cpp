// What this machine's FFmpeg can do.
#include "media/features.hpp"

#include <doctest/doctest.h>

using namespace restream;

TEST_CASE("features: this FFmpeg has what restream needs") {
    const AvFeatures found = av_features();
    CHECK_FALSE(found.version.empty());
    CHECK(found.has_srt);
    CHECK(found.missing.empty());
}
