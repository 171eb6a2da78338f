# One folder of lib is one layer is one target, restream_NAME. DEPENDS names every layer that its files may include from:
# scripts/check-layers reads it, too.
#
# restream_layer(NAME [CORE | SHARED] DEPENDS layer... LIBRARIES target... SOURCES file... LINUX file... ALONE file...)
#   CORE    a part of librestream.so, which every command loads
#   SHARED  a library of its own, librestream-NAME.so
#           neither: linked into the few programs that need it
#   LINUX   what asks Linux; its counterpart for another system stands beside it
#   ALONE   compiled alone where the presets compile several files at once: because both files have a name of their
#           own for something else, or because programs need this one without the others

# Most of what a file of ours costs the compiler is the standard library's headers: they are compiled once for all
# layers. A file includes what it needs all the same.
set(common_headers
    <algorithm>
    <array>
    <charconv>
    <chrono>
    <filesystem>
    <functional>
    <map>
    <memory>
    <optional>
    <set>
    <span>
    <sstream>
    <string>
    <string_view>
    <variant>
    <vector>
    <fmt/format.h>
)

function(restream_layer name)
    cmake_parse_arguments(PARSE_ARGV 1 layer "CORE;SHARED" "" "DEPENDS;LIBRARIES;SOURCES;LINUX;ALONE")
    if(layer_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "restream_layer(${name}): what is ${layer_UNPARSED_ARGUMENTS}?")
    endif()
    set(kind STATIC)
    if(layer_CORE AND NOT RESTREAM_FUZZ)
        set(kind OBJECT)
    elseif(layer_SHARED)
        set(kind SHARED)
    endif()
    set(target restream_${name})
    add_library(${target} ${kind} ${layer_SOURCES} ${layer_LINUX})
    target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR}/lib)
    target_compile_options(${target} PRIVATE -fno-semantic-interposition)
    target_link_libraries(${target} PUBLIC fmt::fmt Threads::Threads ${layer_LIBRARIES} PRIVATE restream_options)
    foreach(lower IN LISTS layer_DEPENDS)
        get_target_property(lower_kind restream_${lower} TYPE)
        if(NOT lower_kind STREQUAL OBJECT_LIBRARY)
            target_link_libraries(${target} PUBLIC restream_${lower})
        elseif(NOT layer_CORE)
            target_link_libraries(${target} PUBLIC restream)
        endif()
    endforeach()
    # One kind of code for all, so that they can share the precompiled headers.
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    if(name STREQUAL base)
        target_precompile_headers(${target} PRIVATE ${common_headers})
    else()
        target_precompile_headers(${target} REUSE_FROM restream_base)
    endif()
    set_source_files_properties(${layer_ALONE} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
    set_target_properties(${target} PROPERTIES RESTREAM_ALONE "${layer_ALONE}")
    if(layer_SHARED)
        set_target_properties(${target} PROPERTIES OUTPUT_NAME restream-${name})
        install(TARGETS ${target})
    endif()
    if(layer_CORE)
        set_property(GLOBAL APPEND PROPERTY RESTREAM_CORE ${target})
        set_property(GLOBAL APPEND PROPERTY RESTREAM_CORE_LIBRARIES ${layer_LIBRARIES})
    endif()
endfunction()
