#include <malloc.h>

#include "system/memory.hpp"

namespace restream {

void share_one_heap() noexcept { (void)::mallopt(M_ARENA_MAX, 1); }

void give_back_memory() noexcept { (void)::malloc_trim(0); }

}  // namespace restream
