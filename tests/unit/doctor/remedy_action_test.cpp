// The command that a remedy names, for who offers a button for it.
#include "doctor/remedy_action.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <regex>
#include <sstream>

#include "base/sentence.hpp"
#include "doctor/found.hpp"
#include "unit/sentences_of_all.hpp"

using namespace restream;
using namespace restream::tests;

namespace {

/// A finding of that sentence, whose destination is "one"; other values are "x".
Diagnosis finding_of(const Sentence& sentence) {
    std::vector<Value> values;
    std::istringstream names{std::string(sentence.values)};
    for (std::string name; names >> name;) {
        values.emplace_back(name == "destination" || name == "relay" ? "one" : "x");
    }
    return {to_finding(Severity::failure, sentence, std::move(values)), {}};
}

Diagnosis said(const std::string& remedy, const std::string& code = "relay_backoff") {
    Finding finding;
    finding.severity = Severity::failure;
    finding.code = code;
    finding.remedy = remedy;
    finding.values = {{"destination", Value("one")},
                      {"destinations", Value(std::vector<std::string>{"one", "two"})}};
    return {finding, {}};
}

}  // namespace

TEST_CASE("remedy: each finding with a command in its words has an action") {
    // These only look, or end what shows the button; or the user has to choose the destination.
    static const std::regex other(
        "(doctor|dashboard [^']*|ingest status|key NAME|logs --ingest|probe|services|status)");
    static const std::regex command("'restream ([^']*)'");
    for (const Sentence& each : all_sentences()) {
        CAPTURE(each.code);
        const Diagnosis diagnosis = finding_of(each);
        const std::string text = diagnosis.finding.message + " " + diagnosis.finding.remedy;
        std::vector<std::string> commands;
        for (std::sregex_iterator found(text.begin(), text.end(), command), end; found != end;
             ++found) {
            if (!std::regex_match((*found)[1].str(), other)) commands.push_back((*found)[1]);
        }
        if (commands.empty()) continue;
        const auto action = remedy_action(diagnosis);
        REQUIRE(action);
        CHECK(std::ranges::any_of(
            commands, [&](const auto& one) { return one.starts_with(action->command); }));
    }
}

TEST_CASE("remedy: its command is read with the destinations it names") {
    using Action = RemedyAction;
    CHECK(remedy_action(said("run 'restream start'")) == Action{"start", {}});
    CHECK(remedy_action(said("run 'restream start one'")) == Action{"start", {"one"}});
    CHECK(remedy_action(said("copy a fresh key and run 'restream key one'")) ==
          Action{"key", {"one"}});
    CHECK(remedy_action(said("run 'restream disable one two': it is sent twice")) ==
          Action{"disable", {"one", "two"}});
    CHECK(remedy_action(said("mend it, then run 'restream ingest restart'")) ==
          Action{"ingest restart", {}});
    CHECK(remedy_action(said("see 'restream logs one', then run 'restream restart one'")) ==
          Action{"restart", {"one"}});
    CHECK(remedy_action(said("see 'restream logs one'")) == Action{"logs", {"one"}});
    CHECK(remedy_action(said("run 'restream explain': it tells")) == Action{"explain", {}});
    CHECK(remedy_action(said("run 'restream add NAME --service ID'")) == Action{"add", {}});
    CHECK(remedy_action(mended_by(said("chmod go-w '/x'"), [] { return true; })) ==
          Action{"doctor --fix", {}});
    Diagnosis key = said("", "key_missing");
    key.finding.message = "one: it has no stream key; 'restream key one' stores a new one";
    CHECK(remedy_action(key) == Action{"key", {"one"}});
}

TEST_CASE("remedy: what a program has no use for, or is for others than the finding, is none") {
    for (const char* remedy : {"",
                               "free space",
                               "run 'restream explain --json'",
                               "run 'restream probe'",
                               "run 'restream logs three'",
                               "run 'restream enable'",
                               "run 'restream key'",
                               "run 'restream enable three'",
                               "run 'restream enable one three'",
                               "run 'restream enable --all'",
                               "run 'restream enable one --timeout 1s'",
                               "run 'restream disable One'",
                               "run 'restream ingest stop'",
                               "run 'restream ingest restart one'",
                               "run 'restream doctor'",
                               "run 'restream start",
                               "run restream start",
                               "'restream '",
                               "'restream",
                               "run 'restream selftest'"}) {
        CAPTURE(std::string(remedy));
        CHECK_FALSE(remedy_action(said(remedy)));
    }
    Diagnosis foreign = said("");
    foreign.finding.message = "the server says: 'restream stop one'";
    CHECK_FALSE(remedy_action(foreign));
    Diagnosis fine = said("run 'restream start'");
    fine.finding.severity = Severity::ok;
    CHECK_FALSE(remedy_action(fine));
}

TEST_CASE("remedy: doctor's JSON has the action, or null") {
    const std::array all = {said("run 'restream start one'"), said("free space")};
    const std::string text = to_json(all);
    CHECK(text.find("\"command\": \"start\"") != std::string::npos);
    CHECK(text.find("\"action\": null") != std::string::npos);
}
