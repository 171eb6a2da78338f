#include "server/admission.hpp"

#include <doctest/doctest.h>

#include "base/error.hpp"

using namespace restream;

namespace {

Visitor from(const char* address) {
    const auto parsed = IpAddress::parse(address);
    REQUIRE(parsed.has_value());
    return {*parsed, parsed->is_loopback()};
}

std::string path(const char* app, const char* name) {
    return publication_path(Secret(app), Secret(name)).reveal();
}

AdmissionRules keyed(const char* base, const char* key) {
    AdmissionRules rules;
    rules.base_path = base;
    rules.publish_key = Secret(key);
    return rules;
}

/// The path that was admitted, or "-" and the problem.
std::string outcome(const std::variant<Secret, AdmissionRefusal>& answer) {
    if (const auto* refusal = std::get_if<AdmissionRefusal>(&answer)) return "-" + refusal->problem;
    return std::get<Secret>(answer).reveal();
}

std::string published(const AdmissionRules& rules, const char* address, const char* app,
                      const char* name) {
    return outcome(Admission(rules).publish(from(address), Secret(app), Secret(name)));
}

}  // namespace

TEST_CASE("admission: a path is the same wherever the slash stands") {
    struct Case {
        const char* app;
        const char* name;
        const char* path;
    };
    const std::vector<Case> cases = {
        {"live", "", "live"},
        {"live/k4", "", "live/k4"},
        {"live", "k4", "live/k4"},
        {"live/", "k4", "live/k4"},
        {"live", "/k4", "live/k4"},
        {"/live//x/", "//k4/", "live/x/k4"},
        {"live?a=1", "k4", "live/k4"},
        {"live", "k4?b=/2", "live/k4"},
        {"live?a=/x", "", "live"},
        {"", "live", "live"},
        {"", "", ""},
        {"?live", "?k4", ""},
        {"///", "/", ""},
        {"live", "../k4", "live/../k4"},
    };
    for (const Case& each : cases) {
        CAPTURE(each.app);
        CAPTURE(each.name);
        CHECK(path(each.app, each.name) == each.path);
    }
}

TEST_CASE("admission: the key is found wherever it stands, and nowhere else") {
    struct Case {
        const char* app;
        const char* name;
        const char* outcome;
    };
    const std::vector<Case> cases = {
        {"live", "k4", "live"},
        {"live/k4", "", "live"},
        {"live/", "/k4", "live"},
        {"live?x=1", "k4?y=2", "live"},
        {"", "live/k4", "live"},
        {"live", "", "-no stream key"},
        {"live", "?k4", "-no stream key"},
        {"live?k4", "", "-no stream key"},
        {"live", "k", "-wrong stream key"},
        {"live", "k44", "-wrong stream key"},
        {"live", "K4", "-wrong stream key"},
        {"live", "k4/k4", "-wrong stream key"},
        {"live", "k4/x", "-wrong stream key"},
        {"live/x", "k4", "-wrong stream key"},
        {"live", "k4 ", "-wrong stream key"},
        {"k4", "", "-another path than the ingest's"},
        {"k4", "live", "-another path than the ingest's"},
        {"app", "k4", "-another path than the ingest's"},
        {"livek4", "", "-another path than the ingest's"},
        {"Live", "k4", "-another path than the ingest's"},
        {"", "", "-no path, or one that is too long"},
        {"?", "?live/k4", "-no path, or one that is too long"},
    };
    for (const Case& each : cases) {
        CAPTURE(each.app);
        CAPTURE(each.name);
        CHECK(published(keyed("live", "k4"), "127.0.0.1", each.app, each.name) == each.outcome);
    }
    CHECK(published(keyed("/live/a/", "k/4"), "::1", "live/a/k", "4") == "live/a");
    CHECK(published(keyed("live", "k4"), "127.0.0.1", "live", std::string(1100, 'k').c_str()) ==
          "-no path, or one that is too long");
}

TEST_CASE("admission: who may publish, by key and address") {
    AdmissionRules open;
    open.base_path = "live";
    AdmissionRules listed = open;
    listed.publishers = {*Network::parse("192.168.1.0/24"), *Network::parse("fd00::7")};
    AdmissionRules both = listed;
    both.publish_key = Secret("k4");
    const std::string no = "-publishing from this address is not allowed";

    struct Case {
        const AdmissionRules* rules;
        const char* address;
        const char* name;
        std::string outcome;
    };
    const AdmissionRules with_key = keyed("live", "k4");
    const std::vector<Case> cases = {
        {&open, "127.0.0.1", "cam", "live/cam"},
        {&open, "127.200.0.1", "", "live"},
        {&open, "::1", "", "live"},
        {&open, "::ffff:127.0.0.1", "", "live"},
        {&open, "192.168.1.7", "", no},
        {&open, "::ffff:192.168.1.7", "", no},
        {&open, "128.0.0.1", "", no},
        {&open, "::2", "", no},
        {&with_key, "192.168.1.7", "k4", "live"},
        {&with_key, "192.168.1.7", "k5", "-wrong stream key"},
        {&with_key, "127.0.0.1", "", "-no stream key"},
        {&listed, "127.0.0.1", "", "live"},
        {&listed, "192.168.1.7", "", "live"},
        {&listed, "::ffff:192.168.1.255", "", "live"},
        {&listed, "fd00::7", "", "live"},
        {&listed, "192.168.2.7", "", no},
        {&listed, "fd00::8", "", no},
        {&both, "192.168.1.7", "k4", "live"},
        {&both, "192.168.1.7", "k5", "-wrong stream key"},
        {&both, "192.168.2.7", "k4", no},
    };
    for (const Case& each : cases) {
        CAPTURE(each.address);
        CAPTURE(each.name);
        CHECK(published(*each.rules, each.address, "live", each.name) == each.outcome);
    }
    CHECK(!Admission(open).is_guarded());
    CHECK(Admission(listed).is_guarded());
    CHECK(Admission(keyed("live", "k4")).is_guarded());
}

TEST_CASE("admission: an address of this machine's own is as good as loopback") {
    AdmissionRules rules;
    rules.base_path = "live";
    const Admission admission(rules);
    Visitor own = from("192.168.1.7");
    CHECK(outcome(admission.play(own, Secret("live"), Secret())).starts_with("-playing"));
    own.is_local = true;
    CHECK(outcome(admission.play(own, Secret("live"), Secret())) == "live");
    CHECK(outcome(admission.publish(own, Secret("live"), Secret())) == "live");
}

TEST_CASE("admission: players need no key, and come from this machine unless allowed") {
    AdmissionRules rules = keyed("live", "k4");
    rules.players = {*Network::parse("10.0.0.0/8")};
    const Admission admission(rules);
    const auto played = [&](const char* address, const char* app, const char* name) {
        return outcome(admission.play(from(address), Secret(app), Secret(name)));
    };
    CHECK(played("127.0.0.1", "live", "") == "live");
    CHECK(played("10.1.2.3", "live", "") == "live");
    CHECK(played("11.1.2.3", "live", "") == "-playing from this address is not allowed");
    CHECK(played("127.0.0.1", "live", "k4") == "live");  // who plays what he typed into OBS
    CHECK(played("127.0.0.1", "live", "other") == "live/other");
    CHECK(played("127.0.0.1", "", "") == "-no path, or one that is too long");
}

TEST_CASE("admission: of this machine's users, the owner and root play, and who is allowed") {
    const std::string no =
        "-only the user who runs the server may play; other users of this machine need "
        "allow_play = [\"127.0.0.0/8\", \"::1\"] in restream.toml";
    struct Case {
        std::optional<std::uint32_t> owner;
        const char* allowed;  ///< nullptr: nobody more
        const char* address;
        std::optional<std::uint32_t> user;
        std::string outcome;
    };
    const std::vector<Case> cases = {
        {1000, nullptr, "127.0.0.1", 1000, "live"},
        {1000, nullptr, "::1", 1000, "live"},
        {1000, nullptr, "127.0.0.1", 0, "live"},
        {1000, nullptr, "127.0.0.1", 1001, no},
        {1000, nullptr, "::1", 1001, no},
        {1000, nullptr, "127.0.0.1", std::nullopt, no},  // it is gone, or the system will not say
        {0, nullptr, "127.0.0.1", 1000, no},
        {std::nullopt, nullptr, "127.0.0.1", std::nullopt, "live"},  // no system that says it
        {1000, "127.0.0.1", "127.0.0.1", 1001, "live"},
        {1000, "127.0.0.0/8", "127.0.0.2", 1001, "live"},
        {1000, "127.0.0.1", "127.0.0.2", 1001, no},
        {1000, "10.0.0.0/8", "127.0.0.1", 1001, no},
        {1000, "10.0.0.0/8", "10.0.0.1", std::nullopt, "live"},
        {1000, nullptr, "10.0.0.1", std::nullopt, "-playing from this address is not allowed"},
    };
    for (const Case& each : cases) {
        CAPTURE(each.address);
        CAPTURE(each.user.value_or(99));
        AdmissionRules rules;
        rules.base_path = "live";
        rules.owner = each.owner;
        if (each.allowed != nullptr) rules.players = {*Network::parse(each.allowed)};
        Visitor visitor = from(each.address);
        visitor.user = each.user;
        const Admission admission(rules);
        CHECK(outcome(admission.play(visitor, Secret("live"), Secret())) == each.outcome);
        // Who may publish does not depend on it.
        const bool may_publish = visitor.is_local;
        CHECK((outcome(admission.publish(visitor, Secret("live"), Secret())) == "live") ==
              may_publish);
    }
}

TEST_CASE("admission: a key that is withheld is not looked at, right or wrong") {
    AdmissionRules rules = keyed("live", "k4");
    rules.backup = "backup";
    const Admission admission(rules);
    const std::string no =
        "-too many wrong stream keys from the same place; wait ten seconds and try again";
    struct Case {
        const char* app;
        const char* name;
        std::string published;
        std::string played;
    };
    const std::vector<Case> cases = {
        {"live", "k4", no, no},
        {"live", "k5", no, no},
        {"live/k4", "", no, no},
        {"live", "k4/backup", no, no},
        {"live", "k5/backup", no, no},
        {"live", "", "-no stream key", "live"},
        {"live", "backup", "-wrong stream key", "live/backup"},
        {"other", "k4", "-another path than the ingest's", "other/k4"},
    };
    for (const Case& each : cases) {
        CAPTURE(each.app);
        CAPTURE(each.name);
        const Secret app(each.app), name(each.name);
        const Visitor visitor = from("127.0.0.1");
        CHECK(outcome(admission.publish(visitor, app, name, KeyTry::withheld)) == each.published);
        CHECK(outcome(admission.play(visitor, app, name, KeyTry::withheld)) == each.played);
        CHECK(admission.shows_key(app, name) == (each.published == no));
    }
    rules.publish_key.reset();
    CHECK(!Admission(rules).shows_key(Secret("live"), Secret("k4")));
}

TEST_CASE("admission: a key that nobody could say is refused") {
    for (const char* bad : {"", "/", "//", "k?x=1", "?"}) {
        CAPTURE(bad);
        CHECK_THROWS_AS(Admission(keyed("live", bad)), Error);
    }
    CHECK_NOTHROW(Admission(keyed("live", "a/b")));
}

TEST_CASE("admission: neither problem nor shown path holds what may be a key") {
    CHECK(shown_path(Secret("live"), "live") == "live");
    CHECK(shown_path(Secret("live/cam"), "live/cam") == "live/cam");
    CHECK(shown_path(Secret("live/k4secret"), "live") == "live/***");
    CHECK(shown_path(Secret("live/a/k4secret"), "live/a") == "live/***");
    CHECK(shown_path(Secret("other"), "live") == "other");
    CHECK(shown_path(Secret("o\x1b[2Jth\xc3\xa9r/x"), "live") == "o?[2Jth??r/***");
    CHECK(shown_path(Secret(std::string(300, 'a')), "live") == std::string(64, 'a'));
    for (const char* name : {"k5secret", "k4/k5secret", ""}) {
        CHECK(published(keyed("live", "k4"), "1.2.3.4", "live", name).find("secret") ==
              std::string::npos);
    }
}

TEST_CASE("admission: texts are equal or not, whatever their lengths") {
    CHECK(equal_in_constant_time("", ""));
    CHECK(!equal_in_constant_time("x", ""));
    CHECK(equal_in_constant_time("live/k4", "live/k4"));
    for (const char* other :
         {"", "l", "live/k", "live/k5", "mive/k4", "live/k4k", "live/k4live/k4"}) {
        CAPTURE(other);
        CHECK(!equal_in_constant_time(other, "live/k4"));
        CHECK(!equal_in_constant_time("live/k4", other));
    }
}

TEST_CASE("admission: who may take over") {
    using std::chrono::seconds;
    CHECK(may_take_over(Milliseconds(0), seconds(0)));
    CHECK(!may_take_over(Milliseconds(3000), Milliseconds(2999)));
    CHECK(may_take_over(Milliseconds(3000), Milliseconds(3000)));
    CHECK(!may_take_over(std::nullopt, seconds(1000)));
}

TEST_CASE("network: which addresses it holds") {
    struct Case {
        const char* network;
        const char* address;
        bool holds;
    };
    const std::vector<Case> cases = {
        {"192.168.1.7", "192.168.1.7", true},
        {"192.168.1.7", "192.168.1.8", false},
        {"192.168.1.0/24", "192.168.1.0", true},
        {"192.168.1.99/24", "192.168.1.255", true},
        {"192.168.1.0/24", "192.168.2.0", false},
        {"192.168.1.128/25", "192.168.1.127", false},
        {"192.168.1.128/25", "192.168.1.128", true},
        {"0.0.0.0/0", "8.8.8.8", true},
        {"0.0.0.0/0", "::1", false},
        {"::/0", "::1", true},
        {"::/0", "8.8.8.8", true},
        {"fd00::/8", "fdff::1", true},
        {"fd00::/8", "fe00::1", false},
        {"10.0.0.0/31", "10.0.0.1", true},
        {"10.0.0.0/31", "10.0.0.2", false},
        {"2001:db8::/33", "2001:db8:8000::", false},
        {"::ffff:10.0.0.0/104", "10.2.3.4", true},
    };
    for (const Case& each : cases) {
        CAPTURE(each.network);
        CAPTURE(each.address);
        const auto network = Network::parse(each.network);
        const auto address = IpAddress::parse(each.address);
        REQUIRE(network.has_value());
        REQUIRE(address.has_value());
        CHECK(network->contains(*address) == each.holds);
    }
    for (const char* bad : {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x",
                            "::/129", "10.0.0", "host", "host/8", "10.0.0.0/ 8", "fe80::1%lo",
                            "10.0.0.0/8/8", "[::1]", "::1]"}) {
        CAPTURE(bad);
        CHECK(!Network::parse(bad).has_value());
    }
}

TEST_CASE("address: as it is read, and as it is written") {
    for (const char* text : {"127.0.0.1", "0.0.0.0", "::1", "fd00::7", "::"}) {
        CHECK(IpAddress::parse(text)->text() == text);
    }
    CHECK(IpAddress::parse("::ffff:1.2.3.4")->text() == "1.2.3.4");
    CHECK(IpAddress::parse("127.9.9.9")->is_loopback());
    CHECK(!IpAddress::parse("::")->is_loopback());
    CHECK(!IpAddress::parse("::127.0.0.1")->is_loopback());
}

TEST_CASE("admission: a backup publishes behind what the primary publishes") {
    struct Case {
        const char* base;
        const char* key;  ///< nullptr: none
        const char* app;
        const char* name;
        const char* expected;
    };
    const std::vector<Case> cases = {
        {"live", nullptr, "live", "backup", "live/backup"},
        {"live", nullptr, "live/backup", "", "live/backup"},
        {"live/cam", nullptr, "live", "cam/backup", "live/cam/backup"},
        {"live", "k4", "live", "k4/backup", "live/backup"},
        {"live", "k4", "live/k4", "backup", "live/backup"},
        {"live", "k4", "live", "k4", "live"},
        {"live/cam", "k4", "live/cam", "k4/backup", "live/cam/backup"},
        {"live", "k4", "live", "backup", "-wrong stream key"},
        {"live", "k4", "live", "backup/k4", "-wrong stream key"},
        {"live", "k4", "live", "k5/backup", "-wrong stream key"},
        {"live", "k4", "live", "k4/backup/x", "-wrong stream key"},
        {"live", "k4", "live", "k4/backu", "-wrong stream key"},
        {"live", "k4", "live", "", "-no stream key"},
        {"live", "k4", "other", "k4/backup", "-another path than the ingest's"},
    };
    for (const Case& each : cases) {
        CAPTURE(each.app);
        CAPTURE(each.name);
        AdmissionRules rules;
        rules.base_path = each.base;
        rules.backup = "backup";
        if (each.key != nullptr) rules.publish_key = Secret(each.key);
        CHECK(published(rules, "127.0.0.1", each.app, each.name) == each.expected);
    }
    AdmissionRules none = keyed("live", "k4");
    CHECK(published(none, "127.0.0.1", "live", "k4/backup") == "-wrong stream key");
    CHECK(Admission(none).backup_path().empty());
}

TEST_CASE("admission: a backup is kept out as the primary is, and its name may be shown") {
    AdmissionRules rules = keyed("live", "k4");
    rules.backup = "backup";
    rules.publishers = {*Network::parse("192.168.1.0/24")};
    CHECK(published(rules, "192.168.1.7", "live", "k4/backup") == "live/backup");
    CHECK(published(rules, "10.0.0.1", "live", "k4/backup") ==
          "-publishing from this address is not allowed");
    const Admission admission(rules);
    CHECK(admission.shown(Secret("live/backup")) == "live/backup");
    CHECK(admission.shown(Secret("live")) == "live");
    CHECK(admission.shown(Secret("live/k4")) == "live/***");
    CHECK(outcome(admission.play(from("127.0.0.1"), Secret("live"), Secret("k4/backup"))) ==
          "live/backup");
    rules.backup = "k4";
    CHECK_THROWS_AS(Admission{rules}, Error);
}
