// What files that ask Linux share: a descriptor's number, and what went wrong.
#pragma once

#include <cerrno>
#include <system_error>

#include "system/fd.hpp"

namespace restream {

inline int number(const Fd& fd) { return static_cast<int>(fd.native()); }

/// Of the system call before.
inline std::error_code last_error() { return {errno, std::generic_category()}; }

}  // namespace restream
