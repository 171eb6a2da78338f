// What libsrt says about a refusal, in words that help.
#include "media/srt_rejection.hpp"

#include <doctest/doctest.h>

using namespace restream;

TEST_CASE("srt rejection: its reason is found in libsrt's lines") {
    struct Row {
        const char* line;
        const char* reason;
        const char* code;
    };
    // As libsrt 1.5.1 writes them.
    const Row rows[] = {
        {"@1: processAsyncConnectRequest: REJECT reported from HS processing: Incorrect "
         "passphrase - not processing further",
         "Incorrect passphrase", "passphrase_refused"},
        {"@1:processConnectResponse: rejecting per reception of a rejection HS response: "
         "ERROR:BADSECRET",
         "BADSECRET", "passphrase_refused"},
        {"@1:processConnectResponse: rejecting per reception of a rejection HS response: "
         "ERROR:UNSECURE",
         "UNSECURE", "passphrase_refused"},
        {"@1:processConnectResponse: rejecting per reception of a rejection HS response: "
         "ERROR:PREDEFINED:401",
         "401", "srt_refused"},
        {"@1:processConnectResponse: rejecting per reception of a rejection HS response: "
         "ERROR:USERDEFINED:7",
         "7", "srt_refused"},
        {"@1:processConnectResponse: rejecting per reception of a rejection HS response: "
         "ERROR:PEER",
         "PEER", "srt_refused"},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.line));
        const auto reason = srt_rejection_in(row.line);
        REQUIRE(reason);
        CHECK(*reason == row.reason);
        const SessionEnd end = srt_rejection_end(*reason);
        CHECK(end_code_name(end.code) == row.code);
        CHECK(end.detail.find(row.reason) != std::string::npos);
        CHECK(describe(end).find("stream key") == std::string::npos);
        CHECK(remedy(end.code, "a").find("restream key") == std::string::npos);
    }
    for (const char* other : {"", "REJECT", "connection lost", "rejection HS response"}) {
        CHECK_FALSE(srt_rejection_in(other));
    }
}
