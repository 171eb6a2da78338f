// on_state in the configuration: commands, webhooks, and what is neither.
#include "config/state_hook.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "config/config.hpp"
#include "config/key.hpp"
#include "state/record.hpp"
#include "temporary_folder.hpp"

using namespace restream;
using restream::tests::TemporaryFolder;

namespace {

Config load(std::string_view content) {
    const TemporaryFolder folder;
    folder.write("restream.toml", content);
    return load_config(folder.path());
}

std::string url_of(const Destination& destination) {
    const auto* webhook = std::get_if<Webhook>(&destination.on_state.what);
    if (webhook == nullptr) return "";
    const auto url = resolve_webhook(*webhook);
    if (const auto* problem = std::get_if<KeyProblem>(&url)) return problem->message;
    return std::get<Secret>(url).reveal();
}

}  // namespace

TEST_CASE("on_state: the default holds for all, a destination has its own or none") {
    const TemporaryFolder folder;
    folder.write("restream.toml", R"(
[defaults]
on_state = "notify-send \"$RESTREAM_DESTINATION\""
on_state_deadline = "3s"
[destination.a]
url = "rtmp://h/a"
[destination.b]
url = "rtmp://h/a"
on_state = "https://h/hook?x=1"
on_state_deadline = "1m"
[destination.c]
url = "rtmp://h/a"
on_state = ""
)");
    folder.write("destinations.d/d.toml", "url = \"rtmp://h/a\"\non_state = \"true\"\n");
    const Config config = load_config(folder.path());
    const auto& a = config.at("a").on_state;
    const auto* command = std::get_if<HookCommand>(&a.what);
    REQUIRE(command != nullptr);
    CHECK(command->line == "notify-send \"$RESTREAM_DESTINATION\"");
    CHECK(command->folder == folder.path());
    CHECK(a.deadline == std::chrono::seconds(3));
    CHECK(url_of(config.at("b")) == "https://h/hook?x=1");
    CHECK(config.at("b").on_state.deadline == std::chrono::minutes(1));
    CHECK_FALSE(config.at("c").on_state.is_there());
    const auto* own = std::get_if<HookCommand>(&config.at("d").on_state.what);
    REQUIRE(own != nullptr);
    CHECK(own->folder == folder.path() / "destinations.d");
    CHECK(config.at("d").on_state.deadline == std::chrono::seconds(3));
}

TEST_CASE(
    "on_state_for: the usual states but the passing ones, the default's, a destination's own") {
    TemporaryFolder folder;
    folder.write("restream.toml", R"(
[ingest]
on_state = "true"
[defaults]
on_state = "true"
[destination.a]
url = "rtmp://h/a"
[destination.b]
url = "rtmp://h/a"
on_state_for = ["waiting"]
)");
    const Config config = load_config(folder.path());
    CHECK(config.at("a").on_state.states ==
          std::vector<std::string>{"live", "holding", "backoff", "rejected", "stopped"});
    CHECK(config.at("b").on_state.states == std::vector<std::string>{"waiting"});
    CHECK(config.ingest.on_state.is_there());
    CHECK(config.ingest.on_state.states ==
          std::vector<std::string>{"live", "silent", "no_publisher"});
    folder.write("restream.toml", R"(
[defaults]
on_state_for = ["rejected"]
[destination.a]
url = "rtmp://h/a"
)");
    CHECK(load_config(folder.path()).at("a").on_state.states ==
          std::vector<std::string>{"rejected"});
    for (const std::string_view each : relay_hook_states) CHECK(parse_state(each));
    for (int i = 0; i <= static_cast<int>(State::rejected); ++i) {
        CHECK(std::ranges::find(relay_hook_states, state_name(static_cast<State>(i))) !=
              relay_hook_states.end());
    }
}

TEST_CASE(
    "on_state_for: what is no state is refused with its place, and with what would be right") {
    struct Row {
        std::string text;
        std::string says;
    };
    for (const Row& row : std::vector<Row>{
             {"[defaults]\non_state_for = [\"live\", \"lvie\"]",
              "2:16: on_state_for has \"lvie\", which is no state; write some of \"stopped\""},
             {"[defaults]\non_state_for = []", "on_state_for names no state"},
             {"[defaults]\non_state_for = \"live\"", "on_state_for"},
             {"[destination.a]\nurl = \"rtmp://h/a\"\non_state_for = [\"silent\"]",
              "has \"silent\""},
             {"[ingest]\non_state_for = [\"holding\"]",
              "has \"holding\", which is no state; write some of \"live\", \"silent\", "
              "\"no_publisher\""},
             {"[ingest]\nserver = \"external\"\non_state = \"true\"",
              "on_state needs a server that restream runs"}}) {
        CAPTURE(row.text);
        TemporaryFolder folder;
        folder.write("restream.toml", row.text + "\n");
        try {
            load_config(folder.path());
            FAIL("it was taken");
        } catch (const Error& error) {
            CHECK_MESSAGE(std::string(error.what()).find(row.says) != std::string::npos,
                          error.what());
        }
    }
}

TEST_CASE("on_state: without it there is none") {
    const Config config = load("[destination.a]\nurl = \"rtmp://h/a\"\n");
    CHECK_FALSE(config.at("a").on_state.is_there());
    CHECK(config.at("a").on_state.deadline == std::chrono::seconds(10));
}

TEST_CASE("on_state: a webhook's URL comes from a file, too, and is checked then") {
    const TemporaryFolder folder;
    folder.write("restream.toml",
                 "[destination.a]\nurl = \"rtmp://h/a\"\non_state = { file = \"hook.url\" }\n");
    const auto now = [&] { return url_of(load_config(folder.path()).at("a")); };
    CHECK(now().find("can't be read") != std::string::npos);
    folder.write("hook.url", "\n  https://h/CANARY  \nmore\n");
    CHECK(now() == "https://h/CANARY");
    struct Bad {
        std::string content;
        const char* says;
    };
    for (const Bad& one : std::vector<Bad>{{"ftp://h/CANARY", "http or https"},
                                           {"CANARY", "is no URL"},
                                           {"https://CANARY@h/", "leave them out"},
                                           {"https://h/CANARY x", "blank"},
                                           {"", "is empty"}}) {
        CAPTURE(one.content);
        folder.write("hook.url", one.content);
        CHECK(now().find(one.says) != std::string::npos);
        CHECK(now().find("CANARY") == std::string::npos);
    }
}

TEST_CASE("on_state: the variable with a webhook's URL is kept from all but its relay") {
    const Config config = load(R"(
[destination.a]
url = "rtmp://h/a"
key = { env = "KEY_A" }
on_state = { env = "HOOK_A" }
[destination.b]
url = "rtmp://h/a"
key = { env = "KEY_B" }
)");
    CHECK(key_variables(config) == std::vector<std::string>{"HOOK_A", "KEY_A", "KEY_B"});
    CHECK(key_variables_but_those_of(config, config.at("a")) == std::vector<std::string>{"KEY_B"});
    CHECK(key_variables_but_those_of(config, config.at("b")) ==
          std::vector<std::string>{"HOOK_A", "KEY_A"});
}

TEST_CASE("on_state: what looks like a URL is one, all else is a command") {
    for (const std::string text :
         {"http://h", "HTTPS://h", "http:h", "https:/h", "ftp://h", "x+y://", "ws://h"}) {
        CAPTURE(text);
        CHECK(looks_like_url(text));
    }
    for (const std::string text :
         {"", "curl https://h", "notify-send a", "a:b", ": no-op", "://", "./run http://h",
          "X=1 true", "[ -e x ] && echo https://", "1http://h"}) {
        CAPTURE(text);
        CHECK_FALSE(looks_like_url(text));
    }
}

TEST_CASE("on_state: what can't be is refused with its place, and without the URL") {
    struct Bad {
        std::string field;
        const char* says;
    };
    const std::vector<Bad> table = {
        {"on_state = 1", "2:12: on_state must be a command or a URL in quotes"},
        {"on_state = true", "not a boolean"},
        {"on_state = [\"true\"]", "not an array"},
        {"on_state = \"  \"", "2:12: on_state holds only blanks"},
        {"on_state = \"a\\u0000b\"", "on_state has control characters"},
        {"on_state = \"" + std::string(5000, 'x') + "\"", "on_state is longer than 4 KiB"},
        {"on_state = \"ftp://h/CANARY\"", "has the scheme \"ftp\"; a webhook's is http or https"},
        {"on_state = \"rtmp://h/CANARY\"", "a webhook's is http or https"},
        {"on_state = \"htps://h/CANARY\"", "has the scheme \"htps\""},
        {"on_state = \"https:/h/CANARY\"", "has no \"//\" after the scheme"},
        {"on_state = \"http:h/CANARY\"", "has no \"//\" after the scheme"},
        {"on_state = \"https://\"", "on_state has no host"},
        {"on_state = \"https:///CANARY\"", "on_state has no host"},
        {"on_state = \"https://CANARY:CANARY@h/x\"", "a user and a password"},
        {"on_state = \"https://CANARY@h/x\"", "a user and a password"},
        {"on_state = \"https://h:99999/CANARY\"", "has a bad port"},
        {"on_state = \"https://h:0/CANARY\"", "has a bad port"},
        {"on_state = \"https://h:/CANARY\"", "has a bad port"},
        {"on_state = \"https://[::1/CANARY\"", "has a bad IPv6 address"},
        {"on_state = \"https://h!/CANARY\"", "has a host that can't be"},
        {"on_state = \"https://h/CANARY#x\"", "has a \"#\""},
        {"on_state = \"https://h/CANARY x\"", "has a blank in it"},
        {"on_state = \"https://h/\xC3\xA9/CANARY\"", "write it as %XX"},
        {"on_state = \"https://h/CANARY\\r\\nX: y\"", "has control characters"},
        {"on_state = \"https://h/CANARY" + std::string(1100, 'x') + "\"", "longer than"},
        {"on_state = {}", "on_state must name one of file, env"},
        {"on_state = { url = \"https://h/CANARY\" }", "2:14: unknown field \"url\" in on_state"},
        {"on_state = { file = \"a\", env = \"B\" }", "on_state must name one of"},
        {"on_state = { file = \"\" }", "file is empty"},
        {"on_state = { file = \"~/hook\" }", "is not expanded here"},
        {"on_state = { env = \"A B\" }", "env must be the name of a variable"},
        {"on_state = { command = \"true\" }", "stands here as it is: on_state = \"COMMAND\""},
        {"on_state_deadline = 3", "on_state_deadline must be a duration in quotes"},
        {"on_state_deadline = \"0s\"", "on_state_deadline is 0s; write a duration from 1s to 1m"},
        {"on_state_deadline = \"2m\"", "on_state_deadline is 2m"},
        {"on_stat = \"true\"", "did you mean \"on_state\"?"}};
    for (const Bad& one : table) {
        for (const std::string heading : {"[defaults]\n", "[destination.a]\n"}) {
            CAPTURE(heading);
            CAPTURE(one.field.substr(0, 100));
            const std::string url = heading == "[defaults]\n" ? "" : "url = \"rtmp://h/a\"\n";
            std::string message;
            try {
                load(heading + one.field + "\n" + url);
            } catch (const Error& error) {
                CHECK(error.kind() == ErrorKind::config);
                message = error.what();
            }
            CAPTURE(message);
            CHECK(message.find("restream.toml:2:") != std::string::npos);
            CHECK(message.find(one.says) != std::string::npos);
            CHECK(message.find("CANARY") == std::string::npos);
        }
    }
}
