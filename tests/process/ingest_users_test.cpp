// What other users of this machine may do at the embedded ingest.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "as_nobody.hpp"
#include "client/client_connection.hpp"
#include "engine/listener.hpp"
#include "engine/raw_client.hpp"
#include "net/loop.hpp"
#include "process/patience.hpp"
#include "process/world.hpp"
#include "system/peer_user.hpp"

namespace restream::test {

using nlohmann::json;

namespace {

enum class User { root, nobody };

/// Why the ingest refuses a user's wish; empty where it does not.
std::string refusal(const World& world, User user, RtmpRole role, const std::string& key = "") {
    // Who makes a socket is whose it is.
    std::optional<AsNobody> as_nobody;
    if (user == User::nobody) as_nobody.emplace();
    Loop loop;
    ClientConnection::Request request;
    request.endpoint = *play_endpoint(world.ingest_url());
    request.endpoint.playpath = Secret(key);
    request.role = role;
    ClientConnection connection(loop, request);
    const Deadline deadline = long_enough();
    while (!connection.is_accepted() && !connection.ending() && !deadline.has_passed()) {
        connection.poll();
        loop.run_once(deadline);
    }
    const auto ending = connection.ending();
    if (ending) return ending->detail;
    return connection.is_accepted() ? "" : "it does not answer";
}

/// Why this cannot be tested here; empty where it can.
std::string obstacle() {
    if (this_user() != 0) return "only root can ask as another user";
    if (!knows_peer_users()) return "this system does not say whose process it is that asks";
    return "";
}

}  // namespace

TEST_SUITE_BEGIN("ingest_users");

TEST_CASE("ingest: another user of this machine plays only where allow_play says so") {
    if (const auto why = obstacle(); !why.empty()) {
        MESSAGE("skipped: ", why);
        return;
    }
    const World world(IngestServer::embedded);
    world.must({"ingest", "start"});
    CHECK(refusal(world, User::root, RtmpRole::play) == "");
    const std::string told = refusal(world, User::nobody, RtmpRole::play);
    CHECK_MESSAGE(has(told, "NetStream.Play.Failed"), told);
    CHECK_MESSAGE(has(told, "allow_play"), told);
    CHECK(wait_until(Patience(std::chrono::seconds(10)), [&] {
        return std::ranges::any_of(world.ingest()["refusals"], [](const json& each) {
            return each["code"] == "playing_not_allowed_to_user";
        });
    }));
    world.configure("", "allow_play = [\"127.0.0.0/8\"]");
    world.must({"ingest", "reload"});
    CHECK(refusal(world, User::nobody, RtmpRole::play) == "");
    CHECK(refusal(world, User::root, RtmpRole::play) == "");
}

TEST_CASE("ingest: who guesses the publish key keeps himself out, and the owner not") {
    if (const auto why = obstacle(); !why.empty()) {
        MESSAGE("skipped: ", why);
        return;
    }
    const std::string key = "hushhush-7f3a";
    const World world(IngestServer::embedded);
    world.configure("", fmt::format("publish_key = \"{}\"", key));
    world.must({"ingest", "start"});
    int looked_at = 0;
    std::string last;
    for (int i = 0; i < 40; ++i) {
        last = refusal(world, User::nobody, RtmpRole::publish, fmt::format("hushhush-{}", i));
        looked_at += has(last, "wrong stream key") && !has(last, "too many") ? 1 : 0;
    }
    // Ten, and those that came to it meanwhile on a slow machine.
    CHECK(looked_at >= 10);
    CHECK(looked_at < 20);
    CHECK_MESSAGE(has(last, "too many wrong stream keys"), last);
    CHECK(has(refusal(world, User::nobody, RtmpRole::publish, key), "too many wrong stream keys"));
    CHECK(refusal(world, User::root, RtmpRole::publish, key) == "");
    const std::string logs = world.logs();
    CHECK(!has(logs, "hushhush"));
    std::size_t lines = 0;
    for (std::size_t at = 0; (at = logs.find("refused a publisher", at)) != std::string::npos;
         ++at) {
        ++lines;
    }
    CHECK(lines >= 2);
    CHECK(lines < 8);
}

TEST_SUITE_END();

}  // namespace restream::test
