#include <malloc.h>

#include <cstdlib>
#include <new>

#include "unit/allocations.hpp"

namespace {

thread_local tests::Allocations of_this_thread;

}  // namespace

tests::Allocations tests::allocations_so_far() { return of_this_thread; }

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    void* const memory = std::malloc(size == 0 ? 1 : size);
    if (memory == nullptr) return nullptr;
    ++of_this_thread.count;
    of_this_thread.live_bytes += static_cast<std::int64_t>(malloc_usable_size(memory));
    return memory;
}

void* operator new(std::size_t size) {
    void* const memory = operator new(size, std::nothrow);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}

void operator delete(void* memory) noexcept {
    if (memory != nullptr) {
        of_this_thread.live_bytes -= static_cast<std::int64_t>(malloc_usable_size(memory));
    }
    std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }

// AddressSanitizer's own forms for arrays would not come here.
void* operator new[](std::size_t size) { return operator new(size); }
void operator delete[](void* memory) noexcept { operator delete(memory); }
void operator delete[](void* memory, std::size_t) noexcept { operator delete(memory); }
