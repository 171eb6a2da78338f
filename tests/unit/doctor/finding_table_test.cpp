// What doctor finds, told by a code: its table, the manual page, and the checks agree.
#include "doctor/finding_table.hpp"

#include <doctest/doctest.h>

#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <utility>

#include "config/key.hpp"
#include "doctor/config_checks.hpp"
#include "doctor/found.hpp"
#include "doctor/state_checks.hpp"
#include "state/session_end.hpp"
#include "temporary_folder.hpp"
#include "unit/sentences_of_all.hpp"

using namespace restream;
using namespace restream::tests;

namespace {

std::set<std::string> words_in(std::string_view text) {
    std::istringstream words{std::string(text)};
    return {std::istream_iterator<std::string>(words), std::istream_iterator<std::string>()};
}

}  // namespace

TEST_CASE("findings: each code is one, is snake_case, and its gaps have values") {
    const std::set<std::string_view> areas = {"config",       "state",     "relays", "ingest",
                                              "destinations", "dashboard", "system"};
    std::set<std::string_view> codes;
    for (const auto& each : all_sentences()) {
        CAPTURE(each.code);
        CHECK(codes.insert(each.code).second);
        CHECK(std::regex_match(std::string(each.code), std::regex("[a-z]+(_[a-z]+)*")));
        CHECK(areas.contains(each.area));
        CHECK_FALSE(each.message.empty());
        const auto values = words_in(each.values);
        CHECK(values.size() == count_names(each.values));
        for (const auto& gap : english_gaps(each)) CHECK_MESSAGE(values.contains(gap), gap);
    }
}

TEST_CASE("findings: a key's problem is told in the words that commands have for it") {
    const TemporaryFolder folder;
    const Registry registry{Layout(folder.path() / "state")};
    const std::pair<KeyReference, std::string> cases[] = {
        {std::monostate(), "key_missing"},
        {KeyFile{folder.path() / "none"}, "key_file_unreadable"},
        {KeyFile{folder.path()}, "key_file_unreadable"},
        {KeyEnv{"RESTREAM_NO_SUCH_VARIABLE"}, "key_variable_unset"},
        {KeyFile{folder.write("empty", "")}, "key_unusable"},
        {KeyFile{folder.write("blank", "SECRET word\n")}, "key_unusable"},
    };
    for (const auto& [key, code] : cases) {
        CAPTURE(code);
        Config config;
        Destination destination;
        destination.name = "one";
        destination.service = "twitch";
        destination.url = "rtmp://live.twitch.tv/app";
        destination.key = key;
        config.destinations = {destination};
        const auto problem = foresee_key_problem(destination);
        REQUIRE(problem);
        const auto findings = check_keys(config, registry);
        REQUIRE_FALSE(findings.empty());
        const Finding& finding = findings[0].finding;
        CHECK(finding.code == code);
        CHECK(finding.message == "one: " + problem->message);
        CHECK(to_json(findings).find("SECRET") == std::string::npos);
    }
}

TEST_CASE("findings: JSON has the code and the values of the words, also of what was mended") {
    std::vector<Diagnosis> all = {
        mended_by(found(Severity::warning, "folder_open_to_others", "/x"), [] { return true; }),
        found_of("one+backup", Severity::ok, "server_reachable", "h:1")};
    CHECK(all[0].finding.message == "others can write to /x");
    CHECK(all[0].finding.remedy == "chmod go-w '/x'");
    CHECK(all[1].finding.message == "one (backup): h:1 accepts connections");
    mend_all(all);
    const std::string text = to_json(all);
    for (const char* part :
         {"\"severity\": \"ok\"", "\"code\": \"folder_open_to_others\"", "\"path\": \"/x\"",
          "others can write to /x: mended", "\"relay\": \"one+backup\"", "\"destination\": \"one\"",
          "\"place\": \"h:1\""}) {
        CHECK_MESSAGE(text.find(part) != std::string::npos, part << " is not in " << text);
    }
}

TEST_CASE("findings: the manual page lists each code with its values") {
    std::map<std::string, std::set<std::string>> listed;
    static const std::regex line(R"(^    ([a-z_]+)((?: +[a-z_]+)*)$)");
    for (const auto& each : lines_of("docs/man/restream-doctor.1.scd")) {
        std::smatch found;
        if (std::regex_match(each, found, line)) listed[found[1]] = words_in(found[2].str());
    }
    for (const auto& each : all_sentences()) {
        CAPTURE(each.code);
        REQUIRE(listed.contains(std::string(each.code)));
        CHECK(listed[std::string(each.code)] == words_in(each.values));
    }
    CHECK(listed.size() == all_sentences().size());
}

TEST_CASE("findings: no remedy interrupts what is live without saying so") {
    static const std::regex harmful(
        R"('restream (ingest (restart|reload|stop)|restart|stop|remove)\b)");
    static const std::regex warning("interrupt|disconnect|ends it");
    const auto check = [](std::string_view code, const std::string& remedy) {
        CAPTURE(code);
        CAPTURE(remedy);
        if (!std::regex_search(remedy, harmful)) return;
        CHECK(std::regex_search(remedy, warning));
    };
    for (const auto& each : all_sentences()) {
        check(each.code, fmt::format("{} {} {}", each.message, each.cause, each.remedy));
    }
    for (const auto name : end_code_names()) {
        check(name, remedy(*parse_end_code(name), "one"));
    }
}

TEST_CASE("findings: a folder's fault is told with what helps against it") {
    const TemporaryFolder folder;
    const Registry registry{Layout(folder.path() / "state")};
    const auto finding = [&] {
        const auto checked = check_state_folder(registry);
        REQUIRE(checked.diagnoses.size() == 1);
        return checked.diagnoses[0].finding;
    };
    CHECK(finding().code == "state_absent");
    folder.write("state/run", "");
    CHECK(finding().code == "state_not_a_folder");
    CHECK(finding().remedy.starts_with("mv '" + (folder.path() / "state/run").string()));
    std::filesystem::remove(folder.path() / "state/run");
    std::filesystem::create_symlink("missing", folder.path() / "state/run");
    CHECK(finding().code == "state_link_broken");
    CHECK(finding().message.find("a link to missing,") != std::string::npos);
    std::filesystem::remove(folder.path() / "state/run");
    std::filesystem::create_symlink("run", folder.path() / "state/run");
    CHECK(finding().code == "state_link_loop");
    std::filesystem::remove(folder.path() / "state/run");
    CHECK(finding().code == "state_writable");
}
