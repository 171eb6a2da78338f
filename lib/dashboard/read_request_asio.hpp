// From what HTTP's parser understood to a Request.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <string>
#include <variant>

#include "dashboard/message.hpp"

namespace restream {

/// `address`: of who asks, see client_of. A request that two parsers could understand in two ways
/// is refused (400), because one of them may stand before us: two headers of a name that the door
/// looks at, two lengths, a transfer coding other than chunked.
/// **Source**: RFC 9112, sections 3.2 and 6.
std::variant<Request, Answer> read_request(
    const boost::beast::http::request<boost::beast::http::string_body>& message,
    std::string address);

/// Who is counted as one: an IPv4 address, or a network of IPv6 (its first 64 bits), in which
/// anybody has as many addresses as there are. This machine's own stays "::1".
std::string client_of(const boost::asio::ip::address& address);

}  // namespace restream
