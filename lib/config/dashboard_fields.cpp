#include "config/dashboard_fields.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "config/key_fields.hpp"
#include "config/url.hpp"
#include "config/wording.hpp"

namespace restream {

namespace {

bool is_host_name(std::string_view name) {
    const auto is_letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    };
    return !name.empty() && name.size() <= 253 && std::ranges::all_of(name, is_letter) &&
           name.front() != '.' && name.front() != '-';
}

void read_hosts(const Fields& fields, DashboardConfig& dashboard) {
    for (const auto& name : fields.texts("hosts")) {
        if (!is_host_name(name)) {
            fields.fail("hosts",
                        fmt::format("holds {}; write names in small letters, without port, "
                                    "such as \"studio.local\"",
                                    in_quotes(name)));
        }
        dashboard.hosts.push_back(name);
    }
}

void read_tls(const Fields& fields, DashboardConfig& dashboard) {
    const auto certificate = fields.text("cert");
    const auto key = fields.text("key");
    if (certificate && !key) {
        fields.fail("cert", "needs the certificate's private key beside it; add key = \"PATH\"");
    }
    if (key && !certificate) {
        fields.fail("key", "needs its certificate beside it; add cert = \"PATH\"");
    }
    if (!certificate) return;
    dashboard.certificate = read_path(fields, "cert", *certificate);
    dashboard.key = read_path(fields, "key", *key);
}

}  // namespace

DashboardConfig read_dashboard(const Fields& fields) {
    fields.allow_only({"enabled", "listen", "password", "hosts", "cert", "key"});
    DashboardConfig dashboard;
    dashboard.enabled = fields.flag("enabled").value_or(false);
    if (const auto text = fields.text("listen")) {
        const auto listen = parse_host_and_port(*text);
        if (!listen || !is_listen_address(listen->host)) {
            fields.fail("listen", fmt::format("is {}; write \"ADDRESS:PORT\", such as "
                                              "\"127.0.0.1:5000\" (0.0.0.0 is every address)",
                                              in_quotes(*text)));
        }
        dashboard.listen_host = listen->host;
        dashboard.listen_port = listen->port;
    }
    dashboard.password = read_key(fields, "password");
    read_hosts(fields, dashboard);
    read_tls(fields, dashboard);
    if (!is_loopback(dashboard.listen_host) && !dashboard.has_password()) {
        fields.fail("listen",
                    fmt::format("opens the dashboard to {}, where anybody could switch your "
                                "destinations; add password = {{ file = \"dashboard.password\" }}",
                                in_quotes(dashboard.listen_host)));
    }
    return dashboard;
}

}  // namespace restream
