// JSON: what is written reads back; what is torn, hostile or of another type is refused.
#include "base/json.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/json_reader.hpp"

using namespace restream;

namespace {

std::string nested(int levels) {
    const auto count = static_cast<std::size_t>(levels);
    return std::string(count, '[') + std::string(count, ']');
}

/// Read and printed again.
std::string again(std::string_view text) {
    const auto value = parse_json(text);
    return value ? value->dump() : "refused";
}

/// The member "a" of an object, as one type.
template <typename Value>
std::optional<Value> read_a(std::string_view text) {
    return read_member<Value>(parse_json(text).value(), "a");
}

}  // namespace

TEST_CASE("json: what is invalid is refused") {
    const std::string deep(100'000, '[');
    const std::vector<std::string> table = {
        // torn
        "",
        " ",
        "\n",
        "{",
        "[",
        "\"",
        "\"a",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,",
        "[1",
        "[1,",
        "t",
        "tru",
        "nul",
        "-",
        "1e",
        "1.",
        "\"\\",
        "\"\\u12",
        "{]",
        "[}",
        "}",
        "]",
        // more than one value
        "1 2",
        "{} {}",
        "{}{}",
        "[],",
        "null,",
        "{}x",
        "\"a\" \"b\"",
        // commas and colons
        "[,]",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1,,2]",
        "{,}",
        "{\"a\":1,}",
        "{,\"a\":1}",
        "{\"a\" 1}",
        "{\"a\"::1}",
        "{\"a\":}",
        "{\"a\",1}",
        "[1:2]",
        // names
        "{a:1}",
        "{'a':1}",
        "{1:1}",
        "{null:1}",
        "{[]:1}",
        // words of other languages
        "NaN",
        "nan",
        "Infinity",
        "-Infinity",
        "inf",
        "undefined",
        "True",
        "NULL",
        "None",
        "nil",
        "'a'",
        "`a`",
        "(1)",
        "1;",
        // comments
        "// c\n{}",
        "{} // c",
        "/* c */ {}",
        "[1, /* c */ 2]",
        "# c\n{}",
        // numbers
        "01",
        "-01",
        "00",
        "+1",
        ".5",
        "1.",
        "1.e5",
        "-.5",
        "1e",
        "1e+",
        "1E-",
        "0x10",
        "1_000",
        "1,5",
        "--1",
        "1e999",
        "-1e999",
        "[1e400]",
        "{\"a\":1e999}",
        "- 1",
        "1 e5",
        "1f",
        // text
        "\"\n\"",
        "\"\t\"",
        "\"\x01\"",
        "\"\\x41\"",
        "\"\\a\"",
        "\"\\'\"",
        "\"\\u\"",
        "\"\\u00g0\"",
        "\"\\U0041\"",
        "\"\\",
        // half of a surrogate pair, or the wrong one
        "\"\\ud800\"",
        "\"\\udc00\"",
        "\"\\ud800\\ud800\"",
        "\"\\ud800a\"",
        "\"\\ud800\\u0041\"",
        "\"\\udc00\\ud800\"",
        "{\"\\ud800\":1}",
        // not UTF-8: a stray byte, a torn character, an overlong one, a surrogate, beyond Unicode
        "\"\xff\"",
        "\"\xc3\"",
        "\"\xe2\x82\"",
        "\"\x80\"",
        "\"\xc0\xaf\"",
        "\"\xed\xa0\x80\"",
        "\"\xf4\x90\x80\x80\"",
        "\xff",
        "{\"\xff\":1}",
        "\xc3\xa9",
        // NUL
        std::string("\0", 1),
        std::string("{}\0", 3),
        std::string("\0{}", 3),
        std::string("1\0junk", 6),
        std::string("\"a\0b\"", 5),
        std::string("[1,\0 2]", 7),
        std::string("{\"a\0\":1}", 8),
        // a byte order mark that is torn, doubled, or of UTF-16
        "\xef\xbb",
        "\xef\xbb\xbf",
        "\xef\xbb\xbf\xef\xbb\xbf{}",
        std::string("\xff\xfe{\0}\0", 6),
        "{\xef\xbb\xbf}",
        // deep
        nested(deepest_json + 1),
        nested(10'000),
        deep,
        "{\"a\":" + deep,
        "{\"a\":" + nested(deepest_json) + "}",
        // other things
        "<html>",
        "{\"a\":1}]",
        "\\u007b}",
        "\x7f",
        "$",
        "@",
    };
    for (const std::string& text : table) {
        CAPTURE(text.substr(0, 40));
        CHECK_FALSE(parse_json(text));
    }
}

TEST_CASE("json: what is valid reads back as it is printed, like nlohmann's") {
    const std::vector<std::string> table = {
        "null",
        "true",
        "false",
        "0",
        "1",
        "-1",
        "9223372036854775807",
        "-9223372036854775808",
        "18446744073709551615",
        "1.0",
        "-0.0",
        "0.1",
        "29.97",
        "1e+16",
        "123456789012345.6",
        "1.7976931348623157e+308",
        "5e-324",
        "\"\"",
        R"("a \"b\" \\ / \b\f\n\r\t \u0001 \u001f é € 😀")",
        "\"\x7f\"",
        "[]",
        "{}",
        "[[],{},[{}]]",
        R"({"z":1,"a":{"b":[1,2.5,"c",null,true]},"":0})",
        nested(deepest_json),
    };
    for (const std::string& text : table) {
        CAPTURE(text.substr(0, 60));
        const auto value = parse_json(text);
        REQUIRE(value);
        CHECK(value->dump() == text);
        CHECK(parse_json(value->dump(2)) == value);
        CHECK(parse_json(value->dump_ascii()) == value);
        const auto other = nlohmann::ordered_json::parse(text);
        CHECK(value->dump() == other.dump());
        CHECK(value->dump(2) == other.dump(2));
        CHECK(value->dump_ascii() == other.dump(-1, ' ', true));
    }
}

TEST_CASE("json: what can be written in several ways is printed in one") {
    CHECK(again(" \t\r\n{ \"a\" : [ 1 , 2 ] } \n") == R"({"a":[1,2]})");
    CHECK(again("\xef\xbb\xbf{}") == "{}");
    CHECK(again("1E2") == "100.0");
    CHECK(again("1e-2") == "0.01");
    CHECK(again("-0") == "0");
    CHECK(again("0e5") == "0.0");
    // Beyond 64 bits.
    CHECK(again("18446744073709551616") == "1.8446744073709552e+19");
    CHECK(again("-9223372036854775809") == "-9.223372036854776e+18");
    CHECK(again("1e-999") == "0.0");
    CHECK(again(R"("\u0041\u00e9\u20ac\ud83d\ude00\/\u0000")") == "\"Aé€😀/\\u0000\"");
}

TEST_CASE("json: of a member that is there twice, the last counts, or both are kept") {
    constexpr std::string_view text = R"({"a":1,"b":{"c":1,"c":2},"a":3})";
    CHECK(again(text) == R"({"a":3,"b":{"c":2}})");
    const auto kept = parse_json(text, DuplicateMembers::kept);
    REQUIRE(kept);
    REQUIRE(kept->members().size() == 3);
    CHECK(kept->members()[2].name == "a");
    CHECK(kept->find("a")->as_unsigned() == 1);
    CHECK(parse_json(R"({"a":1,"\u0061":2})", DuplicateMembers::kept)->members().size() == 2);
}

TEST_CASE("json: a document is made from what it holds, in the order in which it was written") {
    const std::optional<int> nothing;
    Json document = {{"schema", 1},
                     {"name", std::string("x")},
                     {"view", std::string_view("y")},
                     {"is_good", true},
                     {"ratio", 2.0},
                     {"big", std::numeric_limits<std::uint64_t>::max()},
                     {"low", std::numeric_limits<std::int64_t>::min()},
                     {"nothing", nothing},
                     {"something", std::optional(7)},
                     {"list", std::vector<std::string>{"a", "b"}},
                     {"mixed", Json::array({1, "two", nullptr, {{"three", 3}}})},
                     {"inner", {{"pair", {{"a", "b"}}}}}};
    document["name"] = "z";
    document["later"] = {{"code", "c"}};
    document["later"]["more"].push_back(1);
    CHECK(document.dump() ==
          R"({"schema":1,"name":"z","view":"y","is_good":true,"ratio":2.0,)"
          R"("big":18446744073709551615,"low":-9223372036854775808,"nothing":null,"something":7,)"
          R"("list":["a","b"],"mixed":[1,"two",null,{"three":3}],"inner":{"pair":{"a":"b"}},)"
          R"("later":{"code":"c","more":[1]}})");
    document.update({{"schema", 2}, {"last", Json()}});
    CHECK(document.members().front().value == 2);
    CHECK(document.members().back().name == "last");
    CHECK(Json().dump() == "null");
    CHECK(Json::array().dump(2) == "[]");
    CHECK(Json::object().dump(2) == "{}");
    CHECK(Json({{"a", Json::array({1})}, {"b", Json::object()}}).dump(2) ==
          "{\n  \"a\": [\n    1\n  ],\n  \"b\": {}\n}");
}

TEST_CASE("json: its members can be put in the order of their names") {
    Json document = {{"b", Json::array({{{"d", 1}, {"c", 2}}})}, {"a", 1}, {"B", nullptr}};
    document.sort_members();
    CHECK(document.dump() == R"({"B":null,"a":1,"b":[{"c":2,"d":1}]})");
}

TEST_CASE("json: what no document can hold is replaced when it is printed") {
    CHECK(Json("a\xff"
               "b\xc3")
              .dump() ==
          "\"a\xEF\xBF\xBD"
          "b\xEF\xBF\xBD\"");
    CHECK(Json({{"k\xff", 1}}).dump() == "{\"k\xEF\xBF\xBD\":1}");
    CHECK(Json("\xff\xc3\xa9").dump_ascii() == R"("\ufffd\u00e9")");
    CHECK(Json(std::numeric_limits<double>::quiet_NaN()).dump() == "null");
    CHECK(Json(std::numeric_limits<double>::infinity()).dump() == "null");
}

TEST_CASE("json: a value of another type gives nothing") {
    const Json text = "1";
    CHECK_FALSE(text.as_unsigned());
    CHECK_FALSE(text.as_signed());
    CHECK_FALSE(text.as_number());
    CHECK_FALSE(text.as_bool());
    CHECK(text.find("a") == nullptr);
    CHECK(text.elements().empty());
    CHECK(text.members().empty());
    CHECK(Json(1).as_string() == nullptr);
    CHECK_FALSE(Json(1).as_bool());
    CHECK_FALSE(Json(true).as_number());
    CHECK_FALSE(Json(1.0).as_unsigned());
    CHECK_FALSE(Json(1.0).as_signed());
    CHECK_FALSE(Json(-1).as_unsigned());
    CHECK(Json(-1).as_signed() == -1);
    CHECK(Json(1).as_signed() == 1);
    CHECK(Json(1) == Json(1U));
    CHECK(Json(1).as_number() == 1.0);
    CHECK_FALSE(Json(std::numeric_limits<std::uint64_t>::max()).as_signed());
    CHECK(Json() != Json(false));
    CHECK(Json(1) != Json(1.0));
    CHECK(Json::array() != Json::object());
}

TEST_CASE("json reader: numbers that do not fit their variable are refused") {
    CHECK(read_a<std::uint8_t>(R"({"a":255})") == 255);
    CHECK(read_a<std::uint32_t>(R"({"a":4294967295})") == 4294967295U);
    CHECK(read_a<std::uint64_t>(R"({"a":18446744073709551615})") ==
          std::numeric_limits<std::uint64_t>::max());
    CHECK(read_a<int>(R"({"a":-2147483648})") == std::numeric_limits<int>::min());
    CHECK(read_a<std::int64_t>(R"({"a":9223372036854775807})") ==
          std::numeric_limits<std::int64_t>::max());
    CHECK(read_a<double>(R"({"a":7})") == 7.0);
    CHECK(read_a<double>(R"({"a":-2.5})") == -2.5);
    for (const char* text : {"-1", "-0", "256", "1.0", "1e2", "1.5", "\"1\"", "true", "null", "[]",
                             "[1]", "{}", "18446744073709551616"}) {
        CAPTURE(std::string(text));
        CHECK_FALSE(read_a<std::uint8_t>("{\"a\":" + std::string(text) + "}"));
    }
    for (const char* text : {"2147483648", "-2147483649", "18446744073709551615", "1.0", "\"1\"",
                             "false", "null", "[]", "{}"}) {
        CAPTURE(std::string(text));
        CHECK_FALSE(read_a<int>("{\"a\":" + std::string(text) + "}"));
    }
    CHECK_FALSE(read_a<std::uint32_t>(R"({"a":4294967296})"));
    CHECK_FALSE(read_a<std::int64_t>(R"({"a":9223372036854775808})"));
    CHECK_FALSE(read_a<double>(R"({"a":"7"})"));
    CHECK_FALSE(read_a<double>(R"({"a":true})"));
    CHECK_FALSE(read_a<double>(R"({"a":null})"));
    CHECK_FALSE(read_a<bool>(R"({"a":1})"));
    CHECK_FALSE(read_a<bool>(R"({"a":"true"})"));
    CHECK_FALSE(read_a<std::string>(R"({"a":1})"));
    CHECK_FALSE(read_a<std::string>(R"({"a":null})"));
    CHECK_FALSE(read_a<int>(R"({"b":1})"));
    CHECK_FALSE(read_a<int>(R"(["a"])"));
    CHECK_FALSE(read_a<int>("null"));
}

TEST_CASE("json reader: times and lists are read in their own form only") {
    CHECK(read_a<WallTime>(R"({"a":"2026-01-31T20:14:03.120Z"})") ==
          from_iso8601("2026-01-31T20:14:03.120Z"));
    CHECK(read_a<SteadyTime>(R"({"a":7200500})") == SteadyTime(Milliseconds(7'200'500)));
    CHECK(read_a<SteadyTime>(R"({"a":6324480000000})").has_value());
    CHECK(read_a<std::vector<std::string>>(R"({"a":["x","y"]})") ==
          std::vector<std::string>{"x", "y"});
    CHECK(read_a<std::vector<int>>(R"({"a":[]})") == std::vector<int>());
    CHECK(read_a<std::vector<std::vector<int>>>(R"({"a":[[1],[]]})") ==
          std::vector<std::vector<int>>{{1}, {}});
    for (const char* text : {"\"\"", "\"yesterday\"", "\"2026-13-31T20:14:03Z\"", "1769890443",
                             "null", "\"2026-01-31\""}) {
        CAPTURE(std::string(text));
        CHECK_FALSE(read_a<WallTime>("{\"a\":" + std::string(text) + "}"));
    }
    for (const char* text : {"-1", "1.5", "\"1\"", "6324480000001", "18446744073709551615"}) {
        CAPTURE(std::string(text));
        CHECK_FALSE(read_a<SteadyTime>("{\"a\":" + std::string(text) + "}"));
    }
    for (const char* text : {"{}", "\"x\"", "null", "[1]", "[\"x\",null]", "[[\"x\"]]"}) {
        CAPTURE(std::string(text));
        CHECK_FALSE(read_a<std::vector<std::string>>("{\"a\":" + std::string(text) + "}"));
    }
}

TEST_CASE("json reader: what is null or missing is good only where the reader says so") {
    struct Read {
        std::optional<int> optional = 5;
        int or_null = 5;
        std::optional<int> or_missing = 5;
        int if_there = 5;
    };
    const auto read = [](std::string_view text) -> std::optional<Read> {
        const auto value = parse_json(text).value();
        JsonReader reader(value);
        Read found;
        reader.read("optional", found.optional);
        reader.read_or_null("or_null", found.or_null);
        reader.read_or_missing("or_missing", found.or_missing);
        reader.read_if_there("if_there", found.if_there);
        return reader.is_good() ? std::optional(found) : std::nullopt;
    };
    const auto all = read(R"({"optional":1,"or_null":2,"or_missing":3,"if_there":4})");
    REQUIRE(all);
    CHECK(all->optional == 1);
    CHECK(all->or_null == 2);
    CHECK(all->or_missing == 3);
    CHECK(all->if_there == 4);
    const auto none = read(R"({"optional":null,"or_null":null})");
    REQUIRE(none);
    CHECK_FALSE(none->optional);
    CHECK(none->or_null == 5);
    CHECK_FALSE(none->or_missing);
    CHECK(none->if_there == 5);
    for (const char* bad : {"{}", "[]", "null", R"({"or_null":null})", R"({"optional":null})",
                            R"({"optional":"1","or_null":2})", R"({"optional":1,"or_null":"2"})",
                            R"({"optional":1,"or_null":2,"or_missing":null})",
                            R"({"optional":1,"or_null":2,"or_missing":"3"})",
                            R"({"optional":1,"or_null":2,"if_there":null})",
                            R"({"optional":1,"or_null":2,"if_there":[]})"}) {
        CAPTURE(std::string(bad));
        CHECK_FALSE(read(bad));
    }
    const Json empty = Json::object();
    JsonReader reader(empty);
    CHECK(reader.is_good());
    reader.require(false);
    CHECK_FALSE(reader.is_good());
    reader.require(true);
    CHECK_FALSE(reader.is_good());
}
