// nginx and its RTMP module, as this system has them.
#pragma once

#include <filesystem>
#include <optional>

namespace restream {

struct NginxInstallation {
    std::filesystem::path program;
    std::filesystem::path rtmp_module;
};

/// `$RESTREAM_NGINX`, else from PATH, else where systems put it outside of a user's PATH.
std::optional<std::filesystem::path> find_nginx();
/// `$RESTREAM_NGINX_MODULE`, else ngx_rtmp_module.so from the folders systems keep modules in.
std::optional<std::filesystem::path> find_rtmp_module();

/// Both. **Throws**: Error{refused} that names the package which is missing.
NginxInstallation require_nginx();

}  // namespace restream
