// FLV: pieces of any size give the same tags, and these are written and read back as the same.
#include "flv/flv.hpp"

#include <variant>
#include <vector>

#include "fuzz/input.hpp"

using namespace restream;

namespace {

struct Outcome {
    std::vector<Tag> tags;
    bool is_malformed = false;
};

Outcome read_all(std::span<const std::uint8_t> bytes, std::uint8_t choice) {
    Outcome outcome;
    FlvReader reader;
    for (Pieces pieces(bytes, choice); pieces.are_left();) {
        reader.feed(pieces.take());
        for (;;) {
            auto next = reader.next();
            if (auto* tag = std::get_if<Tag>(&next)) {
                expect(!outcome.is_malformed, "nothing comes behind what is no FLV");
                expect(tag->payload.size() <= FlvReader::longest_payload_bytes, "within the limit");
                outcome.tags.push_back(std::move(*tag));
                continue;
            }
            outcome.is_malformed |= std::holds_alternative<FlvReader::Malformed>(next);
            break;
        }
    }
    return outcome;
}

bool are_equal(const std::vector<Tag>& some, const std::vector<Tag>& others) {
    return std::ranges::equal(some, others, [](const Tag& a, const Tag& b) {
        return a.type == b.type && a.time == b.time && std::ranges::equal(a.bytes(), b.bytes());
    });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    Input input(bytes, size);
    const std::uint8_t choice = input.take_choice();
    const Outcome whole = read_all(input.rest(), 0);
    const Outcome pieces = read_all(input.rest(), choice);
    expect(are_equal(whole.tags, pieces.tags), "pieces give the same tags as the whole");
    expect(whole.is_malformed == pieces.is_malformed, "pieces are refused as the whole is");

    const auto header = flv_file_header(true, true);
    std::vector<std::uint8_t> out(header.begin(), header.end());
    for (const Tag& tag : whole.tags) {
        append_flv_tag(tag, out);
        video_facts(tag.bytes());
        audio_facts(tag.bytes());
        if (is_metadata(tag)) announces_video(tag);
    }
    const Outcome again = read_all(out, choice);
    expect(!again.is_malformed && are_equal(again.tags, whole.tags), "tags read back as written");
    return 0;
}
