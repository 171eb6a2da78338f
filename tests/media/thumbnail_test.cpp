// Small pictures of the ingest: what can be decoded becomes one, everything else is refused.
#include <doctest/doctest.h>

#include "base/error.hpp"
#include "contain/apart.hpp"
#include "media/slate_maker.hpp"
#include "media/thumbnail_maker.hpp"
#include "worker/slate.hpp"

using namespace restream;

namespace {

/// Sequence headers and the keyframe behind them.
std::vector<Tag> picture(int width, int height) {
    const SlateShape shape{width, height, 5, 48000, 2};
    const std::string flv = make_slate(shape, nullptr);
    auto slate =
        Slate::read({reinterpret_cast<const std::uint8_t*>(flv.data()), flv.size()}, shape);
    REQUIRE(slate);
    std::vector<Tag> tags = slate->headers();
    const SteadyTime now(std::chrono::hours(1));
    slate->begin(now);
    while (const auto tag = slate->next(now)) tags.push_back(*tag);
    return tags;
}

std::string refusal(const std::vector<Tag>& tags) {
    try {
        ThumbnailMaker().make(tags);
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::refused);
        return error.what();
    }
    return "";
}

/// **Source**: ITU-T T.81, B.2.2: the frame header, SOF0.
std::pair<int, int> size_of(const std::string& jpeg) {
    const auto at = jpeg.find("\xFF\xC0");
    REQUIRE(at != std::string::npos);
    const auto two = [&](std::size_t i) {
        return static_cast<unsigned char>(jpeg[at + i]) << 8 |
               static_cast<unsigned char>(jpeg[at + i + 1]);
    };
    return {two(7), two(5)};
}

}  // namespace

TEST_CASE("thumbnail: is a small JPEG with the picture's shape") {
    const std::string wide = ThumbnailMaker().make(picture(1280, 720));
    CHECK(wide.starts_with("\xFF\xD8\xFF"));
    CHECK(wide.ends_with("\xFF\xD9"));
    CHECK(wide.size() < 128 * 1024);
    CHECK(size_of(wide) == std::pair(480, 270));
    CHECK(size_of(ThumbnailMaker().make(picture(320, 180))) == std::pair(320, 180));
    CHECK(size_of(ThumbnailMaker().make(picture(360, 640))) == std::pair(360, 640));
}

TEST_CASE("thumbnail: a contained process decodes a keyframe and makes the same picture") {
    int apart = 0;
    ThumbnailMaker contained([&](const std::function<std::string()>& decode) {
        ++apart;
        Apart how;
        how.memory_bytes = std::uint64_t(1) << 30;
        how.processor = std::chrono::seconds(20);
        how.patience = std::chrono::seconds(60);
        how.longest_result_bytes = 128 * 1024;
        return do_apart(how, decode).result;
    });
    // Narrower, as wide as it is, upright, and the largest that is taken.
    for (const auto& [width, height] :
         {std::pair(1920, 1080), {480, 270}, {320, 180}, {360, 640}, {7680, 4320}}) {
        CAPTURE(width);
        const auto tags = picture(width, height);
        const std::string made = contained.make(tags);
        CHECK(made == ThumbnailMaker().make(tags));
        CHECK(contained.make(tags) == made);
    }
    CHECK(apart == 5);
    CHECK_THROWS_AS(contained.make({}), Error);
}

TEST_CASE("thumbnail: of what is no picture none is made") {
    const auto good = picture(320, 180);
    CHECK(refusal({}) != "");
    CHECK(refusal({good.front()}) != "");
    // Larger than 8K: its memory would be missed elsewhere.
    CHECK(refusal(picture(7700, 4400)) != "");
    std::vector<Tag> without_picture;
    for (const Tag& each : good) {
        if (each.type != TagType::video) without_picture.push_back(each);
    }
    CHECK(refusal(without_picture) != "");
    // Cut, and damaged: FFmpeg may conceal it, but neither crash nor invent another size.
    for (std::size_t keep : {6, 20, 60}) {
        auto tags = good;
        for (Tag& each : tags) {
            if (each.type != TagType::video || each.bytes().size() <= keep) continue;
            each = make_tag(each.type, each.time, each.bytes().first(keep));
        }
        CAPTURE(keep);
        CHECK(refusal(tags) != "");
    }
}
