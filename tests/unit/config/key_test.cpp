// Stream keys: from text, files, variables and commands; what is no key is a problem in words.
#include "config/key.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

#include "config/key_text.hpp"
#include "temporary_folder.hpp"

using namespace restream;
using restream::tests::TemporaryFolder;

namespace {

Destination with_key(KeyReference key) {
    Destination destination;
    destination.name = "tube";
    destination.url = "rtmp://h/app";
    destination.origin = std::filesystem::temp_directory_path() / "tube.toml";
    destination.key = std::move(key);
    return destination;
}

/// The key, or "problem: …".
std::string resolved(const Destination& destination,
                     Milliseconds longest = std::chrono::seconds(5)) {
    const auto result = resolve_key(destination, Deadline::after(longest));
    if (const auto* problem = std::get_if<KeyProblem>(&result))
        return "problem: " + problem->message;
    return std::get<Secret>(result).reveal();
}

bool says(const std::string& message, std::string_view words) {
    CAPTURE(message);
    CAPTURE(words);
    const bool is_said =
        message.starts_with("problem: ") && message.find(words) != std::string::npos;
    CHECK(is_said);
    return is_said;
}

}  // namespace

TEST_CASE("key: no key is an empty one, a text is itself") {
    CHECK(resolved(with_key(std::monostate())).empty());
    CHECK(resolved(with_key(KeyText{Secret("live_1")})) == "live_1");
}

TEST_CASE("key: of a file the first line counts, without the blanks around it") {
    const TemporaryFolder folder;
    for (const char* content :
         {"live_1", "live_1\n", "live_1\r\n", "  live_1\t\n", "live_1\nnotes\n", "\n\nlive_1\n",
          "\xEF\xBB\xBFlive_1\r\n", "live_1\r\n\r\nother\r\n"}) {
        CAPTURE(content);
        CHECK(resolved(with_key(KeyFile{folder.write("k", content)})) == "live_1");
    }
}

TEST_CASE("key: what a file can't give is a problem that names the file and the remedy") {
    const TemporaryFolder folder;
    struct Case {
        std::string content;
        const char* words;
    };
    const Case cases[] = {
        {"", "is empty"},
        {"\n \n", "is empty"},
        {"CANARY two", "has a blank in it"},
        {"CANARY\ttwo", "has a blank in it"},
        {"CANARY\xC2\xA0", "maybe an invisible one"},
        {"CANARY\xE2\x80\x8B", "maybe an invisible one"},
        {"CANARY\x1b[0m", "control characters"},
        {std::string("C\0A\0N\0", 6), "control characters"},
        {"\xFF\xFE" + std::string("C\0A\0", 4), "control characters"},
        {std::string(5000, 'C'), "longer than 4 KiB"},
    };
    for (const Case& one : cases) {
        const auto file = folder.write("k.key", one.content);
        const std::string message = resolved(with_key(KeyFile{file}));
        says(message, one.words);
        says(message, file.string());
        says(message, "'restream key tube'");
        CHECK(message.find("CANARY") == std::string::npos);
        CHECK(foresee_key_problem(with_key(KeyFile{file})));
    }
    says(resolved(with_key(KeyFile{folder.path() / "gone.key"})), "gone.key can't be read");
    says(resolved(with_key(KeyFile{folder.path()})), "can't be read");
    says(resolved(with_key(KeyFile{"/dev/zero"})), "can't be read");
    const auto secret = folder.write("secret.key", "live_1");
    std::filesystem::permissions(secret, std::filesystem::perms::none);
    if (!std::ifstream(secret).good()) {  // root may read everything
        says(resolved(with_key(KeyFile{secret})), "can't be read");
    }
}

TEST_CASE("key: a variable gives its value; one that is not set is a problem") {
    ::setenv("RESTREAM_TEST_KEY", " live_2 ", 1);
    CHECK(resolved(with_key(KeyEnv{"RESTREAM_TEST_KEY"})) == "live_2");
    CHECK_FALSE(foresee_key_problem(with_key(KeyEnv{"RESTREAM_TEST_KEY"})));
    ::setenv("RESTREAM_TEST_KEY", "", 1);
    says(resolved(with_key(KeyEnv{"RESTREAM_TEST_KEY"})), "is not set here");
    ::setenv("RESTREAM_TEST_KEY", "CANARY two", 1);
    says(resolved(with_key(KeyEnv{"RESTREAM_TEST_KEY"})), "RESTREAM_TEST_KEY has a blank");
    ::unsetenv("RESTREAM_TEST_KEY");
    says(resolved(with_key(KeyEnv{"RESTREAM_TEST_KEY"})), "RESTREAM_TEST_KEY, which holds");
    CHECK(foresee_key_problem(with_key(KeyEnv{"RESTREAM_TEST_KEY"})));
}

TEST_CASE("key: a command's first line counts; it runs beside the file that names it") {
    CHECK(resolved(with_key(KeyCommand{"echo live_3; echo more"})) == "live_3");
    CHECK(resolved(with_key(KeyCommand{"printf live_3; echo noise >&2"})) == "live_3");
    const TemporaryFolder folder;
    folder.write("k", "live_4\n");
    Destination destination = with_key(KeyCommand{"cat k"});
    destination.origin = folder.path() / "tube.toml";
    CHECK(resolved(destination) == "live_4");
}

TEST_CASE("key: a command that fails, floods or prints no key is a problem without its secrets") {
    says(resolved(with_key(KeyCommand{"exit 3"})), "ended with status 3");
    says(resolved(with_key(KeyCommand{"no-such-program-at-all CANARY"})), "ended with status 127");
    says(resolved(with_key(KeyCommand{"echo CANARY; kill -9 $$"})), "ended by signal 9");
    says(resolved(with_key(KeyCommand{"true"})), "from its command is empty");
    says(resolved(with_key(KeyCommand{"printf 'a\\033[0m'"})), "control characters");
    says(resolved(with_key(KeyCommand{"echo two words"})), "has a blank");
    says(resolved(with_key(KeyCommand{"head -c 200000 /dev/zero | tr '\\0' a"})),
         "longer than 4 KiB");
    for (const char* command : {"echo CANARY >&2; exit 1", "echo CANARY two", ": CANARY; exit 1"}) {
        CHECK(resolved(with_key(KeyCommand{command})).find("CANARY") == std::string::npos);
    }
    CHECK_FALSE(foresee_key_problem(with_key(KeyCommand{"exit 1"})));
}

TEST_CASE("key: a command that hangs is killed with its children at the deadline") {
    const TemporaryFolder folder;
    const std::string mark = (folder.path() / "alive").string();
    const auto begin = SteadyClock::now();
    // The child writes the mark if it outlives the shell; the sleep has no part in the test's own
    // time.
    const Destination hanging =
        with_key(KeyCommand{"(sleep 0.15; : > '" + mark + "') & echo live_5; wait; sleep 60"});
    says(resolved(hanging, Milliseconds(100)), "did not end in time and was killed");
    CHECK(SteadyClock::now() - begin < std::chrono::seconds(2));
    // Waits out the child's 0.15 s only if it lives: the mark then appears before the deadline.
    CHECK_FALSE(wait_until(Deadline::after(Milliseconds(150)),
                           [&] { return std::filesystem::exists(mark); }));
}

TEST_CASE("key: that a service has none is foreseen") {
    Destination destination = with_key(std::monostate());
    CHECK_FALSE(foresee_key_problem(destination));
    destination.service = "youtube";
    REQUIRE(foresee_key_problem(destination));
    CHECK(foresee_key_problem(destination)->message.find("'restream key tube'") !=
          std::string::npos);
    destination.url = "rtmp://h/app/key";
    CHECK_FALSE(foresee_key_problem(destination));
}

TEST_CASE("key: the variables that hold keys are named once each") {
    Config config;
    config.destinations = {with_key(KeyEnv{"B"}), with_key(KeyEnv{"A"}), with_key(KeyEnv{"B"}),
                           with_key(KeyText{Secret("x")})};
    CHECK(key_variables(config) == std::vector<std::string>{"A", "B"});
    config.ingest.publish_key = KeyEnv{"IN"};
    CHECK(key_variables(config) == std::vector<std::string>{"A", "B", "IN"});
    CHECK(key_variables_but_publish_key(config) == std::vector<std::string>{"A", "B"});
}

TEST_CASE("key: publish_key comes from the same places, and must be one part of a path") {
    const TemporaryFolder folder;
    Config config;
    config.directory = folder.path();
    const auto found = [&](KeyReference reference) {
        config.ingest.publish_key = std::move(reference);
        const auto result = resolve_publish_key(config, Deadline::after(std::chrono::seconds(5)));
        if (const auto* problem = std::get_if<KeyProblem>(&result))
            return "problem: " + problem->message;
        return std::get<Secret>(result).reveal();
    };
    folder.write("in.key", "sesame\n");
    CHECK(found(std::monostate()).empty());
    CHECK(found(KeyText{Secret("sesame")}) == "sesame");
    CHECK(found(KeyFile{folder.path() / "in.key"}) == "sesame");
    CHECK(found(KeyCommand{"cat in.key"}) == "sesame");
    CHECK_FALSE(foresee_publish_key_problem(config));
    says(found(KeyFile{folder.path() / "none"}), "it is named by publish_key in restream.toml");
    CHECK(foresee_publish_key_problem(config));
    says(found(KeyEnv{"RESTREAM_TEST_NOT_SET"}), "which holds publish_key, is not set here");
    says(found(KeyCommand{"echo a/b"}), "publish_key from its command has \"/\"");
    says(found(KeyCommand{"echo a?b"}), "which divide a URL");
    says(found(KeyCommand{"echo a%b"}), "has \"%\" in it");
    says(found(KeyCommand{"true"}), "publish_key from its command is empty");
}
