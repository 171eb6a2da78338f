// Has a child process do what hostile media might turn against us, and takes only its result.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "system/fd.hpp"

namespace restream {

/// What that child is given.
struct Apart {
    std::vector<const Fd*> keeps;    ///< what stays open in it, beside standard error
    std::uint64_t memory_bytes = 0;  ///< beyond what this process has
    std::chrono::seconds processor{0};
    Milliseconds patience{0};
    std::size_t longest_result_bytes = 0;
};

struct DoneApart {
    std::string result;
    Milliseconds processor{0};  ///< what the child took
};

/// Runs `work` in a child that is contained as a decoder and reads no file, and returns what `work`
/// returned. The child has a copy of this process's memory, so that `work` may use what it
/// captures. Its changes are not seen here, even if hostile media take it over: the child can only
/// write its result. Each call has a child of its own.
/// **Blocks**: until the child has ended, at most until `patience` is over; then it is killed.
/// **Throws**: Error{refused}: with the words of the Error that `work` threw, or where the child
/// died, was too slow, or returned too much. REQUIRES: no other thread runs.
DoneApart do_apart(const Apart& how, const std::function<std::string()>& work);

}  // namespace restream
