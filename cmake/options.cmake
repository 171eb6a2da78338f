# How our own targets are compiled: warnings, sanitizers, hardening. They get it through restream_options.
add_library(restream_options INTERFACE)
if(RESTREAM_FUZZ)
    # Not of what is deprecated: libstdc++'s own stable_sort() calls it, and clang takes that for ours.
    target_compile_options(restream_options INTERFACE -fsanitize=fuzzer-no-link,address,undefined
        -fno-sanitize-recover=all -fno-omit-frame-pointer -Wall -Wextra -Wno-deprecated-declarations
        $<$<BOOL:${RESTREAM_WERROR}>:-Werror>)
    return()
endif()
target_compile_options(restream_options INTERFACE -Wall -Wextra -Wpedantic -Wnon-virtual-dtor
    -Wconversion -Wno-sign-conversion -Woverloaded-virtual $<$<BOOL:${RESTREAM_WERROR}>:-Werror> -fpch-preprocess)
if(CMAKE_UNITY_BUILD)
    # One file's own names are global to the next one, and not part of a header.
    target_compile_options(restream_options INTERFACE -Wshadow=local -Wno-subobject-linkage)
else()
    target_compile_options(restream_options INTERFACE -Wshadow)
endif()
if(RESTREAM_SANITIZE)
    target_compile_options(restream_options INTERFACE -fsanitize=${RESTREAM_SANITIZE}
        -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(restream_options INTERFACE -fsanitize=${RESTREAM_SANITIZE})
    # The usual linker needs seconds for each of these programs.
    find_program(RESTREAM_MOLD mold)
    if(RESTREAM_MOLD)
        target_link_options(restream_options INTERFACE -fuse-ld=mold)
    endif()
    if(RESTREAM_SANITIZE MATCHES thread)
        # Asio's headers have a fence, which ThreadSanitizer does not see; what crosses threads here
        # goes through a mutex.
        target_compile_options(restream_options INTERFACE -Wno-tsan)
    endif()
endif()
include(cmake/hardening.cmake)
target_link_libraries(restream_options INTERFACE restream_hardening)

