#include "flow_wire.hpp"

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <mutex>
#include <nlohmann/json.hpp>

#include "base/clock.hpp"
#include "flv/flv.hpp"

namespace restream::bench {

namespace {

constexpr std::array<std::uint8_t, 16> mark_id = {0x72, 0x65, 0x73, 0x74, 0x72, 0x65, 0x61, 0x6d,
                                                  0x2d, 0x62, 0x65, 0x6e, 0x63, 0x68, 0x2d, 0x31};
constexpr std::size_t mark_value_bytes = 16;

void put(std::vector<std::uint8_t>& bytes, std::uint64_t value) {
    for (int shift = 60; shift >= 0; shift -= 4) {
        bytes.push_back(static_cast<std::uint8_t>(0x40 | (value >> shift & 15)));
    }
}

std::uint64_t take(std::span<const std::uint8_t> bytes) {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : bytes.first(mark_value_bytes)) value = value << 4 | (byte & 15);
    return value;
}

}  // namespace

std::int64_t now_ns() { return SteadyClock::now().time_since_epoch().count(); }

double seconds(std::int64_t ns) { return static_cast<double>(ns) / 1e9; }

std::vector<std::uint8_t> random_bytes() {
    std::vector<std::uint8_t> bytes(1528);
    std::ifstream("/dev/urandom", std::ios::binary)
        .read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return bytes;
}

void fail(const std::string& what) {
    std::fprintf(stderr, "bench_flow: %s\n", what.c_str());
    std::_Exit(5);
}

void tell(const nlohmann::json& line) {
    static std::mutex mutex;
    const std::lock_guard lock(mutex);
    const std::string text = line.dump() + "\n";
    if (::write(1, text.data(), text.size()) < 0) std::_Exit(5);
}

std::vector<std::uint8_t> Mark::nal() const {
    constexpr std::size_t data_bytes = mark_id.size() + 2 * mark_value_bytes;
    constexpr std::size_t nal_bytes = 3 + data_bytes + 1;
    std::vector<std::uint8_t> bytes;
    bytes.reserve(4 + nal_bytes);
    for (const std::size_t each : {std::size_t(0), std::size_t(0), std::size_t(0), nal_bytes,
                                   std::size_t(0x06), std::size_t(0x05), data_bytes}) {
        bytes.push_back(static_cast<std::uint8_t>(each));
    }
    for (const std::uint8_t each : mark_id) bytes.push_back(each);
    put(bytes, number);
    put(bytes, static_cast<std::uint64_t>(sent_ns));
    bytes.push_back(0x80);
    return bytes;
}

std::optional<Mark> Mark::find(std::span<const std::uint8_t> payload) {
    constexpr std::size_t size = mark_id.size() + 2 * mark_value_bytes + 1;
    if (payload.size() < size) return std::nullopt;
    const auto tail = payload.last(size);
    if (!std::equal(mark_id.begin(), mark_id.end(), tail.begin())) return std::nullopt;
    const auto values = tail.subspan(mark_id.size());
    return Mark{take(values), static_cast<std::int64_t>(take(values.subspan(mark_value_bytes)))};
}

bool is_picture(const Tag& tag) {
    const auto facts = video_facts(tag.bytes());
    return tag.type == TagType::video && facts && !facts->is_sequence_header &&
           !facts->is_end_of_sequence;
}

bool is_keyframe(const Tag& tag) {
    return is_picture(tag) && video_facts(tag.bytes())->is_keyframe;
}

bool is_sound(const Tag& tag) {
    const auto facts = audio_facts(tag.bytes());
    return tag.type == TagType::audio && facts && !facts->is_sequence_header;
}

bool is_sound_header(const Tag& tag) {
    const auto facts = audio_facts(tag.bytes());
    return tag.type == TagType::audio && facts && facts->is_sequence_header;
}

std::vector<Tag> read_clip(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    FlvReader reader;
    reader.feed({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
    std::vector<Tag> tags;
    for (;;) {
        auto next = reader.next();
        if (auto* tag = std::get_if<Tag>(&next))
            tags.push_back(std::move(*tag));
        else
            break;
    }
    std::erase_if(tags, [](const Tag& tag) {
        const auto facts = video_facts(tag.bytes());
        return tag.type == TagType::video && facts && facts->is_end_of_sequence;
    });
    if (tags.size() < 100) fail(path + ": no clip");
    return tags;
}

bool write_all_of(int socket, OutputQueue& out) {
    std::array<std::span<const std::uint8_t>, 64> pieces;
    while (!out.is_empty()) {
        std::array<iovec, 64> vectors;
        const std::size_t count = out.gather(pieces);
        for (std::size_t i = 0; i < count; ++i) {
            vectors[i] = {const_cast<std::uint8_t*>(pieces[i].data()), pieces[i].size()};
        }
        msghdr header{};
        header.msg_iov = vectors.data();
        header.msg_iovlen = count;
        const ssize_t wrote = ::sendmsg(socket, &header, MSG_NOSIGNAL);
        if (wrote < 0) return false;
        out.consume(static_cast<std::size_t>(wrote));
    }
    return true;
}

}  // namespace restream::bench
