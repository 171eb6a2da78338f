#include <fmt/format.h>

#include <array>
#include <boost/asio/error.hpp>
#include <boost/system/error_code.hpp>

#include "net/socket_words_asio.hpp"

namespace restream {

namespace {

struct Row {
    boost::system::errc::errc_t error;
    RtmpEnding::Cause cause;
};

using Cause = RtmpEnding::Cause;
namespace errc = boost::system::errc;

constexpr std::array rows = {
    Row{errc::connection_refused, Cause::connection_refused},
    Row{errc::network_unreachable, Cause::unreachable},
    Row{errc::host_unreachable, Cause::unreachable},
    Row{errc::network_down, Cause::unreachable},
    Row{errc::address_not_available, Cause::unreachable},
    Row{errc::address_family_not_supported, Cause::unreachable},
    // A firewall of this machine's own.
    Row{errc::permission_denied, Cause::unreachable},
    Row{errc::operation_not_permitted, Cause::unreachable},
    Row{errc::timed_out, Cause::connect_timed_out},
    Row{errc::connection_reset, Cause::reset},
    Row{errc::connection_aborted, Cause::reset},
    Row{errc::broken_pipe, Cause::reset},
    Row{errc::not_connected, Cause::reset},
};

}  // namespace

std::string describe(const boost::asio::ip::tcp::endpoint& peer) {
    const std::string address = peer.address().to_string();
    if (peer.address().is_v6()) return fmt::format("[{}]:{}", address, peer.port());
    return fmt::format("{}:{}", address, peer.port());
}

RtmpEnding socket_ending(const boost::system::error_code& error,
                         const boost::asio::ip::tcp::endpoint& peer) {
    if (error == boost::asio::error::eof) {
        return {Cause::closed, describe(peer) + ": the peer closed the connection"};
    }
    RtmpEnding ending{Cause::failed, describe(peer) + ": " + error.message()};
    for (const Row& row : rows) {
        if (error == row.error) ending.cause = row.cause;
    }
    return ending;
}

}  // namespace restream
