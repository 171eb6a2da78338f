// What both ends of the benchmarks' flow share: the clip, its marks, lines of JSON.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/output_queue.hpp"
#include "flv/tag.hpp"

namespace restream::bench {

/// CLOCK_MONOTONIC, which Python calls time.monotonic_ns().
std::int64_t now_ns();
double seconds(std::int64_t ns);

/// For a handshake. **Shape**: 1,528 bytes.
std::vector<std::uint8_t> random_bytes();

/// Says what on standard error and ends the program with status 5: could not be measured.
[[noreturn]] void fail(const std::string& what);

/// A line of standard output, whole although several threads write.
void tell(const nlohmann::json& line);

/// Number and time of a picture as a user-data SEI behind its slices: valid H.264, and copied by
/// whoever copies the picture. Four bits a byte, so that no start code can come about.
struct Mark {
    std::uint64_t number = 0;
    std::int64_t sent_ns = 0;

    /// **Shape**: a NAL unit behind its length of four bytes.
    std::vector<std::uint8_t> nal() const;
    /// Of a payload that ends with one.
    static std::optional<Mark> find(std::span<const std::uint8_t> payload);
};

bool is_picture(const Tag& tag);
bool is_keyframe(const Tag& tag);
bool is_sound(const Tag& tag);
bool is_sound_header(const Tag& tag);

/// The tags of an FLV file, to be repeated without an end.
std::vector<Tag> read_clip(const std::string& path);

/// False where the peer is gone.
bool write_all_of(int socket, OutputQueue& out);

}  // namespace restream::bench
