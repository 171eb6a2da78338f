#include "engine/scene.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <random>

namespace restream::test {

namespace {

ClientConnection::Request request_for(const char* scheme, RtmpRole role, int port,
                                      const char* host) {
    const std::string url = fmt::format("{}://{}:{}/live", scheme, host, port);
    ClientConnection::Request request;
    request.endpoint = *publish_endpoint(url, Secret(secret_key));
    request.role = role;
    return request;
}

std::vector<std::uint8_t> random_bytes(std::mt19937& random, std::size_t count) {
    std::vector<std::uint8_t> bytes(count);
    std::ranges::generate(bytes, [&] { return static_cast<std::uint8_t>(random()); });
    return bytes;
}

}  // namespace

ClientConnection::Request request(RtmpRole role, int port, const char* host) {
    return request_for("rtmp", role, port, host);
}

ClientConnection::Request tls_request(RtmpRole role, int port, const char* host) {
    return request_for("rtmps", role, port, host);
}

bool run_until(Loop& loop, const std::function<bool()>& is_so) {
    const Deadline last = long_enough();
    while (!is_so()) {
        if (last.has_passed()) return false;
        // In steps, because what is waited for may happen in the server's thread.
        loop.run_once(Deadline(std::min(last.at(), Deadline::after(Milliseconds(5)).at())));
    }
    return true;
}

bool accepted(Loop& loop, const ClientConnection& client) {
    CHECK(run_until(loop, [&] { return client.is_accepted() || client.ending(); }));
    return client.is_accepted() && !client.ending();
}

RtmpEnding ending_of(Loop& loop, ClientConnection& client) {
    REQUIRE(run_until(loop, [&] {
        while (!std::holds_alternative<ClientConnection::Nothing>(client.poll())) {
            if (client.ending()) return true;
        }
        return client.ending().has_value();
    }));
    CHECK(!client.is_ready());
    const RtmpEnding ending = *client.ending();
    CHECK(ending.detail.find(secret_key) == std::string::npos);
    CHECK(std::get<RtmpEnding>(client.poll()) == ending);
    return ending;
}

std::vector<Tag> tags_of_all_kinds() {
    std::mt19937 random(20140131);
    std::vector<Tag> tags;
    const std::size_t sizes[] = {5, 1, 127, 128, 129, 4096, 60000, 60001, 300000, 2, 25000, 65536};
    std::uint32_t time = 0;
    int turn = 0;
    for (const std::size_t size : sizes) {
        auto bytes = random_bytes(random, size);
        const bool is_video = ++turn % 2 == 0;
        tags.push_back(make_tag(is_video ? TagType::video : TagType::audio, RtmpTime(time), bytes));
        time += 21;
    }
    tags.push_back(make_tag(TagType::audio, RtmpTime(time - 15), random_bytes(random, 300)));
    tags.push_back(make_tag(TagType::video, RtmpTime(time), {}));
    // "onMetaData", null
    const std::uint8_t data[] = {2, 0, 10, 'o', 'n', 'M', 'e', 't', 'a', 'D', 'a', 't', 'a', 5};
    tags.push_back(make_tag(TagType::script, RtmpTime(time), data));
    for (const std::uint32_t far : {0x00fffffeU, 0x00ffffffU, 0x01000000U, 0x7fffffffU, 0x80000001U,
                                    0xfffffff0U, 0x00000005U}) {
        tags.push_back(make_tag(TagType::video, RtmpTime(far), random_bytes(random, 70000)));
        tags.push_back(make_tag(TagType::audio, RtmpTime(far), random_bytes(random, 300)));
    }
    return tags;
}

std::vector<Tag> video_tags(std::size_t count, std::size_t bytes) {
    std::mt19937 random(static_cast<std::uint32_t>(count + bytes));
    // Each is the one before it, moved by a byte: different everywhere, and quick to make.
    const auto block = random_bytes(random, bytes + count);
    std::vector<Tag> tags;
    for (std::size_t i = 0; i < count; ++i) {
        tags.push_back(make_tag(TagType::video, RtmpTime(static_cast<std::uint32_t>(i * 33)),
                                std::span(block).subspan(i, bytes)));
    }
    return tags;
}

bool are_equal(const Tag& one, const Tag& other) {
    return one.type == other.type && one.time == other.time &&
           std::ranges::equal(one.bytes(), other.bytes());
}

bool are_equal(const std::vector<Tag>& some, const std::vector<Tag>& others) {
    return std::ranges::equal(
        some, others, [](const Tag& one, const Tag& other) { return are_equal(one, other); });
}

bool send_all(Loop& loop, ClientConnection& client, const std::vector<Tag>& tags) {
    for (const Tag& tag : tags) {
        if (!run_until(loop, [&] { return client.is_ready() || client.ending(); })) return false;
        if (client.ending()) return false;
        client.send(tag);
    }
    return true;
}

}  // namespace restream::test
