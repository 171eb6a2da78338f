// The audit log: its lines, and the file that several processes append to.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "state/audit_log.hpp"
#include "system/bounded_file.hpp"
#include "temporary_folder.hpp"

namespace restream::tests {

namespace fs = std::filesystem;
using nlohmann::json;
using namespace std::chrono_literals;

TEST_SUITE_BEGIN("audit");

namespace {

const WallTime some_time = *from_iso8601("2026-01-31T20:14:03.120Z");

AuditEntry entry(std::string what = "enable youtube") {
    return {some_time, {WayIn::command_line, 1000, "anna", ""}, std::move(what), "ok"};
}

int mode_of(const fs::path& file) {
    struct stat info {};
    REQUIRE(::stat(file.c_str(), &info) == 0);
    return info.st_mode & 07777;
}

std::size_t count_lines(const std::string& text) {
    return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

}  // namespace

TEST_CASE("audit: an entry is one line, and reads back as it was") {
    const AuditEntry entries[] = {
        entry(),
        {some_time, {WayIn::link, std::nullopt, "", "192.168.1.7"}, "change main: url, key", "ok"},
        {some_time, {WayIn::none, 0, "root", "127.0.0.1"}, "log in", "password"},
        {some_time, {WayIn::token, 4294967295U, "", "::1"}, "", ""},
    };
    for (const auto& each : entries) {
        const std::string line = to_json_line(each);
        CAPTURE(line);
        CHECK(line.find('\n') == std::string::npos);
        CHECK(audit_entry_from_json(line) == each);
        CHECK(actor_from_json(to_json_line(each.who)) == each.who);
    }
    CHECK(to_text(entries[0]) ==
          "2026-01-31T20:14:03.120Z anna (1000), command line: enable youtube: ok");
    CHECK(to_text(entries[1]) ==
          "2026-01-31T20:14:03.120Z 192.168.1.7, link: change main: url, key: ok");
    CHECK(to_text(entries[2]) ==
          "2026-01-31T20:14:03.120Z root (0) at 127.0.0.1, not let in: log in: password");
}

TEST_CASE("audit: hostile text makes no second line, no escape sequence, and no long one") {
    const std::string hostile[] = {
        "a\nb",
        "a\r\x1b[2Jb",
        std::string("a\0b", 3),
        "\x7f\x80\xff",
        "\u202egnp.exe",
        "\u200b\u061c\u00e9",
        "{\"at\":\"2026-01-31T20:14:03.120Z\"}",
        "\",\"result\":\"ok\"}\n{\"at\":\"",
        std::string(100'000, '\x01'),
    };
    for (const auto& text : hostile) {
        const AuditEntry bad{some_time, {WayIn::none, 7, text, text}, text, text};
        const std::string line = to_json_line(bad);
        CAPTURE(line.substr(0, 200));
        CHECK(std::ranges::all_of(line, [](char c) { return c >= ' ' && c <= '\x7f'; }));
        CHECK(line.size() < 11'000);
        const auto read = audit_entry_from_json(line);
        REQUIRE(read);
        CHECK(read->who.way == WayIn::none);
        CHECK(read->who.uid == 7);
        CHECK(std::ranges::all_of(to_text(*read), [](char c) { return c >= ' ' && c <= '~'; }));
    }
}

TEST_CASE("audit: what is no entry is left out, and the one behind a torn line is read") {
    const std::string good = to_json_line(entry());
    for (const std::string& bad :
         {std::string(), std::string("x"), std::string("{}"), std::string("[1]"),
          good.substr(0, good.size() / 2), good + "x", std::string("{\"at\":\"yesterday\"}"),
          std::string("{\"at\":\"2026-01-31T20:14:03.120Z\"}")}) {
        CAPTURE(bad);
        CHECK_FALSE(audit_entry_from_json(bad));
    }
    json value = json::parse(good);
    for (const auto& [name, wrong] :
         std::vector<std::pair<std::string, json>>{{"uid", "1000"},
                                                   {"uid", -1},
                                                   {"uid", 4294967296},
                                                   {"uid", 1.5},
                                                   {"way", "window"},
                                                   {"way", nullptr},
                                                   {"what", 7},
                                                   {"at", 7},
                                                   {"user", json::array()}}) {
        json changed = value;
        changed[name] = wrong;
        CAPTURE(changed.dump());
        // "at" comes first, as it is written.
        changed.erase("at");
        const std::string rest = changed.dump().substr(1);
        const json at = name == "at" ? wrong : value["at"];
        CHECK_FALSE(audit_entry_from_json("{\"at\":" + at.dump() + "," + rest));
    }
    CHECK(audit_entry_from_json(good.substr(0, good.size() / 2) + good) == entry());
}

TEST_CASE("audit: the last changes are found, across rotated files, the newest last") {
    const TemporaryFolder folder;
    const Layout layout(folder.path());
    CHECK(last_changes(layout, 10).empty());
    const auto lines = [](int from, int to) {
        std::string text;
        for (int i = from; i < to; ++i) text += to_json_line(entry(std::to_string(i))) + "\n";
        return text;
    };
    folder.write("logs/audit.jsonl.2", lines(0, 3));
    folder.write("logs/audit.jsonl.1", lines(3, 5) + "no entry\n");
    folder.write("logs/audit.jsonl", lines(5, 6) + "{\"at\":\"20" + lines(6, 7) + "\n" + "{\"at\"");
    const auto whats = [&](std::size_t count) {
        std::string all;
        for (const auto& each : last_changes(layout, count)) all += each.what;
        return all;
    };
    CHECK(whats(0) == "");
    CHECK(whats(1) == "6");
    CHECK(whats(4) == "3456");
    CHECK(whats(5) == "23456");
    CHECK(whats(100) == "0123456");
    const json document = json::parse(audit_document(last_changes(layout, 1)));
    const json only = {{"at", "2026-01-31T20:14:03.120Z"},
                       {"way", "command_line"},
                       {"uid", 1000},
                       {"user", "anna"},
                       {"address", nullptr},
                       {"what", "6"},
                       {"result", "ok"}};
    CHECK(document == json{{"schema", 1}, {"changes", json::array({only})}});
}

TEST_CASE("audit: the log is for its owner alone, and one that can't be written says why") {
    const TemporaryFolder folder;
    const Layout layout(folder.path() / "state");
    CHECK_FALSE(append_audit(layout, entry()));
    CHECK(mode_of(layout.audit_log()) == 0600);
    CHECK(mode_of(layout.log_directory()) == 0700);
    CHECK(last_changes(layout, 10) == std::vector{entry()});
    fs::remove(layout.audit_log());
    fs::create_directory(layout.audit_log());
    const auto problem = append_audit(layout, entry());
    REQUIRE(problem);
    CHECK_MESSAGE(problem->find(layout.audit_log().string()) != std::string::npos, *problem);
    fs::remove(layout.audit_log());
    // Nobody reads it: it would block.
    REQUIRE(::mkfifo(layout.audit_log().c_str(), 0600) == 0);
    CHECK(append_audit(layout, entry()));
}

TEST_CASE("bounded file: lines of many writers never mix and none is lost; the bound of one holds") {
    const TemporaryFolder folder;
    const fs::path path = folder.path() / "log";
    constexpr int writers = 8;
    constexpr int each_writes = 300;
    const std::string text(90, 'x');
    // All of it fits into what is kept.
    const FileBound bound{40'000, 9};
    {
        std::vector<std::jthread> threads;
        for (int w = 0; w < writers; ++w) {
            threads.emplace_back([&, w] {
                for (int i = 0; i < each_writes; ++i) {
                    const auto error =
                        append_line(path, fmt::format("{} {} {}\n", w, i, text), bound);
                    if (error) std::abort();
                }
            });
        }
    }
    std::size_t lines = 0;
    std::set<std::string> seen;
    for (int n = 0; n <= bound.keep; ++n) {
        const std::string content = folder.read(rotated_path("log", n).string());
        lines += count_lines(content);
        std::istringstream all(content);
        for (std::string line; std::getline(all, line);) {
            CHECK(line.ends_with(" " + text));
            seen.insert(line);
        }
    }
    CHECK(lines == writers * each_writes);
    CHECK(seen.size() == lines);
    CHECK(fs::exists(rotated_path(path, 1)));
    // With less kept, no more than that lies on the disk.
    const FileBound small{5'000, 1};
    for (int i = 0; i < 500; ++i) CHECK_FALSE(append_line(path, text + "\n", small));
    CHECK(fs::file_size(path) < 5'100);
    CHECK(fs::file_size(rotated_path(path, 1)) < 5'100);
    for (int i = 0; i < 100; ++i) CHECK_FALSE(append_line(path, text + "\n", {5'000, 0}));
    CHECK(fs::file_size(path) < 5'100);
}

TEST_SUITE_END();

}  // namespace restream::tests
