// Texts for people: the nearest known word.
#include "base/text.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

#include "base/log.hpp"
#include "base/secret.hpp"

using namespace restream;

TEST_CASE("text: the nearest known word is found for a typing error") {
    constexpr std::array<std::string_view, 4> known = {"enable", "disable", "status", "start"};
    CHECK(nearest("enbale", known) == "enable");
    CHECK(nearest("statsu", known) == "status");
    CHECK(nearest("strat", known) == "start");
    CHECK_FALSE(nearest("quit", known));
    CHECK_FALSE(nearest("", known));
    CHECK_FALSE(nearest(std::string(100'000, 'e'), known));
}

TEST_CASE("text: the nearest word is found whatever its case, and by its begin") {
    constexpr std::array<std::string_view, 5> known = {"twitch2", "--all", "--timeout", "a", "b1"};
    CHECK(nearest("Twitch2", known) == "twitch2");
    CHECK(nearest("TWICH2", known) == "twitch2");
    CHECK(nearest("--al", known) == "--all");
    CHECK(nearest("--time", known) == "--timeout");
    CHECK(nearest("A", known) == "a");
    CHECK_FALSE(nearest("c", known));
    CHECK_FALSE(nearest("--", known));
}

TEST_CASE("text: lines break between words at any width, and longer words stay whole") {
    const std::string text =
        "restream-enable: youtube: the server refused the stream key; copy a "
        "fresh one from https://www.youtube.com/live_dashboard and run "
        "'restream key youtube'";
    for (std::size_t width = 1; width < 140; ++width) {
        CAPTURE(width);
        const std::string lines = wrapped("  ", text, width, 4);
        CHECK(lines.ends_with("'\n"));
        std::string joined;
        std::size_t begin = 0;
        while (begin < lines.size()) {
            const std::size_t end = lines.find('\n', begin);
            std::string line = lines.substr(begin, end - begin);
            const bool is_one_word =
                line.find(' ', line.find_first_not_of(' ')) == std::string::npos;
            CHECK((line.size() <= width || is_one_word));
            line.erase(0, line.find_first_not_of(' '));
            joined += (joined.empty() ? "" : " ") + line;
            begin = end + 1;
        }
        CHECK(joined == text);
    }
    CHECK(wrapped("  ", text, no_width, 4) == "  " + text + "\n");
    CHECK(wrapped("x ", "", 10, 2) == "x \n");
}

TEST_CASE(
    "text: each line is indented below its own begin, and a last one without an end stays so") {
    CHECK(wrapped_lines("ab cd ef\n  gh ij kl\n\nmn", 7) == "ab cd\n  ef\n  gh ij\n  kl\n\nmn");
    CHECK(wrapped_lines("", 7) == "");
    CHECK(wrapped_lines("  \n", 7) == "  \n");
}

TEST_CASE("text: colours take no column, and a character of UTF-8 takes one") {
    CHECK(columns_of("\x1b[32m✓\x1b[0m größer") == 8);
    CHECK(wrapped_lines("\x1b[32mäöü\x1b[0m äöü\n", 7) == "\x1b[32mäöü\x1b[0m äöü\n");
    CHECK(columns_of("\x1b[") == 0);
    CHECK(cut_to("äöüß", 4) == "äöüß");
    CHECK(cut_to("äöüßx", 4) == "äöü…");
    CHECK(cut_to("abc", 1) == "…");
    CHECK(cut_to("abc", 0).empty());
}

TEST_CASE("text: edit distance counts a swap of neighbours as one") {
    CHECK(edit_distance("", "") == 0);
    CHECK(edit_distance("abc", "") == 3);
    CHECK(edit_distance("abc", "acb") == 1);
    CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("secret: it formats as three stars, and an empty one as nothing") {
    CHECK(fmt::format("{}", Secret("live_123")) == "***");
    CHECK(fmt::format("{}", Secret()) == "");
}

TEST_CASE("secret: moving leaves nothing behind") {
    Secret from("a key that is longer than any small buffer");
    const Secret to(std::move(from));
    CHECK(to.reveal() == "a key that is longer than any small buffer");
    CHECK(from.is_empty());
}

TEST_CASE("log: a secret is masked wherever it stands, also percent-encoded") {
    CHECK(masked("a k+y-4711 b k%2By-4711 c", Secret("k+y-4711")) == "a *** b *** c");
    CHECK(masked("xabcd1234y", Secret("abcd1234")) == "x***y");
    CHECK(masked("no KEY-12345, no 77777777 of a=77777777", Secret("KEY-12345?a=77777777")) ==
          "no ***, no *** of a=***");
    CHECK(masked("nothing", Secret()) == "nothing");
    CHECK(masked("***", Secret("*")).find_first_not_of('*') == std::string::npos);
}

TEST_CASE("log: a key that is an ordinary word blanks only the places where a key stands") {
    struct Case {
        const char* text;
        const char* key;
        const char* shown;
    };
    const Case cases[] = {
        // A short word is masked in URLs, and nowhere else.
        {"live: session 3, live for 10 s", "live", "live: session 3, live for 10 s"},
        {"rtmp://h:1935/live/live closed", "live", "rtmp://h:1935/live/*** closed"},
        {"rtmp://live/app/x", "live", "rtmp://live/app/x"},
        {"rtmp://h/live2/live2x", "live", "rtmp://h/live2/live2x"},
        {"rtmps://[::1]:443/app/live?x=1", "live", "rtmps://[::1]:443/app/***?x=1"},
        {"(rtmp://h/app/inst/live)", "live", "(rtmp://h/app/inst/***)"},
        {"rtmp://h/app?key=live&b=live", "live", "rtmp://h/app?key=***&b=***"},
        {"rtmp://h/app?live", "live", "rtmp://h/app?***"},
        {"rtmp://live:word@h/app", "live", "rtmp://***:word@h/app"},
        {"rtmp://me:live@h/app", "live", "rtmp://me:***@h/app"},
        {"rtmp://h/app/live, then rtmp://h/app/live.", "live",
         "rtmp://h/app/***, then rtmp://h/app/***."},
        {"k4 and rtmp://h/app/k4", "k4", "k4 and rtmp://h/app/***"},
        {"error 1 at rtmp://h/app?backup=1", "1", "error 1 at rtmp://h/app?backup=***"},
        // A long one that reads like a word, as a whole word.
        {"recordings of recording", "recording", "recordings of ***"},
        {"my_recording, /recording/", "recording", "my_recording, /***/"},
        {"a live-event-key!", "live-event-key", "a ***!"},
        // Any other long one, everywhere.
        {"xabcd-efgh-ijkl-mnopx", "abcd-efgh-ijkl-mnop", "x***x"},
        {"live_x9y8z7_1", "live_x9y8z7", "***_1"},
    };
    for (const Case& each : cases) {
        CAPTURE(each.text);
        CHECK(masked(each.text, Secret(each.key)) == each.shown);
    }
}
