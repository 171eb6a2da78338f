// Sentences by code and values.
#include "base/sentence.hpp"

#include <doctest/doctest.h>

#include <array>

#include "status/values_json.hpp"

using namespace restream;
using namespace std::chrono_literals;

namespace {

constexpr Sentence files{"files",      "state",
                         "count path", "{count} {count:file is|files are} left in {path}",
                         "",           "rm '{path}'"};

}  // namespace

TEST_CASE("sentence: its gaps are filled, and what a count takes is chosen") {
    CHECK(tell(files, {1, "/tmp"}).message == "1 file is left in /tmp");
    CHECK(tell(files, {0, "/tmp"}).message == "0 files are left in /tmp");
    const Told told = tell(files, {12, "/a b"});
    CHECK(told.code == "files");
    CHECK(told.message == "12 files are left in /a b");
    CHECK(told.cause.empty());
    CHECK(told.remedy == "rm '/a b'");
    CHECK(told.values == Values{{"count", 12}, {"path", "/a b"}});
}

TEST_CASE("sentence: what is filled in is not looked at again, and a broken gap stays") {
    CHECK(tell(files, {2, "{count}"}).message == "2 files are left in {count}");
    const Values values = {{"a", "x"}};
    for (const auto& [text, filled] : {std::pair{"", ""},
                                       {"{a}{a}", "xx"},
                                       {"{a", "{a"},
                                       {"a}", "a}"},
                                       {"{}", "{}"},
                                       {"{b}", "{b}"},
                                       {"{A}", "{A}"},
                                       {"{ a}", "{ a}"},
                                       {"{b:one|more}", "{b:one|more}"},
                                       {"{a:one}", "one"},
                                       {"{a:one|}", ""},
                                       {"{a:one|more|most}", "more|most"}}) {
        CAPTURE(text);
        CHECK(fill_gaps(text, values) == filled);
    }
}

TEST_CASE("sentence: values have English words, and a form for programs") {
    CHECK(Value(2.345).words() == "2.3");
    CHECK(Value(125s).words() == "2 min");
    CHECK(Value(Term{"wrong_key", "wrong stream key"}).words() == "wrong stream key");
    CHECK(Value(std::vector<std::string>{"one", "two"}).words() == "one, two");
    CHECK(Value(std::vector<std::string>()).words().empty());
    CHECK(json_of(Values{{"z", "a \"b\""},
                         {"a", 3},
                         {"waiting_s", 2.345},
                         {"ago_s", 125s},
                         {"why", Term{"wrong_key", "wrong stream key"}},
                         {"names", std::vector<std::string>{"one"}}})
              .dump() ==
          R"({"z":"a \"b\"","a":3,"waiting_s":2.3,"ago_s":125,"why":"wrong_key","names":["one"]})");
    CHECK(json_of(Values()).dump() == "{}");
    CHECK(json_of(Values{{"path", "\xff"}}).dump() == "{\"path\":\"\xEF\xBF\xBD\"}");
}

TEST_CASE("sentence: the names of its gaps") {
    CHECK(gaps_of("{b} and {a}, {b:one|more}") == std::vector<std::string>{"a", "b"});
    CHECK(gaps_of("none").empty());
    CHECK(gaps_of("{open").empty());
}
