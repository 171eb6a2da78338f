# Makes assets.cpp of the page's files: cmake -D OUTPUT=FILE -D FOLDER=FOLDER -D NAMES="a.js,b.css" -P assets.cmake
string(REPLACE "," ";" names "${NAMES}")
set(arrays "")
set(rows "")
set(number 0)
foreach(name IN LISTS names)
    file(READ ${FOLDER}/${name} bytes HEX)
    file(SHA256 ${FOLDER}/${name} tag)
    string(SUBSTRING ${tag} 0 16 tag)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
    # Lines that compilers and people can bear.
    string(REGEX REPLACE "((0x[0-9a-f][0-9a-f],){24})" "\\1\n    " bytes "${bytes}")
    get_filename_component(ending ${name} LAST_EXT)
    if(ending STREQUAL ".html")
        set(type "text/html; charset=utf-8")
    elseif(ending STREQUAL ".css")
        set(type "text/css; charset=utf-8")
    elseif(ending STREQUAL ".js")
        set(type "text/javascript; charset=utf-8")
    elseif(ending STREQUAL ".svg")
        set(type "image/svg+xml")
    else()
        message(FATAL_ERROR "${name}: what is that?")
    endif()
    string(APPEND arrays "constexpr unsigned char bytes_${number}[] = {\n    ${bytes}0};\n\n")
    string(APPEND rows
        "    {\"${name}\", \"${type}\", text_of(bytes_${number}, sizeof bytes_${number} - 1), \"${tag}\"},\n")
    math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUTPUT}.new "// Made by cmake/assets.cmake from lib/dashboard/page/.
#include \"dashboard/assets.hpp\"

namespace restream {

namespace {

${arrays}std::string_view text_of(const unsigned char* bytes, std::size_t count) {
    return {reinterpret_cast<const char*>(bytes), count};
}

}  // namespace

std::span<const Asset> assets() {
    static const Asset all[] = {
${rows}    };
    return all;
}

}  // namespace restream
")
file(RENAME ${OUTPUT}.new ${OUTPUT})
