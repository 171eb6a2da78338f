// What was healed last.
#include "state/healing.hpp"

#include <doctest/doctest.h>

#include "system/paths.hpp"
#include "temporary_folder.hpp"

namespace restream {

TEST_CASE("healing: what is noted is read back") {
    const tests::TemporaryFolder folder;
    const Layout layout(folder.path());
    CHECK_FALSE(last_healing(layout));
    make_private_directory(layout.run_directory());
    const Healing healing{from_iso8601("2026-01-31T20:14:03.120Z").value(),
                          true,
                          {"youtube", "twitch"},
                          "kick: \"no\""};
    note_healing(layout, healing);
    CHECK(last_healing(layout) == healing);
}

TEST_CASE("healing: what is torn, foreign or of another type is not read") {
    const char* bad[] = {
        "",
        "{",
        "[]",
        "null",
        "7",
        "{}",
        R"({"schema":2,"at":"2026-01-31T20:14:03Z","ingest":true,"relays":[],"problem":""})",
        R"({"schema":1,"at":"yesterday","ingest":true,"relays":[],"problem":""})",
        R"({"schema":1,"at":7,"ingest":true,"relays":[],"problem":""})",
        R"({"schema":1,"at":"2026-01-31T20:14:03Z","ingest":1,"relays":[],"problem":""})",
        R"({"schema":1,"at":"2026-01-31T20:14:03Z","ingest":true,"relays":[1],"problem":""})",
        R"({"schema":1,"at":"2026-01-31T20:14:03Z","ingest":true,"relays":"all","problem":""})",
        R"({"schema":1,"at":"2026-01-31T20:14:03Z","ingest":true,"relays":[]})",
        R"({"schema":1,"at":"2026-01-31T20:14:03Z","ingest":true,"relays":[],"problem":null})",
    };
    for (const char* text : bad) {
        CAPTURE(text);
        CHECK_FALSE(healing_from_json(text));
    }
}

}  // namespace restream
