#include <algorithm>
#include <array>
#include <iterator>

#include "dashboard/read_request_asio.hpp"

namespace restream {

namespace http = boost::beast::http;
namespace ip = boost::asio::ip;

namespace {

using Message = http::request<http::string_body>;

std::string text_of(boost::beast::string_view view) {
    return std::string(view.data(), view.size());
}

Method method_of(http::verb verb) {
    switch (verb) {
        case http::verb::get:
        case http::verb::head:
            return Method::get;
        case http::verb::post:
            return Method::post;
        case http::verb::put:
            return Method::put;
        case http::verb::delete_:
            return Method::remove;
        default:
            return Method::other;
    }
}

bool is_twice(const Message& message, boost::beast::string_view name) {
    const auto [begin, end] = message.equal_range(name);
    return std::distance(begin, end) > 1;
}

bool is_ambiguous(const Message& message) {
    constexpr std::array<const char*, 10> single = {
        "Host",          "Origin", "Referer",       "Sec-Fetch-Site", "X-Restream-Token",
        "Authorization", "Cookie", "If-None-Match", "Content-Length", "Transfer-Encoding"};
    if (std::ranges::any_of(single, [&](const char* name) { return is_twice(message, name); })) {
        return true;
    }
    const auto coding = message.find(http::field::transfer_encoding);
    if (coding == message.end()) {
        // "4, 4": the parser takes a list of equal lengths.
        const auto length = message[http::field::content_length];
        return length.find(',') != boost::beast::string_view::npos;
    }
    // HTTP/1.0 knows none.
    return !boost::beast::iequals(coding->value(), "chunked") || message.version() < 11;
}

}  // namespace

std::variant<Request, Answer> read_request(const Message& message, std::string address) {
    if (is_ambiguous(message)) {
        return refusal(400, "bad_request", "the request can be understood in two ways",
                       "send each header once, and no transfer coding but chunked");
    }
    Request request;
    request.method = method_of(message.method());
    request.is_head = message.method() == http::verb::head;
    const std::string target = text_of(message.target());
    const auto mark = std::min(target.find('?'), target.size());
    request.path = target.substr(0, mark);
    if (mark < target.size()) request.query = target.substr(mark + 1);
    request.host = text_of(message[http::field::host]);
    request.origin = text_of(message[http::field::origin]);
    request.referer = text_of(message[http::field::referer]);
    request.fetch_site = text_of(message["Sec-Fetch-Site"]);
    request.fetch_mode = text_of(message["Sec-Fetch-Mode"]);
    request.fetch_dest = text_of(message["Sec-Fetch-Dest"]);
    request.token = text_of(message["X-Restream-Token"]);
    request.authorization = text_of(message[http::field::authorization]);
    request.if_none_match = text_of(message[http::field::if_none_match]);
    request.cookie = text_of(message[http::field::cookie]);
    request.body = message.body();
    request.address = std::move(address);
    return request;
}

std::string client_of(const ip::address& address) {
    if (!address.is_v6()) return address.to_string();
    const ip::address_v6 v6 = address.to_v6();
    if (v6.is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, v6).to_string();
    if (v6.is_loopback()) return v6.to_string();
    auto bytes = v6.to_bytes();
    std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
    return ip::address_v6(bytes).to_string();
}

}  // namespace restream
