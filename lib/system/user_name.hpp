// What the system calls a user.
#pragma once

#include <cstdint>
#include <string>

namespace restream {

/// The login name of a user ID; empty if the system knows none. For several threads.
std::string login_name(std::uint32_t user);
/// The same for people: "user 1234" if the system knows none.
std::string account_name(std::uint32_t user);

}  // namespace restream
