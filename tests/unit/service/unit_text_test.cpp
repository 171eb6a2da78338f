// The text of systemd's units.
#include "service/unit_text.hpp"

#include <doctest/doctest.h>

#include "base/error.hpp"
#include "system/paths.hpp"

namespace restream {

namespace {

std::string share(const char* name) { return read_file(share_directory() / name, 65536); }

std::string rendered(const std::filesystem::path& program,
                     std::vector<std::pair<std::string, std::string>> variables = {}) {
    return render_service("@EXEC_START@\n@ENVIRONMENT@\n", {program, std::move(variables)});
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("unit: a word for systemd stands in double quotes, with quote, backslash and % escaped") {
    const std::pair<const char*, const char*> words[] = {
        {"", R"("")"},
        {"/usr/bin/restream-start", R"("/usr/bin/restream-start")"},
        {"a blank", R"("a blank")"},
        {"100%", R"("100%%")"},
        {"%h/%n %%", R"("%%h/%%n %%%%")"},
        {"\"quoted\"", R"("\"quoted\"")"},
        {"it's", R"("it's")"},
        {"back\\slash\\", R"("back\\slash\\")"},
        {"$HOME and ${HOME}", R"("$HOME and ${HOME}")"},
        {"# ; @GAP@ =", R"("# ; @GAP@ =")"},
        {"größer/音楽/🎥", R"("größer/音楽/🎥")"},
    };
    for (const auto& [value, expected] : words) {
        CAPTURE(value);
        CHECK(quoted_for_unit(value, "it") == expected);
    }
}

TEST_CASE("unit: what systemd does not take is refused, by its name and without its text") {
    const std::string bad[] = {
        "a\nb",
        "a\rb",
        "a\tb",
        "\x1b[31m",
        "\x7f",
        std::string("a\0b", 3),
        "\xff",
        "latin1 \xe9t\xe9",
        "\xc0\xaf",          // overlong
        "\xe0\x80\xaf",      // overlong
        "\xed\xa0\x80",      // a surrogate
        "\xf4\x90\x80\x80",  // beyond U+10FFFF
        "cut \xe2\x82",
        "\x80",
        "\xf0\x9f\x8e",
    };
    for (const auto& value : bad) {
        CAPTURE(value);
        CHECK_FALSE(is_fit_for_unit(value));
        try {
            static_cast<void>(quoted_for_unit(value, "the state folder"));
            FAIL_CHECK("it was taken");
        } catch (const Error& error) {
            CHECK(error.kind() == ErrorKind::refused);
            CHECK(std::string(error.what()).starts_with("the state folder has a character"));
        }
    }
}

TEST_CASE("unit: the program is started without a shell, unless systemd refuses its path") {
    CHECK(rendered("/opt/re stream/100%/restream-start") ==
          ":\"/opt/re stream/100%%/restream-start\" --heal\n\n");
    for (const char* path : {"/o'neill/start", "/a\"b/start", "/back\\slash/start"}) {
        CAPTURE(path);
        CHECK(rendered(path) ==
              ":/bin/sh -c 'exec \"$0\" --heal' " + quoted_for_unit(path, "") + "\n\n");
    }
}

TEST_CASE("unit: every variable stands on a line of its own, with its name inside the quotes") {
    CHECK(rendered("/start", {{"A", "b c"}, {"D", "%\""}}) ==
          ":\"/start\" --heal\nEnvironment=\"A=b c\"\nEnvironment=\"D=%%\\\"\"\n");
    CHECK_THROWS_AS(rendered("/start", {{"A", "b\nExecStart=/bin/rm"}}), Error);
    CHECK_THROWS_AS(rendered("/start\n"), Error);
}

TEST_CASE("unit: what is installed runs nothing but the healing, and kills nothing") {
    const std::string service =
        render_service(share("restream.service.in"), {"/bin/restream-start", {{"PATH", "/bin"}}});
    CHECK(is_our_unit(service));
    CHECK(has(service, "\nExecStart=:\"/bin/restream-start\" --heal\n"));
    CHECK(has(service, "\nEnvironment=\"PATH=/bin\"\n"));
    CHECK(has(service, "\nKillMode=process\n"));
    CHECK(has(service, "\nSendSIGKILL=no\n"));
    CHECK_FALSE(has(service, "ExecStop"));
    const std::string timer = render_timer(share("restream.timer.in"));
    CHECK(is_our_unit(timer));
    CHECK(has(timer, "\nOnUnitInactiveSec=10s\n"));
    CHECK(has(timer, "\nOnActiveSec=0\n"));
    CHECK(has(timer, "\nWantedBy=timers.target\n"));
}

TEST_CASE("unit: what it starts gets no new privileges, and is bounded; no hook loses its tools") {
    const std::string service = render_service(share("restream.service.in"), {"/start", {}});
    const char* lines[] = {
        "NoNewPrivileges=yes",
        "RestrictSUIDSGID=yes",
        "RestrictRealtime=yes",
        "LockPersonality=yes",
        "SystemCallArchitectures=native",
        "SystemCallErrorNumber=EPERM",
        "MemoryMax=2G",
        "TasksMax=2048",
        "OOMPolicy=continue",
    };
    for (const char* line : lines) {
        CAPTURE(line);
        CHECK(has(service, "\n" + std::string(line) + "\n"));
    }
    // A list of what is allowed would have to know all hooks.
    CHECK(has(service, "\nSystemCallFilter=~"));
    // What breaks just-in-time compilers, what needs a user namespace, and what web servers need.
    for (const char* begin : {"MemoryDenyWriteExecute", "Protect", "Private", "RestrictNamespaces",
                              "RestrictAddressFamilies", "UMask", "ReadOnlyPaths", "DynamicUser"}) {
        CAPTURE(begin);
        CHECK_FALSE(has(service, "\n" + std::string(begin)));
    }
}

TEST_CASE("unit: a template with a gap that is not known, or without one that is, is refused") {
    const ServiceFacts facts{"/start", {}};
    for (const char* text :
         {"", "@EXEC_START@", "@ENVIRONMENT@", "@EXEC_START@ @ENVIRONMENT@ @OTHER@",
          "@EXEC_START@ @ENVIRONMENT@ @", "@EXEC_START @ENVIRONMENT@"}) {
        CAPTURE(text);
        CHECK_THROWS_AS(render_service(text, facts), Error);
    }
    CHECK_THROWS_AS(render_timer("[Timer]\n"), Error);
}

TEST_CASE("unit: only what begins with our mark is ours") {
    CHECK_FALSE(is_our_unit(""));
    CHECK_FALSE(is_our_unit("[Unit]\n# Written by 'restream service install'\n"));
    CHECK_FALSE(is_our_unit("# written by hand\n[Unit]\n"));
    CHECK(is_our_unit("# Written by 'restream service install', of another version\n"));
}

}  // namespace restream
