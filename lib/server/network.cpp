#include "server/network.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <span>

namespace restream {

namespace {

namespace ip = boost::asio::ip;

constexpr std::array<std::uint8_t, 12> v4_prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr int v4_prefix_bits = 96;

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    boost::system::error_code error;
    const ip::address address = ip::make_address(std::string(text), error);
    // The interface in "fe80::1%eth0" is no part of an address.
    if (error || text.find('%') != std::string_view::npos) return std::nullopt;
    const ip::address_v6 wide =
        address.is_v4() ? ip::make_address_v6(ip::v4_mapped, address.to_v4()) : address.to_v6();
    return IpAddress(wide.to_bytes());
}

bool IpAddress::is_v4() const { return std::ranges::equal(v4_prefix, std::span(bytes_).first(12)); }

bool IpAddress::is_loopback() const {
    if (is_v4()) return bytes_[12] == 127;
    return ip::address_v6(bytes_).is_loopback();
}

std::string IpAddress::text() const {
    if (!is_v4()) return ip::address_v6(bytes_).to_string();
    return ip::address_v4({bytes_[12], bytes_[13], bytes_[14], bytes_[15]}).to_string();
}

std::optional<Network> Network::parse(std::string_view text) {
    const auto slash = text.find('/');
    const auto address = IpAddress::parse(text.substr(0, slash));
    if (!address) return std::nullopt;
    if (slash == std::string_view::npos) return Network(*address, 128);
    const bool is_v4 = text.substr(0, slash).find(':') == std::string_view::npos;
    const std::string_view digits = text.substr(slash + 1);
    int bits = -1;
    const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (error != std::errc() || stop != digits.data() + digits.size()) return std::nullopt;
    if (bits < 0 || bits > (is_v4 ? 32 : 128)) return std::nullopt;
    return Network(*address, is_v4 ? bits + v4_prefix_bits : bits);
}

bool Network::contains(const IpAddress& address) const {
    for (int bit = 0; bit < bits_; bit += 8) {
        const auto at = static_cast<std::size_t>(bit / 8);
        const auto mask = static_cast<std::uint8_t>(0xff00 >> std::min(8, bits_ - bit));
        if (((address.bytes()[at] ^ address_.bytes()[at]) & mask) != 0) return false;
    }
    return true;
}

}  // namespace restream
