// A playlist that stands where ours will: ours is what we write, and whatever is added is read
// again; names of segments are ours only where nothing else can be meant.
#include "media/hls_playlist.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/input.hpp"

using namespace restream;

namespace {

const WallTime now{std::chrono::seconds(1'769'890'443)};

void check_written(const HlsPlaylist& playlist) {
    const auto again = HlsPlaylist::parse(playlist.stem(), playlist.text());
    expect(again && *again == playlist, "what was written is read again");
}

constexpr std::string_view number_tag = "#EXT-X-MEDIA-SEQUENCE:";
constexpr std::string_view discontinuity_tag = "#EXT-X-DISCONTINUITY-SEQUENCE:";

std::uint64_t number_of(const HlsPlaylist& playlist, std::string_view tag = number_tag) {
    const std::string text = playlist.text();
    std::uint64_t number = 0;
    const char* const begin = text.data() + text.find(tag) + tag.size();
    std::from_chars(begin, text.data() + text.size(), number);
    return number;
}

/// Goes on with it as a session does, with durations from the input.
void check_continued(HlsPlaylist playlist, std::span<const std::uint8_t> bytes) {
    // Numbers run on for millions of years, and not beyond.
    constexpr std::uint64_t last_number = 999'999'999'999'000;
    if (number_of(playlist) > last_number || number_of(playlist, discontinuity_tag) > last_number) {
        return;
    }
    const std::string stem = playlist.stem();
    const HlsPlaylist emptied = playlist.emptied(now);
    check_written(emptied);
    expect(number_of(emptied) >= number_of(playlist) + playlist.segments().size(),
           "the next one is behind all that were");
    for (std::uint32_t i = 0; i < 2 * HlsPlaylist::window && bytes.size() >= 4; ++i) {
        const std::uint32_t some = std::uint32_t(bytes[0]) << 24 | std::uint32_t(bytes[1]) << 16 |
                                   std::uint32_t(bytes[2]) << 8 | bytes[3];
        bytes = bytes.subspan(4);
        const auto number = number_of(playlist);
        const auto listed = playlist.segments().size();
        const auto gone =
            playlist.add({hls_segment_name(stem, hls_stamp(now), i),
                          Milliseconds(static_cast<std::int32_t>(some)), some % 2 == 1});
        expect(gone.has_value() == (listed == HlsPlaylist::window), "the window slides");
        expect(number_of(playlist) == number + (gone ? 1 : 0), "what has gone is counted");
        check_written(playlist);
    }
    playlist.end();
    check_written(playlist);
}

void check_parsed(const std::string& stem, std::span<const std::uint8_t> bytes) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const auto read = HlsPlaylist::parse(stem, text);
    if (!read) return;
    expect(read->text() == text, "nothing is ours that we would not write");
    expect(read->stem() == stem && read->segments().size() <= HlsPlaylist::window, "a window");
    for (const HlsSegment& each : read->segments()) {
        expect(hls_segment_suffix(stem, each.name).has_value(), "only segments of ours are listed");
        expect(each.duration > Milliseconds(0), "a segment lasts");
    }
    check_continued(*read, bytes);
}

/// Files of these names are deleted: none may lead elsewhere.
void check_names(const std::string& stem, std::string_view text) {
    std::vector<std::string> names;
    while (!text.empty() && names.size() < 64) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        for (const std::string& name : {std::string(line), stem + std::string(line)}) {
            const auto suffix = hls_segment_suffix(stem, name);
            if (!suffix) continue;
            expect(name == stem + std::string(*suffix), "a name is a stem and what comes behind");
            expect(suffix->find_first_not_of("-0123456789T.ts") == std::string_view::npos,
                   "nothing leads elsewhere");
            names.push_back(name);
        }
    }
    std::ranges::sort(names, is_hls_name_before);
    for (std::size_t i = 0; i < names.size(); ++i) {
        for (std::size_t j = 0; j < names.size(); ++j) {
            const bool is_before = is_hls_name_before(names[i], names[j]);
            expect(!is_before || i < j, "an order is one");
            expect(is_before || is_hls_name_before(names[j], names[i]) || names[i] == names[j],
                   "names that differ have an order");
        }
    }
}

void check_uri(std::string_view name) {
    const std::string uri = uri_of_name(name);
    std::string back;
    for (std::size_t i = 0; i < uri.size(); ++i) {
        expect(uri[i] > ' ' && uri[i] < 0x7F && uri[i] != '/', "a URI of one segment");
        if (uri[i] != '%') {
            back += uri[i];
            continue;
        }
        unsigned value = 0;
        expect(i + 2 < uri.size(), "two digits behind a percent sign");
        std::from_chars(uri.data() + i + 1, uri.data() + i + 3, value, 16);
        back += static_cast<char>(value);
        i += 2;
    }
    expect(back == name, "a name comes out of its URI");
}

}  // namespace

/// A choice of the stem, then the file's content; or names, one a line.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    Input input(bytes, size);
    const std::string stems[] = {"live",  "my show #1 100%",           "\xC3\xBCn\xC3\xAF",
                                 "a-b.c", "live-20260131T201403120-1", "-"};
    const std::string& stem = stems[input.take_choice() % std::size(stems)];
    const auto rest = input.rest();
    check_parsed(stem, rest);
    check_continued(HlsPlaylist(stem, now), rest.first(std::min<std::size_t>(rest.size(), 48)));
    const std::string_view text(reinterpret_cast<const char*>(rest.data()), rest.size());
    check_names(stem, text);
    check_uri(text);
    return 0;
}
