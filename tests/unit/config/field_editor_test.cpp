// Fields of a TOML file are changed, and nothing else in it.
#include "config/field_editor.hpp"

#include <doctest/doctest.h>

#include "base/error.hpp"
#include "config/config.hpp"
#include "config/editor.hpp"
#include "system/paths.hpp"
#include "temporary_folder.hpp"

namespace restream::tests {

namespace {

struct Row {
    const char* before;
    FieldChange change;
    const char* after;
};

}  // namespace

TEST_CASE("field editor: changes a value where it stands, and leaves every other byte") {
    const TemporaryFolder folder;
    const Row rows[] = {
        {"a = 1\nb = 2\n", {"a", "3"}, "a = 3\nb = 2\n"},
        {"# words\na = \"x\"  # why\n\nb = 2\n",
         {"a", "\"y\""},
         "# words\na = \"y\"  # why\n\nb = 2\n"},
        {"b = 2\n", {"a", "3"}, "b = 2\na = 3\n"},
        {"b = 2", {"a", "3"}, "b = 2\na = 3\n"},
        {"", {"a", "3"}, "a = 3\n"},
        {"b = 2\r\n", {"a", "3"}, "b = 2\r\na = 3\r\n"},
        {"b = 2\n\n[t]\nc = 1\n", {"a", "3"}, "b = 2\n\na = 3\n[t]\nc = 1\n"},
        {"[t]\na = 1\n", {"a", "3"}, "a = 3\n[t]\na = 1\n"},
        {"b = { c = 1 }\n", {"a", "3"}, "b = { c = 1 }\na = 3\n"},
        {"a = 1 # gone\nb = 2\n", {"a", std::nullopt}, "b = 2\n"},
        {"b = 2\na = \"\"\"\nlong\n\"\"\"\nc = 3\n", {"a", std::nullopt}, "b = 2\nc = 3\n"},
        {"b = 2\na = 1", {"a", std::nullopt}, "b = 2\n"},
        {"b = 2\n", {"a", std::nullopt}, "b = 2\n"},
        {"\xEF\xBB\xBF"
         "a = 1\n",
         {"a", "3"},
         "\xEF\xBB\xBF"
         "a = 3\n"},
        {"é = 1\na = \"ü\" # ö\n", {"a", "3"}, nullptr},
    };
    for (const Row& row : rows) {
        CAPTURE(row.before);
        const auto file = folder.write("x.toml", row.before);
        if (row.after == nullptr) {
            CHECK_THROWS_AS(edited_text(file, {row.change}), Error);
            continue;
        }
        CHECK(edited_text(file, {row.change}) == row.after);
    }
}

TEST_CASE("field editor: what can't be changed alone is refused, and its value is not told") {
    const TemporaryFolder folder;
    const char* const bad[] = {"a.b = 1\n",      "[a]\nb = 1\n", "a = [\n",    "a = 1\na = 2\n",
                               "[[a]]\nb = 1\n", "a = 'x",       "\x01 = 1\n", "a = \n"};
    for (const char* text : bad) {
        CAPTURE(text);
        const auto file = folder.write("x.toml", text);
        try {
            edited_text(file, {{"a", toml_string("CANARY")}});
            FAIL_CHECK("was changed");
        } catch (const Error& error) {
            CHECK(error.kind() == ErrorKind::config);
            CHECK(std::string(error.what()).find("CANARY") == std::string::npos);
        }
    }
}

TEST_CASE("editor: a destination's fields are changed, and a change that would not load is none") {
    const TemporaryFolder folder;
    const auto file = folder.write("destinations.d/one.toml",
                                   "# mine\nurl = \"rtmp://127.0.0.1/live\"\nhold = \"20s\"\n");
    const auto change = [&](const std::vector<FieldChange>& changes) {
        change_destination(folder.path(), load_config(folder.path()).at("one"), {changes});
    };
    change({{"hold", "\"5s\""}, {"on_ingest_loss", "\"close\""}});
    const Config config = load_config(folder.path());
    CHECK(config.at("one").hold == std::chrono::seconds(5));
    CHECK(config.at("one").on_ingest_loss == OnIngestLoss::close);
    const std::string text = read_file(file, 4096);
    CHECK(text.starts_with("# mine\n"));
    const std::vector<FieldChange> bad[] = {
        {{"url", "\"http://127.0.0.1\""}},
        {{"url", std::nullopt}},
        {{"hold", "\"soon\""}},
        {{"hold", "5"}},
        {{"service", "\"nobody\""}},
        {{"nonsense", "1"}},
        {{"hold", "\"5s\"\nnonsense = 1"}},
        {{"hold", "\"6s\""}, {"url", "\"\""}},
    };
    for (const auto& changes : bad) {
        CAPTURE(changes[0].field);
        CHECK_THROWS_AS(change(changes), Error);
        CHECK(read_file(file, 4096) == text);
    }
    folder.write("restream.toml", "[destination.two]\nurl = \"rtmp://127.0.0.1/live\"\n");
    CHECK_THROWS_AS(change_destination(folder.path(), load_config(folder.path()).at("two"),
                                       {{{"hold", "\"5s\""}}}),
                    Error);
}

}  // namespace restream::tests
