// A configuration that is broken is read as far as it goes, and says where it is broken.
#include "config/config_reading.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "temporary_folder.hpp"

using namespace restream;
using restream::tests::TemporaryFolder;

namespace {

namespace fs = std::filesystem;

constexpr const char* good = "url = \"rtmp://live.example/app\"\nkey = \"k-1\"\n";

std::string names_of(const Config& config) {
    std::string names;
    for (const auto& each : config.destinations) names += each.name + " ";
    return names;
}

/// The message of load_config().
std::string refusal(const fs::path& folder) {
    try {
        load_config(folder);
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("config reading: what is valid is read as load_config reads it") {
    const TemporaryFolder folder;
    folder.write("restream.toml", "[ingest]\nurl = \"rtmp://127.0.0.1/other\"\n");
    folder.write("destinations.d/one.toml", good);
    const auto reading = read_config(folder.path());
    CHECK_FALSE(reading.problem);
    CHECK(reading.knows_ingest);
    CHECK(reading.knows_dashboard);
    CHECK(names_of(reading.config) == "one ");
    CHECK(reading.config.ingest.url == "rtmp://127.0.0.1/other");
    CHECK(json_of(reading.problem).is_null());
}

TEST_CASE("config reading: a file that is broken hides only itself, and is named with its place") {
    const TemporaryFolder folder;
    folder.write("destinations.d/a.toml", good);
    const auto bad = folder.write("destinations.d/b.toml", "url = \"rtmp://x/y\"\nkey = [\n");
    folder.write("destinations.d/c.toml", good);
    const auto reading = read_config(folder.path());
    CHECK(names_of(reading.config) == "a c ");
    CHECK(reading.knows_ingest);
    REQUIRE(reading.problem);
    CHECK(reading.problem->message == refusal(folder.path()));
    CHECK(reading.problem->file == bad.string());
    CHECK(reading.problem->line > 0);
    CHECK(reading.problem->column > 0);
    const auto document = nlohmann::json::parse(json_of(reading.problem).dump());
    CHECK(document["file"] == bad.string());
    CHECK(document["line"] == reading.problem->line);
}

TEST_CASE("config reading: in restream.toml, each section stands for itself") {
    const TemporaryFolder folder;
    folder.write("destinations.d/a.toml", good);
    struct Row {
        const char* text;
        bool knows_ingest;
        bool knows_dashboard;
    };
    const Row rows[] = {
        {"[ingest\n", false, false},                     // no TOML at all
        {"[ingest]\nurll = \"x\"\n", false, true},       // an unknown field
        {"[ingest]\nurl = 5\n", false, true},            // another type
        {"[dashboard]\nlisten = \"x\"\n", true, false},  // a bad value
        {"[log]\nkeep = -1\n", true, true},
        {"[unknown]\n", true, true},
        {"[destination.b]\nurl = \"x\"\n", true, true},
        {"[destination]\nb = 1\n", true, true},
        {"destination = 1\n", true, true},
        {"[defaults]\nhold = \"x\"\n", true, true},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        folder.write("restream.toml", row.text);
        const auto reading = read_config(folder.path());
        REQUIRE(reading.problem);
        CHECK(reading.problem->message == refusal(folder.path()));
        CHECK(reading.problem->file == (folder.path() / "restream.toml").string());
        CHECK(reading.knows_ingest == row.knows_ingest);
        CHECK(reading.knows_dashboard == row.knows_dashboard);
        CHECK(names_of(reading.config) == "a ");
    }
}

TEST_CASE("config reading: what cannot be read at all throws nothing") {
    const TemporaryFolder folder;
    fs::create_directory(folder.path() / "restream.toml");
    auto reading = read_config(folder.path());
    CHECK(reading.problem);
    CHECK_FALSE(reading.knows_ingest);
    fs::remove(folder.path() / "restream.toml");
    folder.write("destinations.d", "a file");
    reading = read_config(folder.path());
    CHECK(reading.problem);
    CHECK(reading.knows_ingest);
    const auto file = folder.write("file", "");
    reading = read_config(file);
    REQUIRE(reading.problem);
    CHECK(reading.problem->message.find("must be a folder") != std::string::npos);
}

TEST_CASE("config reading: a message is taken apart where it has a place") {
    const auto of = [](const char* message) { return config_problem(message); };
    auto problem = of("/a b/restream.toml:3:15: url: is bad");
    CHECK(problem.file == "/a b/restream.toml");
    CHECK(problem.line == 3);
    CHECK(problem.column == 15);
    CHECK(problem.words == "url: is bad");
    problem = of("/a:1/restream.toml:7: twice");
    CHECK(problem.file == "/a:1/restream.toml");
    CHECK(problem.line == 7);
    CHECK(problem.column == 0);
    problem = of("/a/restream.toml: can't be read: Permission denied");
    CHECK(problem.file == "/a/restream.toml");
    CHECK(problem.line == 0);
    CHECK(problem.words == "can't be read: Permission denied");
    problem = of("[ingest] url has no application; write rtmp://HOST:PORT/live");
    CHECK(problem.file.empty());
    CHECK(problem.words == problem.message);
    CHECK(json_of(problem).find("line")->is_null());
}
