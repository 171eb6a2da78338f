// Texts for people: the nearest known word.
#include "base/text.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

#include "base/secret.hpp"
#include "config/wording.hpp"
#include "rtmp/peer_words.hpp"
#include "system/log.hpp"
#include "temporary_folder.hpp"

using namespace restream;
using restream::tests::TemporaryFolder;

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

namespace {

struct Foreign {
    std::string text;
    std::string shown;
};

/// Whatever is shown of what others wrote shows these so.
std::vector<Foreign> foreign_texts() {
    return {
        // What nobody sees.
        {"a\u00adb", "a\\u{ad}b"},
        {"a\u034fb", "a\\u{34f}b"},
        {"a\u061cb", "a\\u{61c}b"},
        {"a\u115f\u1160b", "a\\u{115f}\\u{1160}b"},
        {"a\u180eb", "a\\u{180e}b"},
        {"a\u200bb", "a\\u{200b}b"},
        {"a\u200c\u200db", "a\\u{200c}\\u{200d}b"},
        {"a\u200e\u200fb", "a\\u{200e}\\u{200f}b"},
        {"a\u2028\u2029b", "a\\u{2028}\\u{2029}b"},
        {"a\u2060\u2064b", "a\\u{2060}\\u{2064}b"},
        {"a\u206a\u206fb", "a\\u{206a}\\u{206f}b"},
        {"a\u3164b", "a\\u{3164}b"},
        {"\ufeffab", "\\u{feff}ab"},
        {"a\uffa0b", "a\\u{ffa0}b"},
        {"a\ufff9\ufffbb", "a\\u{fff9}\\u{fffb}b"},
        {"a\U0001d173b", "a\\u{1d173}b"},
        {"a\U000e0001\U000e007fb", "a\\u{e0001}\\u{e007f}b"},
        {"a\U000e0100b", "a\\u{e0100}b"},
        // What turns the text around it: "live" that reads "evil".
        {"\u202eevil\u202c", "\\u{202e}evil\\u{202c}"},
        {"\u202a\u202b\u202d", "\\u{202a}\\u{202b}\\u{202d}"},
        {"\u2066x\u2067\u2068\u2069", "\\u{2066}x\\u{2067}\\u{2068}\\u{2069}"},
        // Joined emoji come apart: no list says which joiners are harmless.
        {"\U0001f469\u200d\U0001f4bb", "\U0001f469\\u{200d}\U0001f4bb"},
        // Controls, and what is no UTF-8.
        {"a\tb\nc\rd\x1b[31m\x7f", "a b c d [31m "},
        {std::string("a\0b", 3), "a b"},
        {"a\u009b31mb", "a 31mb"},
        {"a\x9b"
         "b",
         "a b"},
        {"a\xe2\x80", "a  "},
        {"\xc0\xaf", "  "},
        {"\xed\xa0\x80", "   "},
        {"\xf4\x90\x80\x80", "    "},
        // What is seen stays.
        {"größer 音楽 🎥 \u2764\ufe0f", "größer 音楽 🎥 \u2764\ufe0f"},
        {"a\u00a0b\u202fc\u2014\u2026", "a\u00a0b\u202fc\u2014\u2026"},
        {"\u05e9\u05dc\u05d5\u05dd \u0633\u0644\u0627\u0645",
         "\u05e9\u05dc\u05d5\u05dd \u0633\u0644\u0627\u0645"},
        {"", ""},
    };
}

std::string without_end_blanks(std::string text) {
    while (text.ends_with(' ')) text.pop_back();
    return text;
}

}  // namespace

TEST_CASE("text: what nobody sees of foreign text is made visible, wherever such text is shown") {
    const TemporaryFolder folder;
    int number = 0;
    for (const auto& [text, shown] : foreign_texts()) {
        CAPTURE(shown);
        CHECK(visible_text(text) == shown);
        CHECK(visible_text(shown) == shown);
        // A server's words, with and without its secrets hidden.
        CHECK(clean_words(text, 300) == without_end_blanks(shown));
        CHECK(SecretMask().apply(text) == without_end_blanks(shown));
        // What somebody wrote into the configuration, or into a request.
        const bool has_blanks = shown.find(' ') != std::string::npos && shown != text;
        if (!has_blanks) CHECK(in_quotes(text) == "\"" + shown + "\"");
        // A log.
        LogFile log(folder.path() / fmt::format("{}.log", ++number), 1'000'000, 1);
        log.line(text);
        CHECK(folder.read(fmt::format("{}.log", number)).ends_with("Z " + shown + "\n"));
    }
}

TEST_CASE("text: what is made visible is cut in whole, and hides no secret from its mask") {
    CHECK(clean_words("ab\u202ecd", 9) == "ab");
    CHECK(clean_words("ab\u202ecd", 10) == "ab\\u{202e}");
    SecretMask mask;
    mask.hide(Secret("key\u200b-4711-xyz"));
    CHECK(mask.apply("no key\u200b-4711-xyz here\u200b") == "no *** here\\u{200b}");
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
