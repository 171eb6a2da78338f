// Sequence headers and frames: whatever they say, facts are figures that can be.
#include <cmath>
#include <variant>
#include <vector>

#include "flv/media_meter.hpp"
#include "flv/sequence_header.hpp"
#include "fuzz/input.hpp"

using namespace restream;

namespace {

void check(const MediaFacts& facts) {
    const auto is_figure = [](double value) { return std::isfinite(value) && value >= 0; };
    if (facts.video) {
        const VideoTrack& video = *facts.video;
        expect(!video.codec.empty(), "a codec has a name");
        expect(video.width >= 0 && video.width <= int(longest_side), "a width that can be");
        expect(video.height >= 0 && video.height <= int(longest_side), "a height that can be");
        expect(!video.fps || is_figure(*video.fps), "a rate that can be");
        expect(!video.bitrate_kbps || *video.bitrate_kbps >= 0, "a bitrate that can be");
        expect(!video.keyframe_interval_s || is_figure(*video.keyframe_interval_s),
               "an interval that can be");
    }
    if (facts.audio) {
        const AudioTrack& audio = *facts.audio;
        expect(!audio.codec.empty(), "a codec has a name");
        expect(audio.sample_rate_hz >= 0 && audio.channels >= 0, "a sound that can be");
        expect(!audio.bitrate_kbps || *audio.bitrate_kbps >= 0, "a bitrate that can be");
    }
}

}  // namespace

/// Tags: a byte for the type, two each for the length and the step in time, then the payload.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    Input input(bytes, size);
    constexpr TagType types[] = {TagType::audio, TagType::video, TagType::script};
    MediaMeter meter;
    SteadyTime now{};
    RtmpTime time;
    auto rest = input.rest();
    while (rest.size() >= 5) {
        const TagType type = types[rest[0] % std::size(types)];
        const std::size_t length = std::min<std::size_t>(rest[1] << 8 | rest[2], rest.size() - 5);
        const auto step = static_cast<std::int16_t>(rest[3] << 8 | rest[4]);
        time = time.plus(step);
        now += std::chrono::milliseconds(std::abs(int(step)));
        // A buffer of its own, so that AddressSanitizer sees a byte read behind its end.
        const Tag tag = make_tag(type, time, rest.subspan(5, length));
        rest = rest.subspan(5 + length);
        check(read_media_facts(type, tag.bytes()));
        meter.observe(tag, now);
        const MediaFacts facts = meter.facts(now);
        check(facts);
        expect(meter.facts(now) == facts, "asking changes nothing");
    }
    check(meter.facts(now + std::chrono::minutes(1)));
    meter.reset();
    expect(meter.facts(now) == MediaFacts(), "nothing is known any more");
    return 0;
}
