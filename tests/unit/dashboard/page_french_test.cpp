// The page has French for all that the server tells by a code.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <regex>
#include <set>

#include "config/platform.hpp"
#include "ingest/cut_off_words.hpp"
#include "ingest/refusal_words.hpp"
#include "state/session_end.hpp"
#include "unit/sentences_of_all.hpp"

namespace fs = std::filesystem;
using namespace restream;
using namespace restream::tests;

namespace {

/// Of a dictionary of the page, by key: what stands in its entry, which is indented by four blanks,
/// and ends at the next one.
std::map<std::string, std::string> page_entries(const std::string& name) {
    static const std::regex begin(R"(^    '?(\w[^']*?)'?: (.*)$)");
    std::map<std::string, std::string> entries;
    std::string last;
    for (const auto& line : lines_of("lib/dashboard/page/" + name)) {
        std::smatch found;
        if (std::regex_match(line, found, begin)) {
            last = found[1];
            CHECK_MESSAGE(!entries.contains(last), name << " has " << last << " twice");
            entries[last] = found[2];
        } else if (!last.empty()) {
            entries[last] += line;
        }
    }
    return entries;
}

std::set<std::string> keys_of(const std::map<std::string, std::string>& entries) {
    std::set<std::string> keys;
    for (const auto& [key, text] : entries) keys.insert(key);
    return keys;
}

/// Of the sentences in an entry, which is JavaScript and has other braces, too.
std::vector<std::string> french_gaps(const std::string& entry) {
    static const std::regex sentence(R"((?:message|cause|remedy): '((?:[^'\\]|\\.)*)')");
    std::string all;
    for (std::sregex_iterator each(entry.begin(), entry.end(), sentence), end; each != end;
         ++each) {
        all += (*each)[1].str();
    }
    return gaps_of(all);
}

}  // namespace

TEST_CASE("findings: the page has French for each code, with the same gaps") {
    const auto french = page_entries("findings_fr.js");
    std::set<std::string> codes;
    for (const auto& each : all_sentences()) {
        CAPTURE(each.code);
        codes.insert(std::string(each.code));
        const auto found = french.find(std::string(each.code));
        REQUIRE(found != french.end());
        CHECK(found->second.find("message: '") != std::string::npos);
        CHECK((found->second.find("cause: '") != std::string::npos) == !each.cause.empty());
        CHECK(french_gaps(found->second) == english_gaps(each));
    }
    CHECK(keys_of(french) == codes);
}

TEST_CASE("reasons: the page has French for each way a session ends, and for what commands add") {
    std::set<std::string> codes = {"not_running", "not_started", "not_started_yet", "not_stopped"};
    for (const auto name : end_code_names()) codes.insert(std::string(name));
    CHECK(codes.contains("publish_refused"));
    CHECK(keys_of(page_entries("reasons_fr.js")) == codes);
}

TEST_CASE("refusals of publishers: the page has words for each, in both languages") {
    for (const char* file : {"words_en.js", "words_fr.js"}) {
        const auto words = page_entries(file);
        for (const auto& each : refusal_words) {
            CAPTURE(each.code);
            CHECK(words.contains(fmt::format("refusal_{}", each.code)));
        }
    }
    for (const auto& each : refusal_words) CHECK(code_of_refusal(each.words) == each.code);
    CHECK(code_of_refusal("something else").empty());
}

TEST_CASE("cut off clients: the page has words for each reason, in both languages") {
    for (const char* file : {"words_en.js", "words_fr.js"}) {
        const auto words = page_entries(file);
        for (const auto& each : cut_off_words) {
            CAPTURE(each.code);
            CHECK(words.contains(fmt::format("cut_off_{}", each.code)));
        }
    }
    const std::string manual = content_of("docs/man/restream-ingest.1.scd");
    for (const auto& each : cut_off_words) {
        CAPTURE(each.code);
        CHECK(manual.find(std::regex_replace(std::string(each.code), std::regex("_"), "\\_")) !=
              std::string::npos);
    }
}

TEST_CASE("errors of the API: the page has French for each code that docs/api.md names") {
    std::set<std::string> codes;
    static const std::regex row(R"(^\| [0-9, ]+ \| ([`a-z_, ]+) \|.*$)");
    static const std::regex code("`([a-z_]+)`");
    for (const auto& line : lines_of("docs/api.md")) {
        std::smatch found;
        if (!std::regex_match(line, found, row)) continue;
        const std::string cell = found[1];
        for (std::sregex_iterator each(cell.begin(), cell.end(), code), end; each != end; ++each) {
            codes.insert((*each)[1]);
        }
    }
    CHECK(codes.contains("token_missing"));
    CHECK(keys_of(page_entries("errors_fr.js")) == codes);
}

TEST_CASE("notes of the platforms: the page has French for each") {
    const std::string french = content_of("lib/dashboard/page/notes_fr.js");
    std::size_t count = 0;
    for (const auto& each : load_platforms(fs::path(RESTREAM_SOURCE) / "share").list) {
        if (each.note.empty()) continue;
        ++count;
        CHECK_MESSAGE(french.find("'" + each.note + "': '") != std::string::npos, each.note);
    }
    CHECK(count > 0);
}
