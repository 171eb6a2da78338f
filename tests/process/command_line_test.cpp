// What commands print and refuse before they do anything: help, typing errors, what add says.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "process/world.hpp"

namespace restream::test {

namespace fs = std::filesystem;

TEST_SUITE_BEGIN("command_line");

TEST_CASE("add: says in one line what the second server costs, and what else it can do") {
    const World world(IngestServer::embedded);
    struct Case {
        std::vector<std::string> arguments;
        const char* words;
    };
    const Case cases[] = {
        {{"--service", "youtube"}, "only while the first fails"},
        {{"--service", "youtube", "--backup", "both"}, "both servers get the picture, at twice"},
        {{"--service", "youtube", "--backup", "off"}, "the second server is not used"},
        {{"--url", "rtmp://h/a", "--backup-url", "rtmp://h/b"}, "only while the first fails"},
    };
    int number = 0;
    for (const auto& [arguments, words] : cases) {
        std::vector<std::string> all = {"add", "one" + std::to_string(++number), "--key-stdin"};
        all.insert(all.end(), arguments.begin(), arguments.end());
        const Outcome outcome = world.must(all, {.input = "key-of-a-test\n"});
        CHECK_MESSAGE(has(outcome.error, words), outcome.describe());
        CHECK_MESSAGE(has(outcome.error, "twice the upload"), outcome.describe());
        CHECK_MESSAGE(has(outcome.error, "--backup "), outcome.describe());
        CHECK(std::ranges::count(outcome.error, '\n') == 3);
    }
    const Outcome plain = world.must({"add", "plain", "--service", "twitch", "--key-stdin"},
                                     {.input = "k-of-test\n"});
    CHECK_MESSAGE(!has(plain.error, "server"), plain.describe());
}

TEST_CASE(
    "typing errors: the command, option or name that was meant is named, and nothing is done") {
    const World world(IngestServer::embedded);
    world.add("twitch2", "rtmp://127.0.0.1:1/live");
    struct Case {
        std::vector<std::string> arguments;
        const char* words;
    };
    const Case cases[] = {
        {{"enabel"}, "did you mean 'enable'?"},
        {{"Enable"}, "did you mean 'enable'?"},
        {{"--hlep"}, "did you mean '--help'?"},
        {{"--json", "status"}, "options stand behind the command"},
        {{"help", "stauts"}, "did you mean 'status'?"},
        {{"enable", "--al"}, "there is no option \"--al\"; did you mean \"--all\"?"},
        {{"enable", "--ALL"}, "did you mean \"--all\"?"},
        {{"enable", "--time=5s", "twitch2"}, "no option \"--time\"; did you mean \"--timeout\"?"},
        {{"enable", "twitch2", "--timeout"}, "--timeout needs a value"},
        {{"enable", "Twitch2"}, "there is no destination \"Twitch2\"; did you mean \"twitch2\"?"},
        {{"disable", "twich2"}, "did you mean \"twitch2\"?"},
        {{"status", "nosuch"}, "there is no destination \"nosuch\""},
        {{"logs", "Twitch2"}, "did you mean \"twitch2\"?"},
        {{"remove", "TWITCH2"}, "did you mean \"twitch2\"?"},
        {{"key", "twitch-2", "--key-stdin"}, "did you mean \"twitch2\"?"},
        {{"explain", "Twitch2"}, "did you mean \"twitch2\"?"},
        {{"enable"}, "name a destination, or --all"},
        {{"remove"}, "NAME is missing"},
        {{"remove", "--yess"}, "did you mean \"--yes\"?"},
        {{"add", "main", "--service", "Yuotube"}, "did you mean \"youtube\"?"},
        {{"ingest", "strat"}, "did you mean \"start\"?"},
        {{"ingest", "start", "--jsn"}, "did you mean \"--json\"?"},
        {{"ingest"}, "give one of start, stop"},
        {{"status", "--watch", "--json"}, "--watch"},
    };
    for (const auto& [arguments, words] : cases) {
        const Outcome outcome = world.run(arguments);
        CHECK_MESSAGE(outcome.status == 2, outcome.describe());
        CHECK_MESSAGE(has(outcome.error, words), outcome.describe());
        CHECK(outcome.output.empty());
        // In a pipe a message stays one line.
        CHECK_MESSAGE(std::ranges::count(outcome.error, '\n') == 1, outcome.describe());
    }
}

TEST_CASE("typing errors: a key that was typed on the command line is not repeated") {
    const World world(IngestServer::embedded);
    world.add("one", "rtmp://127.0.0.1:1/live");
    const std::vector<std::vector<std::string>> cases = {
        {"key", "one", "CANARY-1234"},
        {"key", "one", "--key=CANARY-1234"},
        {"add", "two", "CANARY-1234", "--service", "twitch"},
        {"add", "two", "--key", "CANARY-1234"},
    };
    for (const auto& arguments : cases) {
        const Outcome outcome = world.run(arguments);
        CHECK_MESSAGE(outcome.status == 2, outcome.describe());
        CHECK_MESSAGE(has(outcome.error, "--key-stdin"), outcome.describe());
        CHECK_MESSAGE(!has(outcome.error + outcome.output, "CANARY"), outcome.describe());
    }
}

TEST_SUITE_END();

}  // namespace restream::test
