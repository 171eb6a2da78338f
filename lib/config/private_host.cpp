#include "config/private_host.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "base/text.hpp"
#include "config/url.hpp"

namespace restream {

namespace {

/// REQUIRES: an IPv4 address.
bool is_private_v4(std::string_view address) {
    std::array<int, 2> first{};
    const char* at = address.data();
    for (int& each : first) at = std::from_chars(at, address.data() + address.size(), each).ptr + 1;
    const auto [a, b] = first;
    return a == 10 || a == 127 || (a == 172 && b >= 16 && b <= 31) || (a == 192 && b == 168) ||
           (a == 169 && b == 254);
}

/// REQUIRES: an IPv6 address, in small letters.
bool is_private_v6(std::string_view address) {
    constexpr std::string_view v4_inside = "::ffff:";
    if (address.starts_with(v4_inside) && address.find('.') != std::string_view::npos) {
        return is_private_v4(address.substr(v4_inside.size()));
    }
    if (is_loopback(address)) return true;
    const std::string_view first = address.substr(0, address.find(':'));
    if (first.size() != 4) return false;  // leading zeros are left out: "fd::1" is another network
    const std::string_view eight_bits = first.substr(0, 2);
    return eight_bits == "fc" || eight_bits == "fd" ||
           (eight_bits == "fe" && first[2] >= '8' && first[2] <= 'b');
}

bool is_local_name(std::string_view name) {
    constexpr std::array local = {".localhost", ".local", ".lan", ".home.arpa", ".internal"};
    return name.find('.') == std::string_view::npos ||
           std::ranges::any_of(local, [&](const char* end) { return name.ends_with(end); });
}

}  // namespace

bool is_private_host(std::string_view host) {
    std::string small = in_lower_case(host.substr(0, host.find('%')));
    if (small.ends_with('.')) small.pop_back();
    if (small.find('/') != std::string::npos || !is_address_or_network(small)) {
        return is_local_name(small);
    }
    return small.find(':') == std::string::npos ? is_private_v4(small) : is_private_v6(small);
}

}  // namespace restream
