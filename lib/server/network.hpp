// IP addresses and networks, to decide who may do what.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace restream {

/// An IPv4 or IPv6 address. A value. One that is IPv4 inside IPv6 is the IPv4 one.
class IpAddress {
  public:
    IpAddress() = default;  ///< `::`, nobody's
    /// `192.168.1.7`, `fd00::7`; nothing for anything else, host names too.
    static std::optional<IpAddress> parse(std::string_view text);
    /// **Shape**: as in a packet; an IPv4 address as ::ffff:a.b.c.d.
    explicit IpAddress(const std::array<std::uint8_t, 16>& bytes) : bytes_(bytes) {}

    const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
    bool is_v4() const;
    bool is_loopback() const;
    std::string text() const;
    bool operator==(const IpAddress&) const = default;

  private:
    std::array<std::uint8_t, 16> bytes_{};
};

/// All addresses that begin with the same bits. A value.
class Network {
  public:
    /// `192.168.1.0/24`, `fd00::/8`, or one address; bits beyond the length count for nothing.
    static std::optional<Network> parse(std::string_view text);
    bool contains(const IpAddress& address) const;

  private:
    Network(const IpAddress& address, int bits) : address_(address), bits_(bits) {}
    IpAddress address_;
    int bits_;  ///< of 128
};

}  // namespace restream
