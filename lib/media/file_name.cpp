#include "media/file_name.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace restream {

std::optional<std::string> path_of_file_url(std::string_view url) {
    constexpr std::string_view scheme = "file:";
    if (!url.starts_with(scheme)) return std::nullopt;
    std::string_view path = url.substr(scheme.size());
    if (path.starts_with("//")) {
        path.remove_prefix(2);
        constexpr std::string_view local = "localhost/";
        if (path.starts_with(local)) path.remove_prefix(local.size() - 1);
        if (!path.starts_with('/')) return std::nullopt;
    }
    if (path.empty() || path.ends_with('/') || path.find('\0') != std::string_view::npos) {
        return std::nullopt;
    }
    return std::string(path);
}

std::string expand_time(std::string_view pattern, WallTime now) {
    const std::tm local = fmt::localtime(std::chrono::system_clock::to_time_t(now));
    std::string out;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] != '%' || i + 1 == pattern.size()) {
            out.push_back(pattern[i]);
            continue;
        }
        switch (pattern[++i]) {
            case '%':
                out.push_back('%');
                break;
            case 'Y':
                out += fmt::format("{:%Y}", local);
                break;
            case 'm':
                out += fmt::format("{:%m}", local);
                break;
            case 'd':
                out += fmt::format("{:%d}", local);
                break;
            case 'H':
                out += fmt::format("{:%H}", local);
                break;
            case 'M':
                out += fmt::format("{:%M}", local);
                break;
            case 'S':
                out += fmt::format("{:%S}", local);
                break;
            case 'y':
                out += fmt::format("{:%y}", local);
                break;
            case 'j':
                out += fmt::format("{:%j}", local);
                break;
            case 'F':
                out += fmt::format("{:%Y-%m-%d}", local);
                break;
            case 's':
                out += std::to_string(std::chrono::system_clock::to_time_t(now));
                break;
            default:
                out.push_back('%');
                out.push_back(pattern[i]);
        }
    }
    return out;
}

std::filesystem::path numbered(const std::filesystem::path& path, int number) {
    if (number == 0) return path;
    std::filesystem::path name = path.stem();
    name += fmt::format("-{}", number);
    name += path.extension();
    return path.parent_path() / name;
}

}  // namespace restream
