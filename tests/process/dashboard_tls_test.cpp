// The dashboard over TLS: what it shows, what it refuses, and what it makes of those who do not
// speak it.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <openssl/pem.h>

#include <filesystem>
#include <list>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "engine/certificates.hpp"
#include "process/dashboard_scene.hpp"
#include "process/patience.hpp"
#include "process/tls_line.hpp"

namespace restream::test {

namespace fs = std::filesystem;
using nlohmann::json;
using namespace std::chrono_literals;

TEST_SUITE_BEGIN("dashboard_tls");

namespace {

constexpr auto owner_only = fs::perms::owner_read | fs::perms::owner_write;

/// A world whose restream.toml names a certificate and its key.
struct TlsWorld {
    World world{IngestServer::embedded};
    fs::path certificate = world.config() / "cert.pem";
    fs::path key = world.config() / "cert.key";

    explicit TlsWorld(const std::string& more = "") {
        write(good_identity().pem(), good_identity().key_pem());
        world.configure("[dashboard]\ncert = \"cert.pem\"\nkey = \"cert.key\"\n" + more);
    }
    void write_key(const std::string& text) const {
        write_file(key, text);
        fs::permissions(key, owner_only);
    }
    void write(const std::string& certificates, const std::string& key_text) const {
        write_file(certificate, certificates);
        write_key(key_text);
    }
};

Identity identity_of_localhost(long ends_in_s = 3600) {
    return Identity({.common_name = "localhost",
                     .alternative_names = "DNS:localhost",
                     .begins_in_s = -7200,
                     .ends_in_s = ends_in_s},
                    &test_authority());
}

std::string encrypted(const Identity& identity) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), &BIO_free);
    REQUIRE(PEM_write_bio_PKCS8PrivateKey(out.get(), &identity.key(), EVP_aes_256_cbc(), "secret",
                                          6, nullptr, nullptr) == 1);
    char* text = nullptr;
    const long size = BIO_get_mem_data(out.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

json findings(const World& world) {
    return json::parse(world.run({"doctor", "--json"}).output)["findings"];
}

json finding(const World& world, const std::string& code) {
    for (const json& each : findings(world)) {
        if (each["code"] == code) return each;
    }
    return nullptr;
}

}  // namespace

TEST_CASE("dashboard: with a certificate it speaks TLS, and nothing else") {
    const TlsWorld all("password = \"CANARY-sesame\"\n");
    const Dashboard dashboard(all.world, "0.0.0.0");
    const int port = dashboard.port();
    const std::string url = fmt::format("https://127.0.0.1:{}", port);
    CHECK(has(dashboard.run().output(), "dashboard: " + url + "\n"));
    CHECK_FALSE(has(dashboard.run().error(), "without TLS"));
    const HttpHeaders password = {{"Authorization", basic_authorization("CANARY-sesame")}};
    const auto page = https(port, "GET", "/", password);
    CHECK(page.status == 200);
    CHECK(page.headers.at("set-cookie").ends_with("; Secure"));
    CHECK_FALSE(page.headers.contains("strict-transport-security"));
    const auto refused = https(port, "GET", "/");
    CHECK(refused.brief() == "401 password");
    CHECK_FALSE(has(refused.body, "not encrypted"));
    CHECK(https(port, "GET", "/healthz").status == 200);
    for (const char* scheme : {"http", "https"}) {
        HttpHeaders headers = password;
        headers.emplace_back("Origin", fmt::format("{}://127.0.0.1:{}", scheme, port));
        CHECK(https(port, "GET", "/api/v1/status", headers).status ==
              (std::string_view(scheme) == "https" ? 200 : 403));
    }
    // Whatever commands say of it is where it is.
    const auto link = json::parse(all.world.must({"dashboard", "--link", "--json"}).output);
    CHECK(link["url"].get<std::string>().starts_with(url + "/login?code="));
    CHECK(has(all.world.must({"dashboard", "--background"}).output, url));
    const json runs = finding(all.world, "dashboard_runs");
    CHECK_MESSAGE(runs["values"]["url"] == url, runs.dump());
    CHECK(finding(all.world, "dashboard_unencrypted").is_null());
    CHECK_FALSE(finding(all.world, "dashboard_certificate_ends").is_null());  // within the hour
    // Who asks without it is told, and sees nothing.
    const auto told = http(port, "GET", "/", password);
    CHECK(told.brief() == "400 tls_missing");
    CHECK(has(told.body, "https://"));
    CHECK_FALSE(has(told.body, dashboard.token()));
}

TEST_CASE("dashboard: TLS 1.2 and 1.3 are spoken, and nothing older") {
    const TlsWorld all;
    const Dashboard dashboard(all.world);
    CHECK(TlsLine(dashboard.port()).version() == TLS1_3_VERSION);
    const TlsLine older(dashboard.port(), TLS1_2_VERSION);
    CHECK(older.is_accepted());
    CHECK(older.version() == TLS1_2_VERSION);
    CHECK_FALSE(TlsLine(dashboard.port(), TLS1_1_VERSION).is_accepted());
    CHECK_FALSE(TlsLine(dashboard.port(), TLS1_VERSION).is_accepted());
}

TEST_CASE("dashboard: over TLS, too, one connection carries many requests, long ones and events") {
    const TlsWorld all;
    const Dashboard dashboard(all.world);
    TlsLine line(dashboard.port());
    REQUIRE(line.is_accepted());
    const std::string ask = "GET /healthz HTTP/1.1\r\n" + dashboard.host_line() + "\r\n";
    for (int i = 0; i < 20; ++i) line.send(ask);
    const auto answers = [](const std::string& text) {
        int count = 0;
        for (auto at = text.find("\r\n\r\nok"); at != std::string::npos;
             at = text.find("\r\n\r\nok", at + 1)) {
            ++count;
        }
        return count;
    };
    line.send("GET / HTTP/1.1\r\n" + dashboard.host_line() + "Connection: close\r\n\r\n");
    const std::string text = line.read_until("");
    CHECK(answers(text) == 20);
    CHECK(has(text, "</html>"));
    CHECK(line.has_goodbye());
    TlsLine reader(dashboard.port());
    reader.send("GET /api/v1/events HTTP/1.1\r\n" + dashboard.host_line() + "\r\n");
    CHECK(has(reader.read_until("event: status\ndata: {"), "event: status\ndata: {"));
    const std::string body(60'000, 'x');
    CHECK(https(dashboard.port(), "PUT", "/api/v1/destinations/x",
                {{"X-Restream-Token", dashboard.token()}}, body)
              .brief() == "400 invalid");
    const std::string long_body(500'000, 'x');
    TlsLine rude(dashboard.port());
    try {
        rude.send("PUT /api/v1/destinations/x HTTP/1.1\r\n" + dashboard.host_line() +
                  "Content-Length: 500000\r\n\r\n" + long_body);
    } catch (const std::exception&) {
        // It may be cut off before it has said all.
    }
    CHECK(has(rude.read_until("too_large"), "HTTP/1.1 413 "));
}

TEST_CASE("dashboard: who sends no TLS is told so or cut off, and who is silent goes in time") {
    const TlsWorld all;
    const Dashboard dashboard(all.world);
    struct Row {
        std::string_view sent;
        std::string_view told;  ///< empty: cut off, maybe with an alert of TLS
    };
    constexpr std::string_view zeros("\x16\x03\x01\x00\x05\x00\x00\x00\x00\x00", 10);
    constexpr std::string_view huge("\x16\x03\x01\xff\xff\x01\x00\xff\xff\x03\x03", 11);
    constexpr std::string_view alert("\x15\x03\x01\x00\x02\x02\x28", 7);
    const Row rows[] = {
        {"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "},
        {"SSH-2.0-x\r\n", "HTTP/1.1 400 "},
        {"\r\n\r\n", "HTTP/1.1 400 "},
        {alert, "HTTP/1.1 400 "},
        {"\x80\x2e\x01\x03\x01", "HTTP/1.1 400 "},  // SSL 2
        {"\x16GET / HTTP/1.1\r\n\r\n", ""},
        {"\x16\x16\x16\x16\x16\x16\x16\x16\x16\x16", ""},
        {zeros, ""},
        {huge, ""},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.sent));
        HttpLine rude(dashboard.port());
        rude.send(row.sent);
        if (row.told.empty()) {
            CHECK(rude.wait_closed(20s));
        } else {
            const std::string answer = rude.read_until("tls_missing", 20s);
            CHECK_MESSAGE(answer.starts_with(row.told), answer);
        }
    }
    // Silent ones, and such as stop in the middle of their first message, or after the handshake.
    std::list<HttpLine> silent;
    for (int i = 0; i < 200; ++i)
        silent.emplace_back(dashboard.port()).send(i % 2 == 0 ? "" : "\x16\x03");
    TlsLine idle(dashboard.port());
    REQUIRE(idle.is_accepted());
    CHECK(https(dashboard.port(), "GET", "/healthz").status == 200);
    for (auto& each : silent) CHECK(each.wait_closed(20s));
    idle.read_until("", 20s);
    CHECK(wait_until(Patience(20s), [&] { return dashboard.count_sockets() == 1; }));
    CHECK(https(dashboard.port(), "GET", "/healthz").status == 200);
}

TEST_CASE("dashboard: a renewed certificate is shown without a restart, a broken one is not") {
    const TlsWorld all;
    const Dashboard dashboard(all.world);
    const long first = TlsLine(dashboard.port()).serial();
    REQUIRE(first != 0);
    const auto shown = [&] {
        const TlsLine line(dashboard.port());
        CHECK(line.is_accepted());
        return line.serial();
    };
    const Identity next = identity_of_localhost();
    // One after the other, as programs write them: meanwhile they do not fit.
    write_file(all.certificate, next.pem());
    CHECK(wait_until(Patience(20s), [&] {
        CHECK(shown() == first);
        return has(dashboard.run().error(), "is not the key of");
    }));
    all.write_key(next.key_pem());
    CHECK(wait_until(Patience(20s), [&] { return shown() != first; }));
    const long second = shown();
    write_file(all.certificate, "no certificate\n");
    CHECK(wait_until(Patience(20s), [&] {
        CHECK(shown() == second);
        return has(dashboard.run().error(), "holds no certificate");
    }));
    CHECK(finding(all.world, "dashboard_certificate_unusable")["severity"] == "warning");
    // Of each problem once.
    const std::string error = dashboard.run().error();
    CHECK(error.find("holds no certificate") == error.rfind("holds no certificate"));
    write_file(all.certificate, next.pem());
    fs::remove(all.certificate);
    CHECK(shown() == second);
}

TEST_CASE("dashboard: a certificate or a key that cannot be used is told with what helps") {
    const TlsWorld all;
    const Identity other = identity_of_localhost();
    const Identity expired = identity_of_localhost(-3600);
    const auto fails = [&](const std::string& says) {
        CAPTURE(says);
        const Outcome own = all.world.run({"dashboard"});
        CHECK_MESSAGE(own.status == 3, own.describe());
        CHECK_MESSAGE(has(own.error, says), own.error);
        CHECK_FALSE(has(own.error, "PRIVATE"));
        const Outcome started = all.world.run({"dashboard", "--background"});
        CHECK_MESSAGE(started.status == 5, started.describe());
        CHECK_MESSAGE(has(started.error, says), started.error);
        const json found = finding(all.world, "dashboard_certificate_unusable");
        CHECK_MESSAGE(has(found.value("message", ""), says), found.dump());
    };
    const std::string pem = good_identity().pem();
    const std::string key = good_identity().key_pem();
    all.write("", key);
    fails("holds no certificate");
    all.write(key, key);
    fails("holds no certificate");
    all.write(pem.substr(0, pem.size() / 2), key);
    fails("holds no certificate");
    all.write(pem + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", key);
    fails("or a broken one");
    all.write(expired.pem(), expired.key_pem());
    fails("expired on ");
    all.write(pem, pem);
    fails("holds no private key");
    all.write(pem, other.key_pem());
    fails("is not the key of the certificate");
    all.write(pem, encrypted(good_identity()));
    fails("encrypted with a passphrase");
    all.write(pem, key);
    fs::permissions(all.key, owner_only | fs::perms::others_read);
    fails("chmod o-rwx");
    fs::remove(all.key);
    fails("No such file or directory");
    all.write(pem, key);
    fs::remove(all.certificate);
    fails("No such file or directory");
    fs::create_directory(all.certificate);
    fails("cert.pem cannot be read");
    all.world.configure("[dashboard]\ncert = \"cert.pem\"\n");
    const Outcome half = all.world.run({"dashboard"});
    CHECK(half.status == 3);
    CHECK_MESSAGE(has(half.error, "restream.toml:"), half.error);
    CHECK_MESSAGE(has(half.error, "add key"), half.error);
}

TEST_CASE("dashboard: where other machines reach it without TLS, that is said") {
    const World world(IngestServer::embedded);
    world.configure("[dashboard]\npassword = \"CANARY-sesame\"\n");
    const Dashboard dashboard(world, "0.0.0.0");
    CHECK_MESSAGE(has(dashboard.run().error(), "without TLS"), dashboard.run().error());
    CHECK(finding(world, "dashboard_unencrypted")["severity"] == "warning");
    CHECK(finding(world, "dashboard_unencrypted")["values"]["host"] == "0.0.0.0");
    const World closed(IngestServer::embedded);
    const Dashboard own(closed);
    CHECK_FALSE(has(own.run().error(), "TLS"));
    CHECK(finding(closed, "dashboard_unencrypted").is_null());
}

TEST_CASE("dashboard: its address has the name that the certificate is for") {
    const TlsWorld all("hosts = [\"elsewhere.example\", \"localhost\"]\n");
    const Identity named = identity_of_localhost();
    all.write(named.pem(), named.key_pem());
    const Dashboard dashboard(all.world);
    CHECK(has(dashboard.run().output(), fmt::format("https://localhost:{}\n", dashboard.port())));
    CHECK(https(dashboard.port(), "GET", "/",
                {{"Host", fmt::format("localhost:{}", dashboard.port())}})
              .status == 200);
}

TEST_SUITE_END();

}  // namespace restream::test
