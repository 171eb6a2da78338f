#include "hook/http_target.hpp"

#include <fmt/format.h>

#include <utility>

#include "config/url.hpp"

namespace restream {

std::string HttpTarget::address() const {
    return fmt::format("{}://{}", is_tls ? "https" : "http", authority);
}

HttpTarget http_target(const Secret& url) {
    const auto parts = std::get<UrlParts>(split_url(url.reveal()));
    HttpTarget target;
    target.is_tls = parts.scheme == "https";
    target.host = parts.host;
    target.port = parts.port != 0 ? parts.port : target.is_tls ? 443 : 80;
    const bool is_ipv6 = parts.host.find(':') != std::string::npos;
    target.authority = is_ipv6 ? "[" + parts.host + "]" : parts.host;
    if (parts.port != 0) target.authority += fmt::format(":{}", parts.port);
    std::string path = parts.path.empty() ? "/" : parts.path;
    if (parts.query) path += "?" + *parts.query;
    target.path = Secret(std::move(path));
    return target;
}

Secret http_request(const HttpTarget& target, const std::string& body) {
    return Secret(fmt::format(
        "POST {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: restream\r\nContent-Type: application/json\r\n"
        "Content-Length: {}\r\nConnection: close\r\n\r\n{}",
        target.path.reveal(), target.authority, body.size(), body));
}

}  // namespace restream
