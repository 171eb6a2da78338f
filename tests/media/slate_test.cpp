// Slates that are encoded: what is made can be read, repeated and decoded.
#include "worker/slate.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <fstream>

#include "base/error.hpp"
#include "contain/apart.hpp"
#include "flv/media_meter.hpp"
#include "media/peers.hpp"
#include "media/slate_maker.hpp"

using namespace restream;
using namespace restream::test;

namespace {

std::optional<Slate> read(const std::string& flv, const SlateShape& shape) {
    return Slate::read({reinterpret_cast<const std::uint8_t*>(flv.data()), flv.size()}, shape);
}

/// A picture of one colour, which every FFmpeg decodes: 24 bits, no compression.
std::string bitmap(int width, int height) {
    std::string text = fmt::format("P6\n{} {}\n255\n", width, height);
    for (int i = 0; i < width * height; ++i) text += "\xff\x80\x10";
    return text;
}

void write(const std::filesystem::path& file, const std::string& bytes) {
    std::ofstream(file, std::ios::binary) << bytes;
}

std::string refusal(const std::filesystem::path& picture) {
    try {
        const PictureFile file(picture);
        make_slate({320, 180, 30, 48000, 2}, &file);
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::refused);
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("slate: has the size and rates that were asked for, one keyframe, and no B-frames") {
    for (const SlateShape shape :
         {SlateShape{1920, 1080, 30, 48000, 2}, SlateShape{320, 180, 12.5, 44100, 1}}) {
        CAPTURE(shape.width);
        const std::string flv = make_slate(shape, nullptr);
        auto slate = read(flv, shape);
        REQUIRE(slate);
        MediaMeter meter;
        const SteadyTime now(std::chrono::hours(1));
        for (const Tag& header : slate->headers()) meter.observe(header, now);
        const MediaFacts facts = meter.facts(now);
        REQUIRE(facts.video);
        REQUIRE(facts.audio);
        CHECK(facts.video->codec == "h264");
        CHECK(facts.video->width == shape.width);
        CHECK(facts.video->height == shape.height);
        CHECK(facts.audio->codec == "aac");
        CHECK(facts.audio->sample_rate_hz == shape.sample_rate_hz);
        CHECK(facts.audio->channels == shape.channels);
        CHECK(flv.size() < 200'000);
        slate->begin(now);
        int keyframes = 0;
        int pictures = 0;
        for (SteadyTime at = now; at < now + std::chrono::milliseconds(1990);
             at = slate->next_turn()) {
            while (const auto tag = slate->next(at)) {
                if (tag->type != TagType::video) continue;
                ++pictures;
                keyframes += video_facts(tag->bytes())->is_keyframe ? 1 : 0;
                CHECK(tag->bytes()[2] + tag->bytes()[3] + tag->bytes()[4] == 0);  // pts is dts
            }
        }
        CHECK(pictures == static_cast<int>(shape.fps * 2));
        CHECK(keyframes == 1);
    }
}

TEST_CASE("slate: shows the user's picture, whatever its size") {
    const TempFolder folder;
    const SlateShape shape{320, 180, 30, 48000, 2};
    const std::string plain = make_slate(shape, nullptr);
    for (const auto& [width, height] : {std::pair(640, 360), {33, 77}, {2, 2}, {1, 1}}) {
        CAPTURE(width);
        write(folder / "a b%d.ppm", bitmap(width, height));
        const PictureFile picture(folder / "a b%d.ppm");
        const std::string flv = make_slate(shape, &picture);
        CHECK(flv != plain);
        CHECK(read(flv, shape));
    }
}

TEST_CASE("slate: a contained process makes the same one") {
    const TempFolder folder;
    const SlateShape shape{1920, 1080, 30, 48000, 2};
    write(folder / "picture.ppm", bitmap(640, 360));
    const PictureFile picture(folder / "picture.ppm");
    Apart how;
    how.keeps = {&picture.descriptor()};
    how.memory_bytes = std::uint64_t(2) << 30;
    how.processor = std::chrono::seconds(60);
    how.patience = std::chrono::minutes(2);
    how.longest_result_bytes = 16 * 1024 * 1024;
    const std::string made = do_apart(how, [&] { return make_slate(shape, &picture); }).result;
    CHECK(read(made, shape));
    REQUIRE(picture.seek(0, SEEK_SET));
    CHECK(made == make_slate(shape, &picture));
}

TEST_CASE("slate: a picture is known by its bytes, and can refer to no other file") {
    const TempFolder folder;
    const SlateShape shape{320, 180, 30, 48000, 2};
    write(folder / "picture.txt", bitmap(64, 36));
    const PictureFile picture(folder / "picture.txt");
    CHECK(read(make_slate(shape, &picture), shape));
    // A playlist, which FFmpeg would follow.
    write(folder / "picture.mpg", bitmap(64, 36));
    write(folder / "list.png", fmt::format("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{}\n"
                                           "#EXT-X-ENDLIST\n",
                                           (folder / "picture.mpg").string()));
    CHECK(refusal(folder / "list.png").find("list.png") != std::string::npos);
}

TEST_CASE("slate: a picture that is none is refused with its name") {
    const TempFolder folder;
    write(folder / "text.png", "this is no picture");
    write(folder / "empty.png", "");
    write(folder / "cut.ppm", bitmap(64, 64).substr(0, 20));
    CHECK(refusal(folder / "nothing.png").find("nothing.png") != std::string::npos);
    CHECK(refusal(folder / "nothing.png").find("No such file") != std::string::npos);
    CHECK(refusal(folder / "text.png").find("text.png") != std::string::npos);
    CHECK(refusal(folder / "empty.png").find("empty.png") != std::string::npos);
    CHECK(refusal(folder / "cut.ppm").find("cut.ppm") != std::string::npos);
    CHECK(refusal(folder.path()).find("can't be made") != std::string::npos);
}
