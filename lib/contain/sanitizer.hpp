// Whether this was built with a sanitizer, whose own work must not be taken for an intruder's.
#pragma once

namespace restream {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool is_built_with_sanitizer = true;
#elif defined(__has_feature)
constexpr bool is_built_with_sanitizer =
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool is_built_with_sanitizer = false;
#endif

}  // namespace restream
