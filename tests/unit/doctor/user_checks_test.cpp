// Doctor: who else may log in here, and what they may do at the ingest.
#include "doctor/user_checks.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace restream;

namespace {

std::vector<std::string> codes(const std::vector<Diagnosis>& all) {
    std::vector<std::string> result;
    for (const Diagnosis& each : all) result.push_back(each.finding.code);
    return result;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("doctor: people are users from 1000 on who may log in, but for oneself") {
    const std::string passwd =
        "root:x:0:0:root:/root:/bin/bash\n"
        "daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"
        "postgres:x:114:120::/var/lib/postgresql:/bin/bash\n"
        "anna:x:1000:1000:Anna,,,:/home/anna:/bin/bash\n"
        "bert:x:1001:1001::/home/bert:/usr/bin/zsh\n"
        "upload:x:1002:1002::/srv/upload:/usr/sbin/nologin\n"
        "robot:x:1003:1003::/home/robot:/bin/false\n"
        "plain:x:1004:1004::/home/plain:\n"
        "nobody:x:65534:65534:nobody:/nonexistent:/bin/sh\n"
        "broken\n"
        "worse:x:10x5:1::/:/bin/sh\n"
        ":x:1006:1::/:/bin/sh\n"
        "\n"
        "last:x:200000:1::/home/last:/bin/sh";
    CHECK(other_people(passwd, 1000) == Names{"bert", "plain", "last"});
    CHECK(other_people(passwd, 0) == Names{"anna", "bert", "plain", "last"});
    CHECK(other_people("", 1000).empty());
}

TEST_CASE("doctor: other people may publish where there is no key, and play where none is told") {
    const Names people = {"anna", "bert"};
    IngestConfig config;
    CHECK(check_other_users(config, {}, true).empty());
    CHECK(check_other_users(config, {}, false).empty());
    auto found = check_other_users(config, people, true);
    REQUIRE(codes(found) == Names{"publishing_open_to_users"});
    CHECK(found[0].finding.severity == Severity::warning);
    CHECK(found[0].finding.message ==
          "other users of this machine may publish to 127.0.0.1:1935: anna, bert");
    CHECK(found[0].finding.remedy.find("publish_key") != std::string::npos);
    CHECK(codes(check_other_users(config, people, false)) ==
          Names{"publishing_open_to_users", "playing_open_to_users"});
    config.publish_key = KeyText{Secret("CANARY-1")};
    CHECK(check_other_users(config, people, true).empty());
    found = check_other_users(config, people, false);
    CHECK(codes(found) == Names{"playing_open_to_users"});
    config.publish_key = std::monostate();
    config.server = IngestServer::nginx;
    CHECK(codes(check_other_users(config, people, false)) == Names{"publishing_open_to_users"});
    config.server = IngestServer::external;
    CHECK(check_other_users(config, people, false).empty());
}
