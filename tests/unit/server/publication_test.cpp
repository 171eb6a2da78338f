#include "server/publication.hpp"

#include <doctest/doctest.h>

#include <string>

#include "unit/listening_player.hpp"
#include "unit/tags.hpp"

using namespace restream;
using namespace restream::test;

namespace {

Publication begun() {
    Publication publication;
    publication.begin();
    for (const Tag& each : {metadata(), avc_header(), aac_header()}) publication.publish(each);
    return publication;
}

}  // namespace

TEST_CASE("publication: who was there first gets everything, from the first tag on") {
    Publication publication;
    ListeningPlayer player;
    CHECK(publication.join(player) == 0);
    publication.begin();
    for (const Tag& each : {audio(0), inter(1), avc_header(2), keyframe(2)}) {
        publication.publish(each);
    }
    CHECK(player.heard == "came A0 I1 VH2 K2");
}

TEST_CASE("publication: a late player misses nothing and gets nothing twice, wherever it joins") {
    const std::vector<Tag> sent = {keyframe(0),    audio(5),    inter(33),   audio(28),  inter(66),
                                   keyframe(2000), audio(2010), inter(2033), audio(2040)};
    const std::string all = "K0 A5 I33 A28 I66 K2000 A2010 I2033 A2040";
    for (std::size_t at = 1; at <= sent.size(); ++at) {
        CAPTURE(at);
        Publication publication = begun();
        ListeningPlayer player;
        for (std::size_t i = 0; i < sent.size(); ++i) {
            if (i == at) publication.join(player);
            publication.publish(sent[i]);
        }
        if (at == sent.size()) publication.join(player);
        CHECK(player.heard == (at < 6 ? "M0 VH0 AH0 " + all
                                      : "M2000 VH2000 AH2000 " + all.substr(all.find("K2000"))));
        CHECK(player.tags.back().payload == sent.back().payload);  // the same buffer
    }
}

TEST_CASE("publication: without a GOP a player gets headers at once, and begins at a keyframe") {
    Publication publication = begun();
    ListeningPlayer player;
    publication.join(player);
    for (const Tag& each : {audio(3), inter(4), aac_header(5), audio(6), keyframe(7), audio(8)}) {
        publication.publish(each);
    }
    CHECK(player.heard == "M0 VH0 AH0 AH5 K7 A8");
}

TEST_CASE("publication: sound alone begins anywhere, and goes on when a picture comes") {
    Publication publication;
    publication.begin();
    publication.publish(aac_header());
    publication.publish(audio(10));
    ListeningPlayer player;
    publication.join(player);
    for (const Tag& each : {audio(20), avc_header(30), inter(31), keyframe(40)}) {
        publication.publish(each);
    }
    CHECK(player.heard == "AH10 A20 VH30 I31 K40");
}

TEST_CASE("publication: a player that waits for a picture which has stopped gets the sound") {
    Publication publication({Milliseconds(100), 1000});
    publication.begin();
    publication.publish(avc_header(0));
    ListeningPlayer player;
    publication.join(player);
    publication.publish(audio(90));
    CHECK(player.heard == "VH0");
    // The two may be any time apart: it is the sound that has gone on for so long.
    publication.publish(audio(191));
    publication.publish(inter(102));
    CHECK(player.heard == "VH0 A191 I102");
}

TEST_CASE("publication: players stay when the publisher goes, and hear the next one") {
    Publication publication = begun();
    publication.publish(keyframe(0));
    ListeningPlayer player, late;
    publication.join(player);
    publication.end();
    CHECK(!publication.has_publisher());
    CHECK(publication.players() == 1);
    publication.join(late);
    CHECK(late.heard.empty());
    publication.begin();
    publication.publish(avc_header(0));
    publication.publish(keyframe(0));
    CHECK(player.heard == "M0 VH0 AH0 K0 left came VH0 K0");
    CHECK(late.heard == "came VH0 K0");
}

TEST_CASE("publication: a player that waited for one publisher's keyframe is free with the next") {
    Publication publication = begun();
    ListeningPlayer player;
    publication.join(player);
    publication.end();
    publication.begin();
    publication.publish(audio(1));
    CHECK(player.heard == "M0 VH0 AH0 left came A1");
}

TEST_CASE("publication: who left gets nothing more") {
    Publication publication = begun();
    ListeningPlayer one, two;
    publication.join(one);
    publication.join(two);
    publication.leave(one);
    publication.leave(one);
    publication.publish(keyframe(9));
    CHECK(one.heard == "M0 VH0 AH0");
    CHECK(two.heard == "M0 VH0 AH0 K9");
    CHECK(publication.players() == 1);
}

TEST_CASE("publication: bytes count from the publisher's coming, and a burst in payload") {
    Publication publication;
    publication.begin();
    publication.publish(avc_header());
    publication.publish(keyframe(0));
    const auto sent = avc_header().payload.size() + keyframe(0).payload.size();
    CHECK(publication.bytes_received() == sent);
    ListeningPlayer player;
    CHECK(publication.join(player) == sent);
    publication.end();
    publication.begin();
    CHECK(publication.bytes_received() == 0);
}
