// A target that must fail: tests/runner/fuzz_can_fail proves with it that a finding is told as one.
#include <cstddef>
#include <cstdint>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    // A byte behind the buffer is read as soon as two bytes differ.
    const std::vector<std::uint8_t> all(bytes, bytes + size);
    const volatile std::uint8_t* const end = all.data() + all.size();
    if (size > 1 && bytes[0] != bytes[1]) static_cast<void>(*end);
    return 0;
}
