// Taking URLs apart, checking, repairing, masking.
#include "config/url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "base/text.hpp"
#include "config/srt_options.hpp"
#include "config/wording.hpp"

namespace restream {

namespace {

// RTMP libraries keep app and tcUrl in buffers of about 1,024 bytes.
constexpr std::size_t longest_url_bytes = 1000;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

std::optional<int> parse_number(std::string_view text, int least, int most) {
    int value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (text.empty() || !is_digit(text.front()) || error != std::errc() || stop != end ||
        value < least || value > most) {
        return std::nullopt;
    }
    return value;
}

std::vector<std::string_view> split(std::string_view text, char between) {
    std::vector<std::string_view> parts;
    while (true) {
        const auto at = text.find(between);
        parts.push_back(text.substr(0, at));
        if (at == std::string_view::npos) return parts;
        text.remove_prefix(at + 1);
    }
}

bool is_ipv4(std::string_view text) {
    const auto parts = split(text, '.');
    return parts.size() == 4 && std::all_of(parts.begin(), parts.end(), [](std::string_view part) {
               return part.size() <= 3 && parse_number(part, 0, 255);
           });
}

/// Groups of up to 4 hex digits; the last may be an IPv4 address, which counts as two.
std::optional<int> count_groups(std::string_view text) {
    if (text.empty()) return 0;
    int count = 0;
    const auto groups = split(text, ':');
    for (std::size_t i = 0; i < groups.size(); ++i) {
        if (i + 1 == groups.size() && is_ipv4(groups[i])) return count + 2;
        const bool is_hex = std::all_of(groups[i].begin(), groups[i].end(), [](char c) {
            return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f');
        });
        if (groups[i].empty() || groups[i].size() > 4 || !is_hex) return std::nullopt;
        ++count;
    }
    return count;
}

bool is_ipv6(std::string_view text) {
    const auto gap = text.find("::");
    if (gap == std::string_view::npos) return count_groups(text) == 8;
    const auto before = count_groups(text.substr(0, gap));
    const auto after = count_groups(text.substr(gap + 2));
    const bool has_ipv4_before = text.substr(0, gap).find('.') != std::string_view::npos;
    return before && after && !has_ipv4_before && *before + *after <= 7;
}

bool is_host_name(std::string_view text) {
    if (text.empty() || text.size() > 253) return false;
    const auto labels = split(text, '.');
    return std::all_of(labels.begin(), labels.end(), [](std::string_view label) {
        return !label.empty() && label.size() <= 63 &&
               std::all_of(label.begin(), label.end(), [](char c) {
                   return is_letter(c) || is_digit(c) || c == '-' || c == '_';
               });
    });
}

/// Reads the authority into `parts`; says what is wrong with it.
std::optional<UrlProblem> read_authority(std::string_view authority, UrlParts& parts) {
    if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
        parts.user_info = authority.substr(0, at);
        authority.remove_prefix(at + 1);
        // To others the host ends there.
        if (parts.user_info.find('#') != std::string::npos) {
            return UrlProblem{"has a \"#\" before the host; write %23"};
        }
    }
    std::string_view port;
    bool has_port = false;
    if (authority.starts_with('[')) {
        const auto end = authority.find(']');
        const auto host = authority.substr(1, end == std::string_view::npos ? end : end - 1);
        const auto rest =
            end == std::string_view::npos ? std::string_view() : authority.substr(end + 1);
        if (end == std::string_view::npos || !is_ipv6(host) ||
            (!rest.empty() && rest.front() != ':')) {
            return UrlProblem{"has a bad IPv6 address; write it as [ADDRESS]:PORT"};
        }
        parts.host = host;
        has_port = !rest.empty();
        if (has_port) port = rest.substr(1);
    } else {
        const auto colon = authority.find(':');
        has_port = colon != std::string_view::npos;
        if (has_port) port = authority.substr(colon + 1);
        parts.host = authority.substr(0, colon);
        std::transform(parts.host.begin(), parts.host.end(), parts.host.begin(), lower);
        if (!parts.host.empty() && !is_host_name(parts.host)) {
            return UrlProblem{
                "has a host that can't be; write a name of letters, digits, \"-\" and \".\", or an "
                "address ([…] around IPv6)"};
        }
    }
    if (has_port) {
        const auto number = parse_number(port, 1, 65535);
        if (!number) return UrlProblem{"has a bad port; write a number from 1 to 65535"};
        parts.port = *number;
    }
    return std::nullopt;
}

/// The conversions of strftime that give digits and signs which every file system takes: those that
/// the file sink expands.
constexpr std::string_view time_conversions = "YmdHMSyjFs%";

std::variant<UrlParts, UrlProblem> split_file_url(std::string_view rest) {
    UrlParts parts;
    parts.scheme = "file";
    if (rest.starts_with("//")) {
        rest.remove_prefix(2);
        if (!rest.starts_with('/')) {
            return UrlProblem{"must name an absolute path; write file:/FOLDER/NAME.mkv"};
        }
    }
    if (!rest.starts_with('/')) {
        return UrlProblem{"must name an absolute path; write file:/FOLDER/NAME.mkv"};
    }
    // Of several slashes one stays: "file:" and a path with two would read as a host.
    rest.remove_prefix(std::min(rest.find_first_not_of('/'), rest.size()) - 1);
    parts.path = rest;
    return parts;
}

std::optional<UrlProblem> file_problem(const UrlParts& parts) {
    const std::filesystem::path path(parts.path);
    const std::string extension = path.extension().string();
    constexpr std::string_view known[] = {".flv", ".m3u8", ".mkv", ".mp4", ".ts"};
    if (std::find(std::begin(known), std::end(known), extension) == std::end(known)) {
        return UrlProblem{
            "must end in .flv, .m3u8, .mkv, .mp4 or .ts: the extension chooses the format"};
    }
    for (std::size_t i = 0; i < parts.path.size(); ++i) {
        if (parts.path[i] != '%') continue;
        if (++i == parts.path.size() ||
            time_conversions.find(parts.path[i]) == std::string_view::npos) {
            return UrlProblem{
                "has a \"%\" that is no time pattern; %Y-%m-%d_%H-%M-%S is one, and %% is a "
                "percent "
                "sign (blanks are written as they are)"};
        }
    }
    return std::nullopt;
}

std::optional<UrlProblem> rtmp_problem(const UrlParts& parts) {
    if (parts.host.empty()) {
        return UrlProblem{fmt::format("has no host; write {}://HOST/APP", parts.scheme)};
    }
    if (parts.segments().empty()) {
        return UrlProblem{
            fmt::format("has no app after the host; write {}://HOST/APP as the service shows it",
                        parts.scheme)};
    }
    return std::nullopt;
}

std::optional<UrlProblem> srt_problem(const UrlParts& parts) {
    if (parts.host.empty()) return UrlProblem{"has no host; write srt://HOST:PORT"};
    if (parts.port == 0) return UrlProblem{"has no port; write srt://HOST:PORT"};
    if (!parts.segments().empty()) {
        return UrlProblem{"can't have a path; write srt://HOST:PORT?streamid=ID"};
    }
    const auto read = read_srt_query(parts.query.value_or(""));
    if (const auto* problem = std::get_if<SrtProblem>(&read)) return UrlProblem{problem->message};
    return std::nullopt;
}

/// See check_destination_url.
void repair_kick(UrlParts& parts) {
    constexpr std::string_view domain = ".live-video.net";
    if (!parts.host.ends_with(domain) || !parts.scheme.starts_with("rtmp")) return;
    if (parts.scheme == "rtmps" && parts.port == 0) parts.port = 443;
    const auto segments = parts.segments();
    if (segments.empty()) {
        parts.path = "/app";
    } else if (segments.front() != "app") {
        parts.path.insert(0, "/app");
    }
}

/// `name=***`; what does not look like a name and a value is masked as a whole.
std::string masked_pair(std::string_view pair) {
    const auto equals = pair.find('=');
    if (pair.empty()) return "";
    const auto name = pair.substr(0, equals);
    const bool is_name =
        !name.empty() && name.size() <= 32 && std::all_of(name.begin(), name.end(), [](char c) {
            return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '.';
        });
    // "c2VjcmV0==" is a token in base64, not the name of an empty value.
    const bool has_value = equals != std::string_view::npos &&
                           pair.find_first_not_of('=', equals) != std::string_view::npos;
    return is_name && has_value ? fmt::format("{}=***", name) : "***";
}

std::string masked_query(std::string_view query) {
    std::string shown;
    for (const auto pair : split(query, '&')) {
        if (!shown.empty()) shown += '&';
        shown += masked_pair(pair);
    }
    return shown;
}

}  // namespace

std::vector<std::string> UrlParts::segments() const {
    std::vector<std::string> found;
    for (const auto part : split(path, '/')) {
        if (!part.empty()) found.emplace_back(part);
    }
    return found;
}

std::string UrlParts::text() const {
    if (scheme == "file") return "file:" + path;
    std::string all = scheme + "://";
    if (!user_info.empty()) all += user_info + "@";
    all += host.find(':') == std::string::npos ? host : "[" + host + "]";
    if (port != 0) all += fmt::format(":{}", port);
    all += path;
    if (query) all += "?" + *query;
    return all;
}

std::variant<UrlParts, UrlProblem> split_url(std::string_view text) {
    if (text.empty()) return UrlProblem{"is empty"};
    if (text.size() > longest_url_bytes) {
        return UrlProblem{fmt::format("is longer than {} bytes", longest_url_bytes)};
    }
    if (std::any_of(text.begin(), text.end(), is_control)) {
        return UrlProblem{"has control characters in it"};
    }
    const auto colon = text.find(':');
    UrlParts parts;
    parts.scheme = text.substr(0, colon);
    const bool is_scheme = colon != std::string_view::npos && colon != 0 && colon <= 16 &&
                           std::all_of(parts.scheme.begin(), parts.scheme.end(), [](char c) {
                               return is_letter(c) || is_digit(c) || c == '+' || c == '-';
                           });
    if (!is_scheme)
        return UrlProblem{"has no scheme; it begins with rtmp://, rtmps://, srt:// or file:"};
    std::transform(parts.scheme.begin(), parts.scheme.end(), parts.scheme.begin(), lower);
    std::string_view rest = text.substr(colon + 1);
    if (parts.scheme == "file") return split_file_url(rest);
    if (rest.find(' ') != std::string_view::npos) return UrlProblem{"has a blank in it"};
    if (!rest.starts_with("//")) {
        // "localhost:1935/live" reads as the scheme "localhost".
        return UrlProblem{"has no \"//\" after the scheme; write rtmp://HOST/APP"};
    }
    rest.remove_prefix(2);
    const auto authority = rest.substr(0, rest.find_first_of("/?"));
    if (auto problem = read_authority(authority, parts)) return *problem;
    rest.remove_prefix(authority.size());
    const auto question = rest.find('?');
    parts.path = rest.substr(0, question);
    if (question != std::string_view::npos) parts.query = rest.substr(question + 1);
    return parts;
}

std::variant<std::string, UrlProblem> check_destination_url(std::string_view text) {
    auto read = split_url(text);
    if (const auto* problem = std::get_if<UrlProblem>(&read)) return *problem;
    auto& parts = std::get<UrlParts>(read);
    std::optional<UrlProblem> problem;
    if (parts.scheme == "rtmp" || parts.scheme == "rtmps") {
        repair_kick(parts);
        problem = rtmp_problem(parts);
    } else if (parts.scheme == "srt") {
        problem = srt_problem(parts);
    } else if (parts.scheme == "file") {
        problem = file_problem(parts);
    } else {
        problem =
            UrlProblem{fmt::format("has the scheme {}; a destination's is rtmp, rtmps, srt or file",
                                   in_quotes(parts.scheme))};
    }
    if (problem) return *problem;
    return parts.text();
}

std::variant<std::string, UrlProblem> check_ingest_url(std::string_view text) {
    auto read = split_url(text);
    if (const auto* problem = std::get_if<UrlProblem>(&read)) return *problem;
    const auto& parts = std::get<UrlParts>(read);
    if (parts.scheme != "rtmp" && parts.scheme != "rtmps") {
        return UrlProblem{fmt::format("has the scheme {}; the ingest's is rtmp or rtmps",
                                      in_quotes(parts.scheme))};
    }
    if (auto problem = rtmp_problem(parts)) return *problem;
    return parts.text();
}

std::string masked_url(std::string_view url, Playpath playpath) {
    auto read = split_url(url);
    auto* parts = std::get_if<UrlParts>(&read);
    if (parts == nullptr) return "***";
    if (parts->scheme == "file") return parts->text();
    if (!parts->user_info.empty()) parts->user_info = "***";
    if (parts->query && !parts->query->empty()) parts->query = masked_query(*parts->query);
    const auto segments = parts->segments();
    if (playpath != Playpath::is_elsewhere && segments.size() >= 2) {
        std::string& path = parts->path;
        const auto app_begin = path.find_first_not_of('/');
        const auto end = path.find_last_not_of('/') + 1;
        const auto begin = playpath == Playpath::is_last_segment
                               ? end - segments.back().size()
                               : path.find_first_not_of('/', path.find('/', app_begin));
        path.replace(begin, end - begin, "***");
    }
    return parts->text();
}

std::string server_of_url(std::string_view url) {
    const auto read = split_url(url);
    const auto* parts = std::get_if<UrlParts>(&read);
    if (parts == nullptr) return "";
    if (parts->scheme == "file") return "file:";
    if (parts->scheme != "rtmp" && parts->scheme != "rtmps" && parts->scheme != "srt") return "";
    UrlParts server;
    server.scheme = parts->scheme;
    server.host = parts->host;
    server.port = parts->port;
    return server.text();
}

std::optional<HostAndPort> parse_host_and_port(std::string_view text) {
    UrlParts parts;
    if (text.size() > 300 || text.find('@') != std::string_view::npos ||
        read_authority(text, parts) || parts.host.empty() || parts.port == 0) {
        return std::nullopt;
    }
    return HostAndPort{parts.host, parts.port};
}

bool is_loopback(std::string_view host) {
    return host == "localhost" || host == "::1" || (is_ipv4(host) && host.starts_with("127."));
}

bool is_address_or_network(std::string_view text) {
    const auto slash = text.find('/');
    const auto address = text.substr(0, slash);
    const bool is_v4 = is_ipv4(address);
    if (!is_v4 && !is_ipv6(address)) return false;
    if (slash == std::string_view::npos) return true;
    return parse_number(text.substr(slash + 1), 0, is_v4 ? 32 : 128).has_value();
}

bool is_listen_address(std::string_view host) {
    return host == "localhost" || is_ipv4(host) || is_ipv6(host);
}

}  // namespace restream
