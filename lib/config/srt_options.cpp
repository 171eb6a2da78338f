#include "config/srt_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/url.hpp"
#include "config/wording.hpp"

namespace restream {

namespace {

enum class Kind { text, number, time, passphrase, stream_id, mode, live_type };

struct Option {
    std::string_view name;
    Kind kind;
};

/// **Source**: FFmpeg 5.1, libavformat/libsrt.c, less what restream sets itself (connect_timeout)
/// and what only a listener has.
constexpr std::array known_options = {
    Option{"enforced_encryption", Kind::number},
    Option{"ffs", Kind::number},
    Option{"inputbw", Kind::number},
    Option{"iptos", Kind::number},
    Option{"ipttl", Kind::number},
    Option{"kmpreannounce", Kind::number},
    Option{"kmrefreshrate", Kind::number},
    Option{"latency", Kind::time},
    Option{"linger", Kind::number},
    Option{"lossmaxttl", Kind::number},
    Option{"maxbw", Kind::number},
    Option{"messageapi", Kind::number},
    Option{"minversion", Kind::text},
    Option{"mode", Kind::mode},
    Option{"mss", Kind::number},
    Option{"nakreport", Kind::number},
    Option{"oheadbw", Kind::number},
    Option{"passphrase", Kind::passphrase},
    Option{"payload_size", Kind::number},
    Option{"pbkeylen", Kind::number},
    Option{"peerlatency", Kind::time},
    Option{"pkt_size", Kind::number},
    Option{"rcvbuf", Kind::number},
    Option{"rcvlatency", Kind::time},
    Option{"recv_buffer_size", Kind::number},
    Option{"send_buffer_size", Kind::number},
    Option{"smoother", Kind::text},
    Option{"snddropdelay", Kind::time},
    Option{"sndbuf", Kind::number},
    Option{"srt_streamid", Kind::stream_id},
    Option{"streamid", Kind::stream_id},
    Option{"timeout", Kind::time},
    Option{"tlpktdrop", Kind::number},
    Option{"transtype", Kind::live_type},
    Option{"tsbpd", Kind::number},
    Option{"tsbpddelay", Kind::time},
};

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

bool has_control(std::string_view text) { return std::ranges::any_of(text, is_control); }

/// Nothing where a "%" is not followed by two hexadecimal digits.
std::optional<std::string> decoded(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            plain += text[i];
            continue;
        }
        const int high = i + 1 < text.size() ? hex_digit(text[i + 1]) : -1;
        const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
        if (high < 0 || low < 0) return std::nullopt;
        plain += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return plain;
}

bool is_number(std::string_view text) {
    if (text.starts_with('-')) text.remove_prefix(1);
    return !text.empty() && text.size() <= 18 &&
           std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// Reads pairs into SrtOptions; the first problem ends it.
class Reader {
  public:
    std::optional<SrtProblem> take(std::string_view name, const std::string& value);
    SrtOptions options() && { return std::move(found_); }

  private:
    std::optional<SrtProblem> take_time(std::string_view name, const std::string& value);

    SrtOptions found_;
};

std::optional<SrtProblem> Reader::take_time(std::string_view name, const std::string& value) {
    if (is_number(value)) {
        const bool may_be_micros = value.size() > 3 && value.ends_with("000");
        const auto in_millis = value.substr(0, value.size() - (may_be_micros ? 3 : 0));
        return SrtProblem{
            fmt::format("has {0}={1}, which is milliseconds in some programs and microseconds in "
                        "others; write the unit, such as {0}={2}ms",
                        name, value, in_millis)};
    }
    const auto time = parse_duration(value);
    if (!time || *time < Milliseconds(0) || *time > longest_srt_latency) {
        return SrtProblem{fmt::format("has a bad {0}; write {0}=200ms, at most {1}", name,
                                      format_duration(longest_srt_latency))};
    }
    if (name == "latency") {
        found_.latency = *time;
    } else {
        found_.more.emplace_back(name, std::to_string(time->count() * 1000));
    }
    return std::nullopt;
}

std::optional<SrtProblem> Reader::take(std::string_view name, const std::string& value) {
    const auto* const option = std::ranges::find(known_options, name, &Option::name);
    if (option == known_options.end()) {
        std::vector<std::string> known;
        for (const Option& each : known_options) known.emplace_back(each.name);
        // What is not known may be part of a secret with a "&" in it: it is not shown.
        return SrtProblem{fmt::format(
            "has an option in its query that is not known{}; a \"&\" in a value is written %26",
            suggestion(name, known))};
    }
    const auto bad = [&](std::string_view right) {
        return SrtProblem{fmt::format("has a bad {}; {}", name, right)};
    };
    switch (option->kind) {
        case Kind::time:
            return take_time(name, value);
        case Kind::passphrase:
            if (value.empty()) return std::nullopt;
            if (const auto why = srt_passphrase_problem(value)) {
                return SrtProblem{fmt::format("has a passphrase that {}", *why)};
            }
            found_.passphrase = Secret(value);
            return std::nullopt;
        case Kind::stream_id:
            if (value.empty()) return std::nullopt;
            if (const auto why = srt_stream_id_problem(value)) {
                return SrtProblem{fmt::format("has a streamid that {}", *why)};
            }
            found_.stream_id = Secret(value);
            return std::nullopt;
        case Kind::mode:
            if (value != "caller") return bad("restream calls, so it is mode=caller");
            return std::nullopt;
        case Kind::live_type:
            if (value != "live") return bad("a live picture needs transtype=live");
            return std::nullopt;
        case Kind::number:
            if (!is_number(value)) return bad("write a number");
            break;
        case Kind::text:
            if (value.empty() || has_control(value)) return bad("write a name");
            break;
    }
    found_.more.emplace_back(name, value);
    return std::nullopt;
}

}  // namespace

std::variant<SrtOptions, SrtProblem> read_srt_query(std::string_view query) {
    Reader reader;
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(pair.size() + 1, query.size()));
        if (pair.empty()) continue;
        const auto equals = pair.find('=');
        const auto value = equals == std::string_view::npos ? std::optional<std::string>("")
                                                            : decoded(pair.substr(equals + 1));
        if (!value) {
            return SrtProblem{
                "has a \"%\" without two hexadecimal digits in its query; a percent sign is "
                "written "
                "%25"};
        }
        if (auto problem = reader.take(pair.substr(0, equals), *value)) return *problem;
    }
    return std::move(reader).options();
}

SrtOptions srt_options_in(std::string_view url) {
    const auto read = split_url(url);
    const auto* parts = std::get_if<UrlParts>(&read);
    if (parts == nullptr || parts->scheme != "srt") return {};
    auto options = read_srt_query(parts->query.value_or(""));
    auto* found = std::get_if<SrtOptions>(&options);
    return found == nullptr ? SrtOptions() : std::move(*found);
}

std::string srt_address(std::string_view url) {
    const auto read = split_url(url);
    const auto* parts = std::get_if<UrlParts>(&read);
    if (parts == nullptr) return {};
    UrlParts address;
    address.scheme = parts->scheme;
    address.host = parts->host;
    address.port = parts->port;
    return address.text();
}

std::optional<std::string> srt_passphrase_problem(std::string_view text) {
    constexpr std::size_t shortest = 10;
    constexpr std::size_t longest = 79;
    if (text.size() < shortest || text.size() > longest) {
        return fmt::format("has {} characters, and SRT takes {} to {}", text.size(), shortest,
                           longest);
    }
    if (has_control(text)) return "has control characters in it; copy it again";
    return std::nullopt;
}

std::optional<std::string> srt_stream_id_problem(std::string_view text) {
    constexpr std::size_t longest = 512;
    if (text.empty()) return "is empty";
    if (text.size() > longest) {
        return fmt::format("has {} characters, and SRT takes at most {}", text.size(), longest);
    }
    if (has_control(text)) return "has control characters in it; copy it again";
    return std::nullopt;
}

}  // namespace restream
