#include "process/http_client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "engine/raw_client.hpp"

namespace restream::test {

namespace {

std::string lowered(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    return result;
}

}  // namespace

HttpAnswer http_answer(const std::string& text) {
    HttpAnswer answer;
    const auto head_end = text.find("\r\n\r\n");
    if (head_end == std::string::npos || !text.starts_with("HTTP/1.1 ")) return answer;
    std::from_chars(text.data() + 9, text.data() + 12, answer.status);
    for (auto at = text.find("\r\n") + 2; at < head_end + 2;) {
        const auto end = text.find("\r\n", at);
        const auto colon = text.find(": ", at);
        if (colon < end) {
            answer.headers[lowered(text.substr(at, colon - at))] =
                text.substr(colon + 2, end - colon - 2);
        }
        at = end + 2;
    }
    answer.body = text.substr(head_end + 4);
    return answer;
}

// RFC 4648, section 4.
std::string basic_authorization(std::string_view password) {
    constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const std::string text = "any:" + std::string(password);
    std::string header = "Basic ";
    for (std::size_t at = 0; at < text.size(); at += 3) {
        std::uint32_t bits = 0;
        const std::size_t count = std::min<std::size_t>(3, text.size() - at);
        for (std::size_t i = 0; i < 3; ++i) {
            bits = bits << 8 | (i < count ? static_cast<unsigned char>(text[at + i]) : 0);
        }
        for (std::size_t i = 0; i < 4; ++i) {
            header += i <= count ? digits[bits >> (18 - 6 * i) & 63] : '=';
        }
    }
    return header;
}

nlohmann::json HttpAnswer::json() const { return nlohmann::json::parse(body, nullptr, false); }

std::string HttpAnswer::brief() const {
    const auto document = json();
    if (!document.is_object() || !document.contains("error")) return std::to_string(status);
    return fmt::format("{} {}", status, document["error"]["code"].get<std::string>());
}

HttpLine::HttpLine(int port) : socket_(connect_to(port)) {}

void HttpLine::send(std::string_view bytes) const { write_all(socket_, bytes); }

std::string HttpLine::read_until(std::string_view text, Milliseconds longest) {
    const Deadline deadline = Deadline::after(longest);
    std::array<char, 16384> block;
    while (text.empty() || got_.find(text) == std::string::npos) {
        if (!wait_readable(socket_, deadline)) break;
        const std::size_t count = read_some(socket_, block);
        if (count == 0) break;
        got_.append(block.data(), count);
    }
    return got_;
}

std::string HttpLine::take_until(std::string_view text, Milliseconds longest) {
    read_until(text, longest);
    const auto at = got_.find(text);
    if (at == std::string::npos) return "";
    const auto end = at + text.size();
    std::string taken = got_.substr(0, end);
    got_.erase(0, end);
    return taken;
}

bool HttpLine::wait_closed(Milliseconds longest) {
    return is_closed_by_peer(socket_, Deadline::after(longest));
}

std::string http_request(int port, std::string_view method, std::string_view path,
                         const HttpHeaders& headers, std::string_view body) {
    std::string text = fmt::format("{} {} HTTP/1.1\r\n", method, path);
    HttpHeaders all = {{"Host", fmt::format("127.0.0.1:{}", port)}, {"Connection", "close"}};
    if (!body.empty() || method != "GET") {
        all.emplace_back("Content-Length", std::to_string(body.size()));
    }
    for (const auto& [name, value] : headers) {
        std::erase_if(all, [&, &known = name](const auto& each) { return each.first == known; });
    }
    all.insert(all.end(), headers.begin(), headers.end());
    for (const auto& [name, value] : all) text += fmt::format("{}: {}\r\n", name, value);
    text += "\r\n";
    text += body;
    return text;
}

HttpAnswer http(int port, std::string_view method, std::string_view path,
                const HttpHeaders& headers, std::string_view body, Milliseconds longest) {
    HttpLine line(port);
    line.send(http_request(port, method, path, headers, body));
    return http_answer(line.read_until("", longest));
}

}  // namespace restream::test
