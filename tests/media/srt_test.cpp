// SRT destinations, with ffmpeg as the listener.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <thread>

#include "flv/flv.hpp"
#include "media/open_sink.hpp"
#include "media/peers.hpp"
#include "process/patience.hpp"

using namespace restream;
using namespace restream::test;
using namespace std::chrono_literals;

namespace {

std::vector<Tag> made_tags(const TempFolder& folder) {
    std::ifstream file(make_flv(folder, 3), std::ios::binary);
    const std::vector<char> bytes(std::istreambuf_iterator<char>(file), {});
    FlvReader reader;
    reader.feed({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
    std::vector<Tag> tags;
    for (auto next = reader.next(); std::holds_alternative<Tag>(next); next = reader.next()) {
        tags.push_back(std::get<Tag>(next));
    }
    return tags;
}

SinkRequest to_srt(int port, const std::string& passphrase, const std::vector<Tag>& tags) {
    SinkRequest request;
    request.destination = "srt";
    request.url = fmt::format("srt://127.0.0.1:{}", port);
    request.srt.passphrase = Secret(passphrase);
    request.prefix.assign(tags.begin(), tags.begin() + 12);
    request.connect_deadline = 1500ms;
    return request;
}

Peer listen(int port, const std::string& query, const TempFolder& folder) {
    Peer peer("ffmpeg",
              {"-nostdin", "-y", "-loglevel", "quiet", "-i",
               fmt::format("srt://127.0.0.1:{}?mode=listener{}", port, query), "-c", "copy",
               (folder / "got.ts").string()},
              folder.path());
    wait_for_udp_port(port);
    return peer;
}

}  // namespace

TEST_CASE("srt: the listener gets picture and sound, the key as its streamid") {
    const TempFolder folder;
    const auto tags = made_tags(folder);
    const int port = free_port();
    Peer listener = listen(port, "&passphrase=long-enough-1", folder);
    const Cancel cancel;
    SinkRequest request = to_srt(port, "long-enough-1", tags);
    request.srt.stream_id = Secret("the-key");
    request.srt.latency = 200ms;
    request.srt.more = {{"pbkeylen", "16"}};
    auto opened = open_sink(request, cancel);
    if (const auto* end = std::get_if<SessionEnd>(&opened)) FAIL(describe(*end));
    const auto sink = std::move(std::get<std::unique_ptr<BlockingSink>>(opened));
    const auto begin = SteadyClock::now();
    for (const Tag& tag : tags) {
        // SRT drops what comes in one burst: paced like a live ingest.
        std::this_thread::sleep_until(begin + Milliseconds(tag.time.ms()));
        REQUIRE_FALSE(sink->write(tag));
    }
    CountedTime time;
    sink->finish(Deadline::after(1s));
    CHECK(time.passed() < 1100ms);
    REQUIRE(listener.process().wait(Deadline::after(10s)));
    const auto tracks = tracks_of(folder / "got.ts");
    CAPTURE(fmt::format("{}", fmt::join(tracks, " ")));
    CHECK(tracks.size() == 2);
}

TEST_CASE("srt: a passphrase with any character connects") {
    const TempFolder folder;
    const auto tags = made_tags(folder);
    const int port = free_port();
    // ffmpeg takes an option's value as it is; in its URL it could not be written.
    Peer listener("ffmpeg",
                  {"-nostdin", "-y", "-loglevel", "quiet", "-passphrase", "a+b&c%d e#f=g", "-mode",
                   "listener", "-i", fmt::format("srt://127.0.0.1:{}", port), "-c", "copy",
                   (folder / "got.ts").string()},
                  folder.path());
    wait_for_udp_port(port);
    const Cancel cancel;
    auto opened = open_sink(to_srt(port, "a+b&c%d e#f=g", tags), cancel);
    if (const auto* end = std::get_if<SessionEnd>(&opened)) FAIL(describe(*end));
    std::get<std::unique_ptr<BlockingSink>>(opened)->finish(Deadline::after(1s));
}

TEST_CASE("srt: how it cannot be opened") {
    const TempFolder folder;
    const auto tags = made_tags(folder);
    const int port = free_port();
    const Peer listener = listen(port, "&passphrase=long-enough-1", folder);
    struct Row {
        int port;
        const char* passphrase;
        EndCode code;
    };
    const Row rows[] = {
        {free_port(), "", EndCode::connect_timed_out},
        {port, "something-else", EndCode::passphrase_refused},
        {port, "", EndCode::passphrase_refused},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.passphrase));
        const Cancel cancel;
        CountedTime time;
        const auto opened = open_sink(to_srt(row.port, row.passphrase, tags), cancel);
        REQUIRE(std::holds_alternative<SessionEnd>(opened));
        const SessionEnd& end = std::get<SessionEnd>(opened);
        CAPTURE(describe(end));
        CHECK(end_code_name(end.code) == end_code_name(row.code));
        CHECK(end.detail.find("something-else") == std::string::npos);
        CHECK(time.passed() < 2500ms);
    }
}
