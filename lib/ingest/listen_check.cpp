#include "ingest/listen_check.hpp"

#include <fmt/format.h>

#include "ingest/address.hpp"
#include "system/tcp.hpp"

namespace restream {

namespace {

std::string words(const std::string& host, int port, std::error_code why) {
    if (why == std::errc::address_in_use) {
        return fmt::format(
            "port {} is taken {}; end that program, or change listen and url in the [ingest] "
            "section of restream.toml, or set server = \"external\" to use the server that is "
            "there",
            port, taken_by(host, port));
    }
    if (why == std::errc::permission_denied) {
        return "not allowed; ports below 1024 belong to the system: use 1935";
    }
    if (why == std::errc::address_not_available) {
        return "this machine does not have that address; use 127.0.0.1, 0.0.0.0 for all of its "
               "IPv4 addresses, or [::] for those of IPv6, too";
    }
    return why.message();
}

}  // namespace

std::string taken_by(const std::string& host, int port) {
    const auto holder = find_port_holder(host, port);
    // It may have gone meanwhile, or listen in a network of its own that shares this port.
    return "by " + (holder ? holder->describe() : "another program");
}

Error cannot_listen(const std::string& host, int port, std::error_code why) {
    return Error(
        ErrorKind::refused,
        fmt::format("listening at {}: {}", host_and_port(host, port), words(host, port, why)), why);
}

void require_free_port(const IngestConfig& config) {
    // The other loopback address, which the server can do without, is not asked for.
    const std::string host = listen_places(config.listen_host).first;
    const auto problem = listen_problem(host, config.listen_port);
    const bool is_known = problem == std::errc::address_in_use ||
                          problem == std::errc::permission_denied ||
                          problem == std::errc::address_not_available;
    // Anything else the server will say.
    if (is_known) throw cannot_listen(host, config.listen_port, problem);
}

}  // namespace restream
