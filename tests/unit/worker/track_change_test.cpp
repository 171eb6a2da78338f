// What a publisher that comes back sends else than before.
#include "worker/track_change.hpp"

#include <doctest/doctest.h>

#include "unit/tags.hpp"

using namespace restream;
using namespace restream::test;

namespace {

SetupTags setup(const std::vector<Tag>& tags) {
    SetupTags kept;
    for (const Tag& each : tags) CHECK(kept.keep(each));
    return kept;
}

Tag video(std::vector<std::uint8_t> bytes) { return tag(TagType::video, 0, std::move(bytes)); }
Tag sound(std::vector<std::uint8_t> bytes) { return tag(TagType::audio, 0, std::move(bytes)); }

const Tag avc = video({0x17, 0, 0, 0, 0, 1, 100, 0, 31});
const Tag other_avc = video({0x17, 0, 0, 0, 0, 1, 100, 0, 40});
const Tag hevc = video({0x90, 'h', 'v', 'c', '1', 1, 2});
const Tag aac = sound({0xaf, 0, 0x12, 0x10});
const Tag other_aac = sound({0xaf, 0, 0x11, 0x90});
const Tag opus = sound({0x90, 'O', 'p', 'u', 's', 1});
/// One track, number 1, of multitrack: FourCC, then the number.
const Tag second_aac = sound({0x95, 0x00, 'm', 'p', '4', 'a', 1, 0x12, 0x10});
const Tag second_other_aac = sound({0x95, 0x00, 'm', 'p', '4', 'a', 1, 0x11, 0x90});
const Tag third_aac = sound({0x95, 0x00, 'm', 'p', '4', 'a', 2, 0x12, 0x10});

}  // namespace

TEST_CASE("track change: the same headers, in whatever order, with whatever metadata") {
    CHECK(track_change(setup({avc, aac}), setup({avc, aac})) == TrackChange::none);
    CHECK(track_change(setup({avc, aac}), setup({aac, avc})) == TrackChange::none);
    CHECK(track_change(setup({metadata(), avc, aac}), setup({avc, aac})) == TrackChange::none);
    CHECK(track_change(setup({avc, aac, second_aac}), setup({second_aac, avc, aac})) ==
          TrackChange::none);
    CHECK(track_change({}, {}) == TrackChange::none);
}

TEST_CASE("track change: other settings of the same codecs") {
    CHECK(track_change(setup({avc, aac}), setup({other_avc, aac})) == TrackChange::settings);
    CHECK(track_change(setup({avc, aac}), setup({avc, other_aac})) == TrackChange::settings);
    CHECK(track_change(setup({avc, aac, second_aac}), setup({avc, aac, second_other_aac})) ==
          TrackChange::settings);
}

TEST_CASE("track change: other codecs, more tracks, and fewer") {
    CHECK(track_change(setup({avc, aac}), setup({hevc, aac})) == TrackChange::tracks);
    CHECK(track_change(setup({avc, aac}), setup({avc, opus})) == TrackChange::tracks);
    CHECK(track_change(setup({avc, aac}), setup({avc})) == TrackChange::tracks);
    CHECK(track_change(setup({avc}), setup({avc, aac})) == TrackChange::tracks);
    CHECK(track_change(setup({avc, aac}), setup({avc, aac, second_aac})) == TrackChange::tracks);
    CHECK(track_change(setup({avc, aac, second_aac}), setup({avc, aac, third_aac})) ==
          TrackChange::tracks);
    CHECK(track_change(setup({avc, aac}), {}) == TrackChange::tracks);
}
