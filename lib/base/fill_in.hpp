// Texts with gaps: the templates in share/.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace restream {

/// What stands in the place of `@NAME@`.
struct Placeholder {
    std::string_view name;
    std::string value;
};

/// The template with every gap filled; what is filled in is not looked at again.
/// **Throws**: Error{refused} that names `file`, where the template has a gap that is not known, or
/// lacks one that is.
std::string fill_in(std::string_view template_text, std::span<const Placeholder> placeholders,
                    std::string_view file);

}  // namespace restream
