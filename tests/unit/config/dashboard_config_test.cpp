// [dashboard] in restream.toml: what is right is read, what is wrong is refused with its place.
#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "config/config.hpp"
#include "temporary_folder.hpp"

namespace restream::tests {

TEST_SUITE_BEGIN("dashboard");

namespace {

DashboardConfig read(std::string_view fields) {
    const TemporaryFolder folder;
    folder.write("restream.toml", "[dashboard]\n" + std::string(fields) + "\n");
    return load_config(folder.path()).dashboard;
}

/// Without the file's path before it.
std::string refusal_of(std::string_view text) {
    const TemporaryFolder folder;
    folder.write("restream.toml", text);
    try {
        load_config(folder.path());
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::config);
        const std::string message = error.what();
        const std::string path = (folder.path() / "restream.toml").string();
        CHECK_MESSAGE(message.starts_with(path + ":"), message);
        return message.substr(std::min(path.size(), message.size()));
    }
    return "";
}

}  // namespace

TEST_CASE(
    "dashboard config: without a word it is closed to all but this machine, and not started") {
    const DashboardConfig config = read("");
    CHECK_FALSE(config.enabled);
    CHECK(config.listen_host == "127.0.0.1");
    CHECK(config.listen_port == 5000);
    CHECK_FALSE(config.has_password());
    CHECK(config.hosts.empty());
}

TEST_CASE("dashboard config: where it listens") {
    struct Row {
        const char* fields;
        const char* host;
        int port;
    };
    const Row rows[] = {
        {R"(listen = "127.0.0.1:1")", "127.0.0.1", 1},
        {R"(listen = "127.0.0.2:65535")", "127.0.0.2", 65535},
        {R"(listen = "localhost:5000")", "localhost", 5000},
        {R"(listen = "[::1]:5000")", "::1", 5000},
        {"listen = \"0.0.0.0:5000\"\npassword = \"p\"", "0.0.0.0", 5000},
        {"listen = \"[::]:5000\"\npassword = \"p\"", "::", 5000},
        {"listen = \"192.168.1.5:80\"\npassword = { env = \"P\" }", "192.168.1.5", 80},
    };
    for (const Row& row : rows) {
        CAPTURE(row.fields);
        const DashboardConfig config = read(row.fields);
        CHECK(config.listen_host == row.host);
        CHECK(config.listen_port == row.port);
    }
}

TEST_CASE("dashboard config: enabled, its names, and a password in each way") {
    CHECK(read("enabled = true").enabled);
    CHECK(read(R"(hosts = ["studio.local", "obs-pc", "192.168.1.5"])").hosts ==
          std::vector<std::string>{"studio.local", "obs-pc", "192.168.1.5"});
    CHECK(std::get<KeyText>(read(R"(password = "p")").password).text == Secret("p"));
    CHECK(std::get<KeyEnv>(read(R"(password = { env = "P_1" })").password).variable == "P_1");
    CHECK(std::get<KeyCommand>(read(R"(password = { command = "pass p" })").password).command ==
          "pass p");
    CHECK(std::get<KeyFile>(read(R"(password = { file = "/p" })").password).path == "/p");
}

TEST_CASE("dashboard config: a certificate and its key, beside the file or elsewhere") {
    const DashboardConfig config = read("cert = \"tls/c.pem\"\nkey = \"/k.pem\"");
    CHECK(config.has_tls());
    CHECK(config.certificate.is_absolute());
    CHECK(config.certificate.string().ends_with("/tls/c.pem"));
    CHECK(config.key == "/k.pem");
    CHECK_FALSE(read("").has_tls());
}

namespace {

struct Wrong {
    const char* fields;
    const char* says;
};
constexpr Wrong wrong_fields[] = {
    {R"(enabled = "yes")", "enabled"},
    {"enabled = 1", "enabled"},
    {"listen = 5000", "listen"},
    {R"(listen = "")", "listen"},
    {R"(listen = "5000")", "listen"},
    {R"(listen = ":5000")", "listen"},
    {R"(listen = "127.0.0.1")", "listen"},
    {R"(listen = "127.0.0.1:")", "listen"},
    {R"(listen = "127.0.0.1:0")", "listen"},
    {R"(listen = "127.0.0.1:65536")", "listen"},
    {R"(listen = "127.0.0.1:-1")", "listen"},
    {R"(listen = "127.0.0.1:5000x")", "listen"},
    {R"(listen = "127.0.0.1:99999999999999999999")", "listen"},
    {R"(listen = "http://127.0.0.1:5000")", "listen"},
    {R"(listen = "127.0.0.1:5000/")", "listen"},
    {R"(listen = "user@127.0.0.1:5000")", "listen"},
    {R"(listen = "::1:5000")", "listen"},
    {R"(listen = "[::1]")", "listen"},
    {R"(listen = "[::1:5000")", "listen"},
    {R"(listen = ["127.0.0.1:5000"])", "listen"},
    {R"(listen = "0.0.0.0:5000")", "add password"},
    {R"(listen = "[::]:5000")", "add password"},
    {R"(listen = "192.168.1.5:5000")", "add password"},
    {R"(listen = "10.127.0.1:5000")", "add password"},
    {R"(listen = "nowhere:5000")", "listen"},
    {R"(password = "")", "password"},
    {"password = 7", "password"},
    {"password = true", "password"},
    {R"(password = ["CANARY"])", "password"},
    {R"(password = "CANARY\u0000")", "password"},
    {R"(password = "CANARY CANARY")", "password"},
    {"password = {}", "password"},
    {R"(password = { text = "CANARY" })", "text"},
    {R"(password = { env = "A", file = "CANARY" })", "password"},
    {R"(password = { env = "1CANARY" })", "env"},
    {R"(password = { env = "" })", "env"},
    {R"(password = { file = "" })", "file"},
    {R"(password = { file = "~/CANARY" })", "file"},
    {R"(password = { command = " " })", "command"},
    {R"(password = { command = 1 })", "command"},
    {R"(hosts = "studio.local")", "hosts"},
    {"hosts = [1]", "hosts"},
    {R"(hosts = [""])", "hosts"},
    {R"(hosts = ["Studio.local"])", "hosts"},
    {R"(hosts = ["studio.local:5000"])", "hosts"},
    {R"(hosts = ["http://studio.local"])", "hosts"},
    {R"(hosts = ["studio.local/"])", "hosts"},
    {R"(hosts = ["*"])", "hosts"},
    {R"(hosts = ["*.local"])", "hosts"},
    {R"(hosts = [".local"])", "hosts"},
    {R"(hosts = ["-studio"])", "hosts"},
    {R"(hosts = ["stu dio"])", "hosts"},
    {R"(hosts = ["studio\n"])", "hosts"},
    {R"(hosts = ["st\u00fcdio"])", "hosts"},
    {R"(cert = "c.pem")", "add key"},
    {R"(key = "k.pem")", "add cert"},
    {"cert = \"\"\nkey = \"k.pem\"", "cert"},
    {"cert = \"~/c.pem\"\nkey = \"k.pem\"", "~"},
    {"cert = 1\nkey = \"k.pem\"", "cert"},
    {"cert = true\nkey = \"k.pem\"", "cert"},
    {"cert = { file = \"c.pem\" }\nkey = \"k.pem\"", "cert"},
    {R"(certificate = "c.pem")", "certificate"},
    {R"(port = 5000)", "port"},
    {R"(Listen = "127.0.0.1:5000")", "Listen"},
    {R"(token = "CANARY")", "token"},
};

}  // namespace

TEST_CASE("dashboard config: what is wrong is told where it stands, without the password") {
    for (const Wrong& row : wrong_fields) {
        CAPTURE(row.fields);
        const std::string message = refusal_of("[dashboard]\n" + std::string(row.fields) + "\n");
        CAPTURE(message);
        CHECK(message.starts_with(":2:"));
        CHECK(message.find(row.says) != std::string::npos);
        CHECK(message.find("CANARY") == std::string::npos);
    }
    const std::string long_name(254, 'a');
    CHECK(refusal_of("[dashboard]\nhosts = [\"" + long_name + "\"]\n") != "");
}

TEST_CASE("dashboard config: it is one table") {
    for (const char* text :
         {"dashboard = 1\n", "dashboard = \"127.0.0.1:5000\"\n", "dashboard = []\n",
          "[[dashboard]]\nenabled = true\n", "[dashboard]\n[dashboard]\n",
          "[dashbord]\nenabled = true\n", "[dashboard.more]\n",
          "[dashboard]\nenabled = true\nenabled = true\n"}) {
        CAPTURE(text);
        CHECK(refusal_of(text) != "");
    }
}

TEST_SUITE_END();

}  // namespace restream::tests
