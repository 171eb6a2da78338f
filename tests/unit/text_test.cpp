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
    CHECK(masked("a k+y b k%2By c", Secret("k+y")) == "a *** b *** c");
    CHECK(masked("nothing", Secret()) == "nothing");
    CHECK(masked("***", Secret("*")).find_first_not_of('*') == std::string::npos);
}
