# What makes a mistake in the programs harder to use: of the compiler and of the linker, for what is installed. Targets
# get it through restream_options. tests/scripts/hardening-test reads it from the installed files.
include(CheckCXXCompilerFlag)
include(CheckCXXSourceCompiles)
include(CMakePushCheckState)

option(RESTREAM_HARDENING "Harden optimised builds; OFF only to measure what it costs" ON)

add_library(restream_hardening INTERFACE)
# Sanitizers see more than this does, and do not bear _FORTIFY_SOURCE.
if(NOT RESTREAM_HARDENING OR RESTREAM_SANITIZE)
    return()
endif()

set(optimised $<CONFIG:RelWithDebInfo,Release,MinSizeRel>)
set(is_program $<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>)
set(is_shared $<STREQUAL:$<TARGET_PROPERTY:TYPE>,SHARED_LIBRARY>)

target_compile_options(restream_hardening INTERFACE $<${optimised}:-fstack-protector-strong>)
target_link_options(restream_hardening INTERFACE $<${optimised}:-Wl,-z,relro,-z,now,-z,noexecstack>)

# Layers are -fPIC (cmake/layers.cmake). What the programs' own libraries are compiled with must be as their programs',
# which share a precompiled header with them.
set(is_pic $<OR:${is_shared},$<BOOL:$<TARGET_PROPERTY:POSITION_INDEPENDENT_CODE>>>)
target_compile_options(restream_hardening INTERFACE $<$<AND:${optimised},$<NOT:${is_pic}>>:-fPIE>)
target_link_options(restream_hardening INTERFACE $<$<AND:${optimised},${is_program}>:-pie>)

# Only x86 has it.
check_cxx_compiler_flag(-fcf-protection=full RESTREAM_HAS_CF_PROTECTION)
if(RESTREAM_HAS_CF_PROTECTION)
    target_compile_options(restream_hardening INTERFACE $<${optimised}:-fcf-protection=full>)
endif()

# 3 also checks where only the running program knows how large a buffer is. A compiler or C library that does not know
# it warns. In the flags, where what follows can undo it: it wants -O, which the tests undo.
cmake_push_check_state(RESET)
set(CMAKE_REQUIRED_FLAGS "-O2 -Werror -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3")
check_cxx_source_compiles("#include <cstdlib>\nint main() { return 0; }" RESTREAM_HAS_FORTIFY_3)
cmake_pop_check_state()
if(RESTREAM_HAS_FORTIFY_3)
    set(fortify 3)
else()
    set(fortify 2)
endif()
foreach(config RELWITHDEBINFO RELEASE MINSIZEREL)
    # The compiler of some systems sets another.
    string(APPEND CMAKE_CXX_FLAGS_${config} " -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=${fortify}")
endforeach()
# The others have it anyway.
string(APPEND CMAKE_CXX_FLAGS_MINSIZEREL " -D_GLIBCXX_ASSERTIONS")
