// What an SRT destination says beside its address: in its URL's query, and in fields of its own.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/secret.hpp"

namespace restream {

/// A value. What is not given stays empty.
struct SrtOptions {
    Secret passphrase;
    Secret stream_id;
    std::optional<Milliseconds> latency;
    /// The others, as FFmpeg's srt protocol names them and counts them.
    std::vector<std::pair<std::string, std::string>> more;
};

/// What is wrong with a query or a value, and what would be right. Holds no part of a secret.
struct SrtProblem {
    std::string message;
};

/// Takes a URL's query apart: `name=value&…`, where %XX stands for a byte and "+" for itself. A
/// time has its unit: programs disagree whether a bare number is milliseconds or microseconds.
std::variant<SrtOptions, SrtProblem> read_srt_query(std::string_view query);

/// What a destination's URL says of SRT; nothing of any other URL, and of one that is not right.
SrtOptions srt_options_in(std::string_view url);
/// `srt://HOST:PORT` of such a URL, which may be shown.
std::string srt_address(std::string_view url);

/// What SRT refuses, in words; nothing where it is right. **Source**: SRT API, SRTO_PASSPHRASE,
/// SRTO_STREAMID.
std::optional<std::string> srt_passphrase_problem(std::string_view text);
std::optional<std::string> srt_stream_id_problem(std::string_view text);

/// Longer than any way around the world needs, several times over.
constexpr Milliseconds longest_srt_latency = std::chrono::seconds(60);

}  // namespace restream
