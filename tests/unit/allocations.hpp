// What a piece of code allocates: counted, so that tests can hold it to none.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tests {

/// Of this thread, by operator new, since it began.
struct Allocations {
    std::size_t count = 0;
    std::int64_t live_bytes =
        0;  ///< allocated and not freed; frees on other threads' account count
};
Allocations allocations_so_far();

}  // namespace tests
