// nginx.conf for the ingest, made from share/nginx.conf.in.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "config/config.hpp"

namespace restream {

/// Whether this machine lets nginx have both families' addresses, where [ingest] listen means both.
enum class BothFamilies { can_be_had, cannot };

/// Fills the template. Without both families, loopback is the address that was written, and "::" is
/// every IPv4 address: nginx would not start at all where one of its addresses cannot be had. Every
/// value is checked and quoted, so that none can end a directive or begin one.
/// **Throws**: Error{config} for a value nginx cannot take (a control character, a host that is no
/// host, a network that is none); Error{refused} for a template with unknown or missing
/// placeholders.
std::string render_nginx_config(std::string_view template_text, const IngestConfig& config,
                                const std::filesystem::path& rtmp_module,
                                BothFamilies families = BothFamilies::can_be_had);

}  // namespace restream
