// MD5, for the logins of old RTMP servers. No protection by itself: what they send is to be hidden.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace restream {

/// **Source**: RFC 1321.
std::array<std::uint8_t, 16> md5(std::string_view text);
/// As 32 hexadecimal digits, and in base64 (RFC 4648, 4): 24 characters.
std::string md5_hex(std::string_view text);
std::string md5_base64(std::string_view text);

}  // namespace restream
