#include "ingest/nginx_installation.hpp"

#include "base/error.hpp"
#include "system/paths.hpp"
#include "system/process.hpp"

namespace restream {

namespace fs = std::filesystem;

namespace {

std::optional<fs::path> first_file(std::initializer_list<const char*> candidates) {
    for (const fs::path each : candidates) {
        std::error_code error;
        if (fs::is_regular_file(each, error)) return each;
    }
    return std::nullopt;
}

/// A path that the user gave. One that is not there is not replaced by another.
std::optional<fs::path> given_file(const std::string& path) {
    std::error_code error;
    if (!fs::is_regular_file(path, error)) return std::nullopt;
    return fs::absolute(path, error);
}

}  // namespace

std::optional<fs::path> find_nginx() {
    if (const auto given = environment("RESTREAM_NGINX")) return given_file(*given);
    if (auto found = find_in_path("nginx")) return found;
    return first_file({"/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/local/nginx/sbin/nginx"});
}

std::optional<fs::path> find_rtmp_module() {
    if (const auto given = environment("RESTREAM_NGINX_MODULE")) return given_file(*given);
    return first_file({"/usr/lib/nginx/modules/ngx_rtmp_module.so",
                       "/usr/lib64/nginx/modules/ngx_rtmp_module.so",
                       "/usr/share/nginx/modules/ngx_rtmp_module.so",
                       "/usr/local/lib/nginx/modules/ngx_rtmp_module.so",
                       "/usr/local/nginx/modules/ngx_rtmp_module.so"});
}

NginxInstallation require_nginx() {
    const auto program = find_nginx();
    if (!program) {
        throw Error(
            ErrorKind::refused,
            "nginx was not found; install the packages nginx-light and libnginx-mod-rtmp, or "
            "set RESTREAM_NGINX to its path");
    }
    const auto module = find_rtmp_module();
    if (!module) {
        throw Error(ErrorKind::refused,
                    "nginx's RTMP module (ngx_rtmp_module.so) was not found; install the package "
                    "libnginx-mod-rtmp, or set RESTREAM_NGINX_MODULE to its path");
    }
    return {*program, *module};
}

}  // namespace restream
