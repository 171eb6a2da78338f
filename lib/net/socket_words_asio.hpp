// What the system says about a socket, as an ending.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>
#include <string>

#include "base/ending.hpp"

namespace restream {

/// "127.0.0.1:1935", "[::1]:1935".
std::string describe(const boost::asio::ip::tcp::endpoint& peer);

/// An error of connecting, reading or writing; of reading also eof: `closed`. The detail has the
/// peer's address.
RtmpEnding socket_ending(const boost::system::error_code& error,
                         const boost::asio::ip::tcp::endpoint& peer);

}  // namespace restream
