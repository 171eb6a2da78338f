// The ingest's nginx.conf: what is in it, and what cannot get in.
#include "ingest/nginx_config.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

#include "base/error.hpp"
#include "ingest/address.hpp"

using namespace restream;

namespace {

constexpr auto all_placeholders = "m @MODULE@; @LISTEN@ a @APP@; p @ALLOW_PUBLISH@ y @ALLOW_PLAY@";

std::string rendered(const IngestConfig& config) {
    return render_nginx_config(all_placeholders, config, "/m.so");
}

bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("nginx config: the defaults listen on loopback and let loopback publish and play") {
    const std::string text = rendered({});
    CHECK(text ==
          "m \"/m.so\"; listen 127.0.0.1:1935;\n        listen [::1]:1935; a \"live\"; "
          "p allow publish 127.0.0.0/8;\n            allow publish ::1; "
          "y allow play 127.0.0.0/8;\n            allow play ::1;");
}

TEST_CASE("nginx config: publishers from the network are let in after loopback") {
    IngestConfig config;
    config.listen_host = "0.0.0.0";
    config.allow_publish = {"192.168.1.7", "10.0.0.0/8", "fe80::/10"};
    const std::string text = rendered(config);
    CHECK(holds(text, "; listen 0.0.0.0:1935; a"));
    for (const char* each : {"192.168.1.7", "10.0.0.0/8", "fe80::/10"}) {
        CHECK(holds(text, std::string("allow publish ") + each + ";"));
        CHECK_FALSE(holds(text, std::string("allow play ") + each));
    }
}

TEST_CASE("nginx config: relays that play by this machine's outer address are let in") {
    IngestConfig config;
    config.url = "rtmp://192.168.1.5:1935/live";
    CHECK(holds(rendered(config), "allow play 192.168.1.5;"));
    config.url = "rtmp://studio.local:1935/live";
    CHECK_FALSE(holds(rendered(config), "studio"));
}

TEST_CASE("nginx config: players from the network are let in where they are allowed") {
    IngestConfig config;
    config.allow_play = {"192.168.1.0/24"};
    const std::string text = rendered(config);
    CHECK(holds(text, "allow play 192.168.1.0/24;"));
    CHECK_FALSE(holds(text, "allow publish 192"));
}

TEST_CASE("nginx config: an IPv6 address stands in brackets") {
    IngestConfig config;
    config.listen_host = "fd00::7";
    CHECK(holds(rendered(config), "; listen [fd00::7]:1935; a"));
    config.listen_host = "::";
    CHECK(holds(rendered(config), "; listen [::]:1935 ipv6only=off; a"));
}

TEST_CASE("nginx config: loopback is both of its addresses, where the machine has them") {
    IngestConfig config;
    const auto without = [&config] {
        return render_nginx_config(all_placeholders, config, "/m.so", BothFamilies::cannot);
    };
    for (const auto& [host, both, alone] :
         {std::array{"127.0.0.1", "listen 127.0.0.1:1935;\n        listen [::1]:1935;",
                     "listen 127.0.0.1:1935;"},
          std::array{"::1", "listen [::1]:1935;\n        listen 127.0.0.1:1935;",
                     "listen [::1]:1935;"},
          std::array{"localhost", "listen 127.0.0.1:1935;\n        listen [::1]:1935;",
                     "listen 127.0.0.1:1935;"},
          std::array{"::", "listen [::]:1935 ipv6only=off;", "listen 0.0.0.0:1935;"},
          std::array{"127.0.0.2", "listen 127.0.0.2:1935;", "listen 127.0.0.2:1935;"}}) {
        CAPTURE(host);
        config.listen_host = host;
        CHECK(holds(rendered(config), std::string("; ") + both + " a"));
        CHECK(holds(without(), std::string("; ") + alone + " a"));
    }
}

TEST_CASE("nginx config: the application is the first part of the URL's path") {
    IngestConfig config;
    for (const char* url :
         {"rtmp://127.0.0.1/show", "rtmp://127.0.0.1:1935/show/key", "rtmp://127.0.0.1/show?x=1"}) {
        config.url = url;
        CHECK(holds(rendered(config), "a \"show\";"));
    }
}

TEST_CASE("nginx config: quotes and backslashes in a path do not end it") {
    const auto text = render_nginx_config(all_placeholders, {}, "/a b/\"; evil;\\/x.so");
    CHECK(holds(text, "m \"/a b/\\\"; evil;\\\\/x.so\";"));
}

TEST_CASE("nginx config: a value that nginx cannot take is refused") {
    const auto refuses = [](auto change) {
        IngestConfig config;
        change(config);
        CHECK_THROWS_AS(rendered(config), Error);
    };
    for (const char* host :
         {"", " ", "a b", "127.0.0.1;", "x{", "a\nb", "\"", "$host", "..", "[::1]"}) {
        CAPTURE(host);
        refuses([&](IngestConfig& config) { config.listen_host = host; });
    }
    for (const int port : {0, -1, 65536}) {
        refuses([&](IngestConfig& config) { config.listen_port = port; });
    }
    for (const char* entry : {"", "all", "127.0.0.1; deny", "10.0.0.0/33", "::1/129", "host",
                              "1.2.3", "1.2.3.4/", "1.2.3.4/x", "1.2.3.4\n", "{}", "#"}) {
        CAPTURE(entry);
        refuses([&](IngestConfig& config) { config.allow_publish = {entry}; });
        refuses([&](IngestConfig& config) { config.allow_play = {entry}; });
    }
    for (const char* url :
         {"", "rtmp://127.0.0.1", "rtmp://127.0.0.1/", "rtmp://127.0.0.1//",
          "rtmp://127.0.0.1//show", "no url", "rtmp://127.0.0.1/a\nb", "rtmp://127.0.0.1/a b"}) {
        CAPTURE(url);
        refuses([&](IngestConfig& config) { config.url = url; });
    }
    CHECK_THROWS_AS(render_nginx_config(all_placeholders, {}, "/a\nb"), Error);
}

TEST_CASE("nginx config: a template that is broken is refused") {
    for (const char* text : {"", "@", "@APP@", "@MODULE@@LISTEN@@APP@@ALLOW_PUBLISH@",
                             "@MODULE@@LISTEN@@APP@@ALLOW_PUBLISH@@ALLOW_PLAY@@NEW@",
                             "@MODULE@@LISTEN@@APP@@ALLOW_PUBLISH@@ALLOW_PLAY@ @",
                             "@module@@LISTEN@@APP@@ALLOW_PUBLISH@@ALLOW_PLAY@"}) {
        CAPTURE(text);
        CHECK_THROWS_AS(render_nginx_config(text, {}, "/m.so"), Error);
    }
}

TEST_CASE("ingest address: the playpath is everything behind the app") {
    IngestConfig config;
    config.url = "rtmp://[::1]:1936/live/a/b?token=1";
    const RtmpEndpoint address = ingest_endpoint(config);
    CHECK(address.host == "::1");
    CHECK(address.port == 1936);
    CHECK(address.app == "live");
    CHECK(address.playpath == Secret("a/b"));
    CHECK(publish_url(config) == "rtmp://[::1]:1936/live");
    config.url = "rtmps://media.example/live";
    CHECK(ingest_endpoint(config).port == 443);
    CHECK(ingest_endpoint(config).playpath.is_empty());
}
