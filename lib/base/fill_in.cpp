#include "base/fill_in.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/error.hpp"

namespace restream {

std::string fill_in(std::string_view text, std::span<const Placeholder> placeholders,
                    std::string_view file) {
    const auto broken = [&] {
        return Error(ErrorKind::refused,
                     fmt::format("share/{} is broken; install restream again", file));
    };
    std::vector<bool> is_used(placeholders.size(), false);
    std::string result;
    while (true) {
        const auto begin = text.find('@');
        result += text.substr(0, begin);
        if (begin == std::string_view::npos) break;
        const auto end = text.find('@', begin + 1);
        if (end == std::string_view::npos) throw broken();
        const auto name = text.substr(begin + 1, end - begin - 1);
        const auto found = std::ranges::find(placeholders, name, &Placeholder::name);
        if (found == placeholders.end()) throw broken();
        result += found->value;
        is_used[static_cast<std::size_t>(found - placeholders.begin())] = true;
        text.remove_prefix(end + 1);
    }
    if (std::ranges::find(is_used, false) != is_used.end()) throw broken();
    return result;
}

}  // namespace restream
