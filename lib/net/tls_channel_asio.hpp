// A Channel that is sealed by TLS.
#pragma once

#include <memory>
#include <string>

#include "net/channel_asio.hpp"

namespace restream {

/// **Throws**: Error{refused}: TLS cannot be started on this machine, or `ca_file` cannot be used.
std::unique_ptr<Channel> make_tls_channel(Channel::Socket socket, const std::string& host,
                                          const std::string& ca_file);

}  // namespace restream
