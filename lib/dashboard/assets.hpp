// The page's files, compiled into the program.
#pragma once

#include <span>
#include <string_view>

namespace restream {

struct Asset {
    std::string_view name;  ///< "app.js"
    std::string_view content_type;
    std::string_view content;
    std::string_view tag;  ///< changes with the content: for ETag
};

/// Made by cmake/assets.cmake from lib/dashboard/page/.
std::span<const Asset> assets();

}  // namespace restream
