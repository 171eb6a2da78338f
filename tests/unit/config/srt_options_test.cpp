// SRT destinations: every passphrase can be given, a time has its unit, and no secret shows.
#include "config/srt_options.hpp"

#include <doctest/doctest.h>

#include <string>

#include "base/error.hpp"
#include "config/config.hpp"
#include "config/editor.hpp"
#include "config/key.hpp"
#include "temporary_folder.hpp"

using namespace restream;
using namespace std::chrono_literals;
using restream::tests::TemporaryFolder;

namespace {

SrtOptions must_read(std::string_view query) {
    auto read = read_srt_query(query);
    if (const auto* problem = std::get_if<SrtProblem>(&read)) FAIL(problem->message);
    return std::get<SrtOptions>(std::move(read));
}

Config load(const TemporaryFolder& folder, const std::string& fields) {
    folder.write("destinations.d/a.toml", fields);
    return load_config(folder.path());
}

/// What loading says; empty where it loads.
std::string refusal(const std::string& fields) {
    const TemporaryFolder folder;
    try {
        load(folder, fields);
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::config);
        return error.what();
    }
    return "";
}

std::string resolved(const std::variant<Secret, KeyProblem>& found) {
    if (const auto* problem = std::get_if<KeyProblem>(&found))
        return "problem: " + problem->message;
    return std::get<Secret>(found).reveal();
}

const std::string every_sign = "a+b&c%d e#f=g?h/\"";

}  // namespace

TEST_CASE("srt options: a query is decoded, and each character can be given") {
    const SrtOptions read = must_read(
        "passphrase=a+b%26c%25d%20e%23f=g?h/%22&streamid=#!::r=live,m=publish&latency=200ms&"
        "rcvlatency=1s&pbkeylen=32&maxbw=-1");
    CHECK(read.passphrase.reveal() == every_sign);
    CHECK(read.stream_id.reveal() == "#!::r=live,m=publish");
    CHECK(read.latency == 200ms);
    REQUIRE(read.more.size() == 3);
    CHECK(read.more[0] == std::pair<std::string, std::string>("rcvlatency", "1000000"));
    CHECK(read.more[1] == std::pair<std::string, std::string>("pbkeylen", "32"));
    CHECK(must_read("passphrase=0123%2B%2b6789").passphrase.reveal() == "0123++6789");
    CHECK(must_read("srt_streamid=x").stream_id.reveal() == "x");
    CHECK(must_read("passphrase=").passphrase.is_empty());
    CHECK(must_read("").more.empty());
    CHECK(must_read("&&").more.empty());
}

TEST_CASE("srt options: no problem shows a part of a secret") {
    for (const char* query : {"passphrase=CANARY", "passphrase=CANARY-CANARY&CANARY=CANARY",
                              "passphrase=CANARY-CANARY&CANARY", "passphrase=CANARY%XCANARY",
                              "CANARY=1", "streamid=CANARY%00", "passphrase=CANARY-CANARY%0a"}) {
        CAPTURE(std::string(query));
        const auto read = read_srt_query(query);
        REQUIRE(std::holds_alternative<SrtProblem>(read));
        CHECK(std::get<SrtProblem>(read).message.find("CANARY") == std::string::npos);
    }
}

TEST_CASE(
    "srt options: the fields take what the URL takes, from a string, file, variable, command") {
    const TemporaryFolder folder;
    folder.write("destinations.d/phrase", every_sign + "\n");
    const auto deadline = Deadline::after(10s);
    for (const std::string& given : {"'" + every_sign + "'", std::string("{ file = \"phrase\" }"),
                                     std::string("{ command = \"cat phrase\" }")}) {
        CAPTURE(given);
        const Config config = load(folder, "url = \"srt://h:9000\"\npassphrase = " + given +
                                               "\nstreamid = " + given + "\nlatency = \"250ms\"\n");
        const Destination& a = config.at("a");
        CHECK(resolved(resolve_passphrase(a, deadline)) == every_sign);
        CHECK(resolved(resolve_stream_id(a, deadline)) == every_sign);
        CHECK(a.latency == 250ms);
        CHECK_FALSE(foresee_srt_problem(a));
        CHECK(a.display_url() == "srt://h:9000");
    }
    const Config config = load(folder,
                               "url = \"srt://h:9000\"\npassphrase = { env = \"SRT_NOT_SET_1\" }\n"
                               "streamid = { env = \"SRT_NOT_SET_2\" }\n");
    CHECK(key_variables(config) == std::vector<std::string>{"SRT_NOT_SET_1", "SRT_NOT_SET_2"});
    CHECK(key_variables_but_those_of(config, config.at("a")).empty());
    const auto problem = foresee_srt_problem(config.at("a"));
    REQUIRE(problem);
    CHECK(problem->message.find("the SRT passphrase") != std::string::npos);
    CHECK(problem->message.find("stream key") == std::string::npos);
}

TEST_CASE("srt options: what cannot be is refused with what would be right") {
    const std::string srt = "url = \"srt://h:9000\"\n";
    struct Row {
        std::string fields;
        const char* words;
    };
    const Row rows[] = {
        {srt + "passphrase = \"CANARY\"\n", "10 to 79"},
        {srt + "passphrase = 5\n", "a string or a table"},
        {srt + "streamid = \"\"\n", "is empty"},
        {srt + "latency = 200\n", "a duration in quotes"},
        {srt + "latency = \"2m\"\n", "to 1m"},
        {srt + "latency = \"200\"\n", "no duration"},
        {srt + "key = \"CANARY\"\nstreamid = \"CANARY\"\n", "remove one"},
        {"url = \"srt://h:9000?passphrase=CANARYCANARY\"\npassphrase = \"CANARYCANARY\"\n",
         "stands in the URL, too"},
        {"url = \"srt://h:9000?streamid=CANARY\"\nstreamid = \"CANARY\"\n",
         "stands in the URL, too"},
        {"url = \"srt://h:9000?latency=1s\"\nlatency = \"1s\"\n", "stands in the URL, too"},
        {"url = \"rtmp://h/app\"\npassphrase = \"CANARYCANARY\"\n", "only an srt:// URL"},
        {"url = \"file:/a.mkv\"\nlatency = \"1s\"\n", "only an srt:// URL"},
        {"url = \"srt://h:9000?latency=200\"\n", "latency=200ms"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.fields);
        const std::string said = refusal(row.fields);
        CAPTURE(said);
        CHECK(said.find(row.words) != std::string::npos);
        CHECK(said.find("CANARY") == std::string::npos);
    }
}

TEST_CASE("srt options: add stores a passphrase in a file of its own, and remove deletes it") {
    const TemporaryFolder folder;
    NewDestination added{.name = "a", .service = "", .url = "srt://h:9000", .backup_url = ""};
    added.passphrase = KeyText{Secret(every_sign)};
    added.latency = 300ms;
    add_destination(folder.path(), added);
    CHECK(folder.read("destinations.d/a.toml").find("a+b") == std::string::npos);
    const Config config = load_config(folder.path());
    CHECK(resolved(resolve_passphrase(config.at("a"), Deadline::after(10s))) == every_sign);
    CHECK(config.at("a").latency == 300ms);
    const auto file = folder.path() / "destinations.d/a.passphrase";
    constexpr auto others = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
    CHECK((std::filesystem::status(file).permissions() & others) == std::filesystem::perms::none);
    remove_destination(folder.path(), config.at("a"));
    CHECK_FALSE(std::filesystem::exists(file));
    added.passphrase = KeyText{Secret("short")};
    CHECK_THROWS_AS(add_destination(folder.path(), added), Error);
    CHECK_FALSE(std::filesystem::exists(file));
}

TEST_CASE("srt options: the address has no secret in it") {
    CHECK(srt_address("srt://u:CANARY@h:9000?passphrase=CANARYCANARY") == "srt://h:9000");
    CHECK(srt_address("srt://[::1]:9000?streamid=CANARY") == "srt://[::1]:9000");
    CHECK(srt_options_in("srt://h:1?streamid=x").stream_id.reveal() == "x");
    CHECK(srt_options_in("rtmp://h/app?streamid=x").stream_id.is_empty());
}
