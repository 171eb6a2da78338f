#include <fmt/format.h>
#include <pwd.h>

#include <array>

#include "system/user_name.hpp"

namespace restream {

std::string login_name(std::uint32_t user) {
    std::array<char, 16384> text{};
    passwd entry{};
    passwd* found = nullptr;
    const int error = ::getpwuid_r(user, &entry, text.data(), text.size(), &found);
    return error != 0 || found == nullptr ? std::string() : std::string(found->pw_name);
}

std::string account_name(std::uint32_t user) {
    const std::string name = login_name(user);
    return name.empty() ? fmt::format("user {}", user) : name;
}

}  // namespace restream
