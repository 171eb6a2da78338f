// AMF0: what is right reads and is written again, what is wrong is refused within its limits.
#include "flv/amf0.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

#include "unit/bytes.hpp"

using namespace restream;

namespace {

using Kind = AmfValue::Kind;

std::vector<AmfValue> read_all(const Bytes& bytes) {
    auto read = read_amf0(bytes);
    if (const auto* problem = std::get_if<AmfProblem>(&read)) FAIL(problem->what);
    return std::get<std::vector<AmfValue>>(std::move(read));
}

/// The words of the refusal; empty where there is none.
std::string problem_of(const Bytes& bytes, const AmfLimits& limits = {}) {
    const auto read = read_amf0(bytes, limits);
    const auto* problem = std::get_if<AmfProblem>(&read);
    return problem == nullptr ? "" : problem->what;
}

Bytes written(const std::vector<AmfValue>& values) {
    Bytes out;
    for (const AmfValue& value : values) append_amf0(value, out);
    return out;
}

AmfValue value_of(Kind kind, double number = 0, std::string text = "") {
    AmfValue value;
    value.kind = kind;
    value.number = number;
    value.text = std::move(text);
    return value;
}

AmfValue date_of(double ms, std::int16_t zone) {
    AmfValue value = value_of(Kind::date, ms);
    value.zone = zone;
    return value;
}

AmfValue typed_object(std::string name, std::vector<AmfValue::Property> properties) {
    AmfValue value = value_of(Kind::typed_object, 0, std::move(name));
    value.properties = std::move(properties);
    return value;
}

/// onMetaData as ffmpeg 5.1 sends it behind @setDataFrame.
const char* const ffmpeg_metadata = R"(02 000d '@setDataFrame' 02 000a 'onMetaData' 08 0000000d
    0008 'duration' 00 3ff0000000000000
    0005 'width' 00 4050000000000000
    0006 'height' 00 4050000000000000
    000d 'videodatarate' 00 0000000000000000
    0009 'framerate' 00 4014000000000000
    000c 'videocodecid' 00 401c000000000000
    000d 'audiodatarate' 00 402f400000000000
    000f 'audiosamplerate' 00 40e5888000000000
    000f 'audiosamplesize' 00 4030000000000000
    0006 'stereo' 01 01
    000c 'audiocodecid' 00 4024000000000000
    0007 'encoder' 02 000d 'Lavf59.27.100'
    0008 'filesize' 00 0000000000000000
    0000 09)";

/// The same as nginx-rtmp 1.2.2 hands it on to a player.
const char* const nginx_metadata = R"(02 000a 'onMetaData' 03
    0006 'Server' 02 002e 'NGINX RTMP (github.com/arut/nginx-rtmp-module)'
    0005 'width' 00 4050000000000000
    0006 'height' 00 4050000000000000
    000c 'displayWidth' 00 4050000000000000
    000d 'displayHeight' 00 4050000000000000
    0008 'duration' 00 403e000000000000
    0009 'framerate' 00 4014000000000000
    0003 'fps' 00 4014000000000000
    000d 'videodatarate' 00 0000000000000000
    000c 'videocodecid' 00 401c000000000000
    000d 'audiodatarate' 00 402e000000000000
    000c 'audiocodecid' 00 4024000000000000
    0007 'profile' 02 0020 0000000000000000000000000000000000000000000000000000000000000000
    0005 'level' 02 0020 0000000000000000000000000000000000000000000000000000000000000000
    0000 09)";

const char* const sample_access = "02 0011 '|RtmpSampleAccess' 01 01 01 01";

}  // namespace

TEST_CASE("amf0: every type reads, and is written as the same bytes") {
    struct Case {
        const char* bytes;
        std::vector<AmfValue> values;
    };
    const Case cases[] = {
        {"", {}},
        {"00 3ff0000000000000", {AmfValue::of(1.0)}},
        {"00 c09f400000000000", {AmfValue::of(-2000.0)}},
        {"00 7ff0000000000000", {AmfValue::of(std::numeric_limits<double>::infinity())}},
        {"01 00 01 01", {AmfValue::of(false), AmfValue::of(true)}},
        {"02 0004 'live'", {AmfValue::of("live")}},
        {"02 0000", {AmfValue::of("")}},
        {"02 0003 00c3a4", {AmfValue::of(std::string("\0\xc3\xa4", 3))}},
        {"03 0000 09", {AmfValue::object({})}},
        {"03 0001 'a' 05 0000 09", {AmfValue::object({{"a", AmfValue::null()}})}},
        // An empty name is a name, where no end marker follows.
        {"03 0000 05 0000 09", {AmfValue::object({{"", AmfValue::null()}})}},
        {"03 0001 'a' 03 0001 'b' 01 01 0000 09 0001 'a' 06 0000 09",
         {AmfValue::object({{"a", AmfValue::object({{"b", AmfValue::of(true)}})},
                            {"a", value_of(Kind::undefined)}})}},
        {"05", {AmfValue::null()}},
        {"06", {value_of(Kind::undefined)}},
        {"07 ffff", {value_of(Kind::reference, 65535)}},
        {"08 00000000 0000 09", {AmfValue::ecma_array({})}},
        {"08 00000001 0001 '0' 02 0001 'x' 0000 09",
         {AmfValue::ecma_array({{"0", AmfValue::of("x")}})}},
        {"0a 00000000", {AmfValue::strict_array({})}},
        {"0a 00000002 05 02 0001 'x'",
         {AmfValue::strict_array({AmfValue::null(), AmfValue::of("x")})}},
        {"0b 4270000000000000 ffc4", {date_of(1099511627776, -60)}},
        {"0d", {value_of(Kind::unsupported)}},
        {"0f 00000004 '<a/>'", {value_of(Kind::xml, 0, "<a/>")}},
        {"10 0001 'C' 0001 'a' 05 0000 09", {typed_object("C", {{"a", AmfValue::null()}})}},
    };
    for (const Case& one : cases) {
        CAPTURE(one.bytes);
        CHECK(read_all(bytes_of(one.bytes)) == one.values);
        CHECK(written(one.values) == bytes_of(one.bytes));
    }
}

TEST_CASE("amf0: what encoders and servers send reads, and is written as the same bytes") {
    for (const char* bytes : {ffmpeg_metadata, nginx_metadata, sample_access}) {
        CAPTURE(bytes);
        CHECK(written(read_all(bytes_of(bytes))) == bytes_of(bytes));
    }
    const auto values = read_all(bytes_of(ffmpeg_metadata));
    REQUIRE(values.size() == 3);
    CHECK(values[0].as_string() == "@setDataFrame");
    CHECK(values[2].kind == Kind::ecma_array);
    CHECK(values[2].properties.size() == 13);
    CHECK(values[2].find("audiosamplerate")->as_number() == 44100);
    CHECK(values[2].find("encoder")->as_string() == "Lavf59.27.100");
    CHECK(values[2].find("stereo")->as_boolean() == true);
    CHECK(values[2].find("Encoder") == nullptr);
}

TEST_CASE("amf0: other ways to say the same read as the same value") {
    CHECK(read_all(bytes_of("0c 00000004 'live'")) == std::vector{AmfValue::of("live")});
    CHECK(read_all(bytes_of("01 02")) == std::vector{AmfValue::of(true)});
    const std::vector array{AmfValue::ecma_array({{"a", AmfValue::null()}})};
    // The announced length counts for nothing.
    CHECK(read_all(bytes_of("08 00000000 0001 'a' 05 0000 09")) == array);
    CHECK(read_all(bytes_of("08 ffffffff 0001 'a' 05 0000 09")) == array);
    // Except where the end marker is missing at the end.
    CHECK(read_all(bytes_of("08 00000001 0001 'a' 05")) == array);
    // A NaN is no value that equals itself, but keeps its bits.
    const Bytes nan = bytes_of("00 7ff8000000000123");
    CHECK(written(read_all(nan)) == nan);
}

TEST_CASE("amf0: a text that does not fit a string is a long string") {
    for (const std::size_t size : {65535ul, 65536ul, 200'000ul}) {
        CAPTURE(size);
        const std::vector value{AmfValue::of(std::string(size, 'x'))};
        const Bytes bytes = written(value);
        CHECK(bytes[0] == (size > 65535 ? 0x0c : 0x02));
        CHECK(read_all(bytes) == value);
    }
}

TEST_CASE("amf0: what is asked of another kind is not there") {
    CHECK_FALSE(AmfValue::of("1").as_number());
    CHECK_FALSE(AmfValue::of(1.0).as_string());
    CHECK_FALSE(AmfValue::of(1.0).as_boolean());
    CHECK_FALSE(AmfValue::of(true).as_number());
    CHECK_FALSE(value_of(Kind::xml, 0, "x").as_string());
    CHECK_FALSE(date_of(1, 0).as_number());
    CHECK_FALSE(AmfValue::null().as_string());
    CHECK(AmfValue::of("x").find("x") == nullptr);
    CHECK(AmfValue::strict_array({AmfValue::of("x")}).find("x") == nullptr);
}

TEST_CASE("amf0: what is wrong is refused in words that say where") {
    struct Case {
        const char* bytes;
        const char* says;
    };
    const Case cases[] = {
        {"00", "at byte 1: a number is cut off"},
        {"00 3ff00000000000", "a number is cut off"},
        {"01", "a boolean is cut off"},
        {"02", "a string is cut off"},
        {"02 00", "a string is cut off"},
        {"02 0001", "a string of 1 bytes, but 0 are left"},
        {"02 ffff 'live'", "a string of 65535 bytes, but 4 are left"},
        {"03", "a property's name is cut off"},
        {"03 00", "a property's name is cut off"},
        {"03 0000", "a property without a value"},
        {"03 0001 'a'", "a property without a value"},
        {"03 0002 'a'", "a property's name of 2 bytes, but 1 are left"},
        {"03 0001 'a' 05", "a property's name is cut off"},
        {"03 0001 'a' 05 0000", "a property without a value"},
        {"03 0001 'a' 09", "a value of type 9, which AMF0 does not have"},
        {"03 0001 'a' 00 00 0000 09", "a number is cut off"},
        {"04", "at byte 1: a value of type 4, which is not taken"},
        {"05 05 04", "at byte 3: a value of type 4"},
        {"07 00", "a reference is cut off"},
        {"08 000000", "an array's length is cut off"},
        {"08 00000002 0001 'a' 05", "a property's name is cut off"},
        {"08 00000001 0001 'a' 05 00", "a property's name is cut off"},
        {"08 00000001 0001 'a' 05 0000", "a property without a value"},
        {"09", "a value of type 9, which AMF0 does not have"},
        {"0a 000000", "an array's length is cut off"},
        {"0a 00000001", "an array of 1 values, but 0 bytes are left"},
        {"0a ffffffff 05 05", "an array of 4294967295 values, but 2 bytes are left"},
        {"0a 00000002 02 00", "a string is cut off"},
        {"0b 4270000000000000 ff", "a date is cut off"},
        {"0b 427000000000", "a date is cut off"},
        {"0c 0000", "a string is cut off"},
        {"0c ffffffff 'live'", "a string of 4294967295 bytes, but 4 are left"},
        {"0e", "a value of type 14, which is not taken"},
        {"0f 00000005 '<a/>'", "an XML document of 5 bytes, but 4 are left"},
        {"10 0005 'C'", "a class name of 5 bytes, but 1 are left"},
        {"10 0001 'C'", "a property's name is cut off"},
        {"11 01", "a value of type 17, which is not taken"},
        {"12", "a value of type 18, which AMF0 does not have"},
        {"ff", "a value of type 255, which AMF0 does not have"},
        {"'GET / HTTP/1.1'", "a value of type 71, which AMF0 does not have"},
    };
    for (const Case& one : cases) {
        CAPTURE(one.bytes);
        const std::string problem = problem_of(bytes_of(one.bytes));
        CAPTURE(problem);
        CHECK(problem.find(one.says) != std::string::npos);
    }
}

TEST_CASE("amf0: a problem never quotes what may be secret") {
    for (const char* bytes : {"02 0007 'CANARY'", "02 0006 'CANARY' 04", "03 0006 'CANARY'",
                              "10 0007 'CANARY'", "03 0006 'CANARY' 02 0007 'CANARY'"}) {
        CAPTURE(bytes);
        CHECK_FALSE(problem_of(bytes_of(bytes)).empty());
        CHECK(problem_of(bytes_of(bytes)).find("CANARY") == std::string::npos);
    }
}

TEST_CASE("amf0: limits hold, to the value") {
    const auto nested = [](std::size_t deep) {
        Bytes bytes;
        for (std::size_t i = 1; i < deep; ++i) {
            const Bytes one = bytes_of(i % 2 == 0 ? "0a 00000001" : "03 0001 'a'");
            bytes.insert(bytes.end(), one.begin(), one.end());
        }
        bytes.push_back(0x05);
        for (std::size_t i = deep - 1; i > 0; --i) {
            if (i % 2 != 0) bytes.insert(bytes.end(), {0, 0, 9});
        }
        return bytes;
    };
    const AmfLimits limits;
    CHECK(problem_of(nested(limits.deepest)).empty());
    CHECK(problem_of(nested(limits.deepest + 1)).find("nested more than 16 deep") !=
          std::string::npos);
    CHECK(problem_of(nested(40'000)).find("nested more than 16 deep") != std::string::npos);

    CHECK(problem_of(Bytes(limits.most_values, 5)).empty());
    CHECK(problem_of(Bytes(limits.most_values + 1, 5)).find("more than 4096 values") !=
          std::string::npos);
    // Those inside count too.
    Bytes array = bytes_of("0a 00001000");
    array.resize(array.size() + 4096, 5);
    CHECK(problem_of(array).find("more than 4096 values") != std::string::npos);

    const auto long_text = [](std::size_t size) {
        Bytes bytes = written({AmfValue::of(std::string(size - 5, 'x'))});
        REQUIRE(bytes.size() == size);
        return bytes;
    };
    CHECK(problem_of(long_text(limits.longest_input)).empty());
    CHECK(problem_of(long_text(limits.longest_input + 1)).find("more than the 262144") !=
          std::string::npos);
    CHECK(problem_of(bytes_of("05 05"), {.longest_input = 1}).find("2 bytes, more than the 1") !=
          std::string::npos);
}

TEST_CASE("amf0: what is cut at any byte is refused, or is whole values up to there") {
    for (const char* notation : {ffmpeg_metadata, nginx_metadata, sample_access,
                                 "10 0001 'C' 0001 'a' 0a 00000001 0b 4270000000000000 0000 0000 09"
                                 "0f 00000001 'x' 07 0001 08 00000001 0001 'a' 05 0000 09"}) {
        const Bytes whole = bytes_of(notation);
        const auto values = read_all(whole);
        for (std::size_t size = 0; size < whole.size(); ++size) {
            CAPTURE(size);
            // A buffer of its own, so that a byte read behind its end is found out.
            const auto read = read_amf0(Bytes(whole.begin(), whole.begin() + size));
            const auto* some = std::get_if<std::vector<AmfValue>>(&read);
            if (some == nullptr) continue;
            REQUIRE(some->size() <= values.size());
            CHECK(std::equal(some->begin(), some->end(), values.begin()));
        }
    }
}
