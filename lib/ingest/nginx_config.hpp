// nginx.conf for the ingest, made from share/nginx.conf.in.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "config/config.hpp"

namespace restream {

/// Fills the template. Every value is checked and quoted, so that none can end a directive or begin
/// one.
/// **Throws**: Error{config} for a value nginx cannot take (a control character, a host that is no
/// host, a network that is none); Error{refused} for a template with unknown or missing
/// placeholders.
std::string render_nginx_config(std::string_view template_text, const IngestConfig& config,
                                const std::filesystem::path& rtmp_module);

}  // namespace restream
