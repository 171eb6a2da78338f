// Hooks: they hear of every state in order, and whatever they do, no relay suffers.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <deque>
#include <nlohmann/json.hpp>
#include <sstream>

#include "process/descendants.hpp"
#include "process/free_port.hpp"
#include "process/patience.hpp"
#include "process/scene.hpp"
#include "process/web_server.hpp"

namespace restream::test {

namespace fs = std::filesystem;
using nlohmann::json;
using std::chrono::seconds;

TEST_SUITE_BEGIN("hook");

namespace {

constexpr std::string_view of_all_states =
    "on_state_for = [\"stopped\", \"waiting\", \"connecting\", \"live\", \"holding\", "
    "\"backoff\", \"rejected\"]\n";

/// The fields that make a command the hook, of the usual states; its deadline is the shortest.
std::string usually_hooked(const std::string& command) {
    return fmt::format("on_state = '''{}'''\non_state_deadline = \"1s\"\n", command);
}

/// The same of all states.
std::string hooked(const std::string& command) {
    return usually_hooked(command) + std::string(of_all_states);
}

std::vector<json> events_in(const fs::path& file) {
    std::vector<json> found;
    std::istringstream lines(content_of(file));
    for (std::string line; std::getline(lines, line);) {
        json event = json::parse(line, nullptr, false);
        if (!event.is_discarded()) found.push_back(std::move(event));
    }
    return found;
}

bool wait_event(const fs::path& file, const std::string& state) {
    return wait_until(
        Patience(seconds(20)),
        [&] {
            const auto events = events_in(file);
            return !events.empty() && events.back()["state"] == state;
        },
        Milliseconds(30));
}

/// Without repetitions: a state may be told again for another reason.
std::vector<std::string> states_of(const std::vector<json>& events) {
    std::vector<std::string> states;
    for (const auto& each : events) {
        const auto state = each["state"].get<std::string>();
        if (states.empty() || states.back() != state) states.push_back(state);
    }
    return states;
}

bool wait_log(const World& world, const std::string& name, const std::string& words) {
    return wait_until(
        Patience(seconds(20)), [&] { return has(content_of(world.layout().log(name)), words); },
        Milliseconds(50));
}

bool wait_no_process(const std::string& word, Milliseconds longest) {
    return wait_until(Patience(longest), [&] { return World::count_processes(word) == 0; });
}

int count(const std::string& text, const std::string& part) {
    int found = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
}

}  // namespace

TEST_CASE("hook: a command hears of every state in order, from the first to the last") {
    Scene scene(IngestServer::embedded);
    const fs::path file = scene.world.home() / "events";
    const fs::path words = scene.world.home() / "words";
    scene.add("youtube",
              hooked(fmt::format("cat >> {}; echo \"$RESTREAM_DESTINATION $RESTREAM_STATE "
                                 "$RESTREAM_REASON\" >> {}",
                                 file.string(), words.string())));
    scene.publish();
    scene.world.must({"enable", "youtube"});
    CHECK(wait_event(file, "live"));
    scene.publisher->kill();
    CHECK(wait_event(file, "holding"));
    scene.publish();
    CHECK(wait_event(file, "live"));
    scene.platform.stop();
    CHECK(scene.world.wait_state("youtube", "backoff"));
    scene.world.must({"disable", "youtube"});
    CHECK(wait_event(file, "stopped"));
    const auto events = events_in(file);
    const auto states = states_of(events);
    const std::vector<std::string> begin = {"waiting", "connecting", "live",
                                            "holding", "live",       "backoff"};
    CAPTURE(json(events).dump(1));
    REQUIRE(states.size() > begin.size());
    CHECK(std::equal(begin.begin(), begin.end(), states.begin()));
    CHECK(events.front()["previous"].is_null());
    for (const auto& each : events) {
        CHECK(each["destination"] == "youtube");
        CHECK(each["url"] == scene.platform.url());
    }
    for (std::size_t i = 1; i < events.size(); ++i) {
        CAPTURE(i);
        // Only the last one, which does not wait for the hook that runs, may stand for others.
        if (i + 1 < events.size()) CHECK(events[i]["skipped"] == 0);
        if (events[i]["skipped"] == 0) CHECK(events[i]["previous"] == events[i - 1]["state"]);
        const bool is_waiting = events[i]["state"] == "backoff";
        // A new try is told with the failure before it.
        const bool is_trying = i > begin.size() && (events[i]["state"] == "connecting" ||
                                                    events[i]["state"] == "waiting");
        CHECK(events[i]["next_retry_in_s"].is_number() == (is_waiting || is_trying));
        if (is_waiting || is_trying) CHECK(events[i]["reason"]["code"].is_string());
    }
    const std::string told = content_of(words);
    CHECK_MESSAGE(has(told, "youtube live \n"), told);
    CHECK_MESSAGE(has(told, "youtube holding ingest_gone\n"), told);
    CHECK_MESSAGE(has(told, "youtube stopped"), told);
}

TEST_CASE("hook: a command hears of no passing state, or of those alone that it asks for") {
    Scene scene(IngestServer::embedded);
    const fs::path usual = scene.world.home() / "usual";
    const fs::path chosen = scene.world.home() / "chosen";
    scene.add("usual", usually_hooked("cat >> " + usual.string()));
    scene.add("chosen", usually_hooked("cat >> " + chosen.string()) +
                            "on_state_for = [\"stopped\", \"connecting\"]\n");
    scene.publish();
    scene.world.must({"enable", "--all"});
    CHECK(wait_event(usual, "live"));
    scene.world.must({"disable", "--all"});
    CHECK(wait_event(usual, "stopped"));
    CHECK(wait_event(chosen, "stopped"));
    CHECK(states_of(events_in(usual)) == std::vector<std::string>{"live", "stopped"});
    CHECK(states_of(events_in(chosen)) == std::vector<std::string>{"connecting", "stopped"});
    for (const auto& each : events_in(usual)) CHECK(each["skipped"] == 0);
}

TEST_CASE("hook: a command hears that the ingest is live, silent, live again, and left") {
    for (const IngestServer server : {IngestServer::embedded, IngestServer::nginx}) {
        CAPTURE(ingest_server_name(server));
        World world(server);
        const fs::path file = world.home() / "events";
        const fs::path words = world.home() / "words";
        world.configure(
            "", usually_hooked(fmt::format("cat >> {}; echo \"$RESTREAM_EVENT $RESTREAM_STATE "
                                           "<$RESTREAM_DESTINATION>\" >> {}",
                                           file.string(), words.string())));
        world.must({"ingest", "start"});
        Publisher publisher(world.ingest_url(), Footage::short_gop);
        publisher.start();
        CHECK(wait_event(file, "live"));
        freeze(publisher.pid());
        CHECK(wait_event(file, "silent"));
        thaw(publisher.pid());
        CHECK(wait_event(file, "live"));
        publisher.kill();
        CHECK(wait_event(file, "no_publisher"));
        const auto events = events_in(file);
        CAPTURE(json(events).dump(1));
        CHECK(states_of(events) ==
              std::vector<std::string>{"live", "silent", "live", "no_publisher"});
        REQUIRE(events.size() == 4);
        CHECK(events[0]["event"] == "ingest");
        // Where the publisher was faster than the guardian's second look, nothing was before.
        const json& previous = events[0]["previous"];
        CHECK((previous.is_null() || previous == "no_publisher"));
        CHECK(events[1]["missing"] == "everything");
        CHECK(events[1]["server"] == ingest_server_name(server));
        for (std::size_t i = 1; i < events.size(); ++i) {
            CHECK(events[i]["previous"] == events[i - 1]["state"]);
        }
        CHECK(has(content_of(words), "ingest silent <>\n"));
    }
}

TEST_CASE("hook: the ingest's follows a change of the configuration, and its secret is its own") {
    World world(IngestServer::embedded);
    const fs::path file = world.home() / "events";
    world.must({"ingest", "start"}, {.variables = {{"RESTREAM_TEST_HOOK", "https://h/CANARY"}}});
    Publisher publisher(world.ingest_url(), Footage::short_gop);
    publisher.start();
    REQUIRE(world.wait_ingest("live"));
    world.configure("", usually_hooked("(env; cat) >> " + file.string()) +
                            "on_state_for = [\"no_publisher\"]\n");
    // The guardian reports what two of its looks have seen, with the configuration that it read
    // then: the publisher stays longer at each try.
    Milliseconds stay(0);
    CHECK(wait_until(Patience(seconds(60)), [&] {
        if (!publisher.runs()) publisher.start();
        if (!world.wait_ingest("live")) return false;
        stay += Milliseconds(700);
        wait_until(Deadline::after(stay), [] { return false; });
        publisher.kill();
        return wait_until(
            Patience(seconds(5)),
            [&] { return has(content_of(file), "RESTREAM_STATE=no_publisher"); }, Milliseconds(30));
    }));
    CHECK_FALSE(has(content_of(file), "RESTREAM_STATE=live"));
    CHECK_FALSE(has(world.logs(), "CANARY"));
}

TEST_CASE("hook: a refusal is told with its reason and its remedy") {
    Scene scene(IngestServer::embedded);
    const NginxServer refusing(Door::refusing);
    const fs::path file = scene.world.home() / "events";
    scene.world.configure("[defaults]\n" + hooked("cat >> " + file.string()));
    scene.world.add("youtube", refusing.url(), "canary7f3a");
    scene.publish();
    CHECK(scene.world.run({"enable", "youtube"}).status == 5);
    CHECK(wait_until(Patience(seconds(10)),
                     [&] { return has(content_of(file), "publish_refused"); }));
    scene.world.must({"disable", "youtube"});
    CHECK(wait_event(file, "stopped"));
    bool is_told = false;
    for (const auto& each : events_in(file)) {
        if (each["reason"].is_null() || each["reason"]["code"] != "publish_refused") continue;
        is_told = true;
        CHECK(each["previous"] == "connecting");
        CHECK_FALSE(each["reason"]["remedy"].get<std::string>().empty());
        CHECK(has(each["text"], "youtube: "));
    }
    CHECK_MESSAGE(is_told, content_of(file));
    CHECK_FALSE(has(content_of(file), "canary7f3a"));
}

TEST_CASE("hook: whatever a command does, its relay is live, loses nothing, and says it once") {
    struct Rude {
        std::string name;
        std::string command;
        std::string says;  ///< empty: it is no failure
    };
    const std::vector<Rude> table = {
        {"hangs", "sleep 7301", "did not end within 1s, and was killed"},
        {"deaf", "trap '' TERM HUP INT; sleep 7302; sleep 7303", "and was killed"},
        {"floods", "yes", "and was killed"},
        {"wails", "yes >&2", "and was killed"},
        {"forks", "sleep 7304 & sleep 7305 & wait", "and was killed"},
        {"leaves", "sleep 7306 & sleep 7307 & exit 0", ""},
        {"fails", "echo first >&2; echo second >&2; exit 3", "ended with status 3: first"},
        {"dies", "kill -9 $$", "was ended by signal 9"},
        {"missing", "/nowhere/at/all", "ended with status 127: "},
        {"syntax", "if", "ended with status 2"},
        {"unread", "exec <&-; exit 0", ""}};
    Scene scene(IngestServer::embedded);
    scene.publish();
    for (const Rude& each : table) scene.add(each.name, hooked(each.command));
    scene.world.must({"enable", "--all"});
    for (const Rude& each : table) {
        CAPTURE(each.name);
        CHECK(scene.wait_flow(each.name, 200));
        if (!each.says.empty()) CHECK(wait_log(scene.world, each.name, each.says));
    }
    for (const Rude& each : table) {
        CAPTURE(each.name);
        const json part = scene.world.status(each.name);
        CHECK_MESSAGE(part["state"] == "live", part.dump());
        CHECK(part["session"]["dropped_messages"] == 0);
        CHECK(part["reconnects"] == 0);
        CHECK(part["worker_restarts"] == 0);
        const std::string log = content_of(scene.world.layout().log(each.name));
        CHECK_MESSAGE(count(log, "on_state: ") == (each.says.empty() ? 0 : 1), log);
    }
    const Outcome disabled = scene.world.must({"disable", "--all"});
    CHECK_MESSAGE(disabled.counted < seconds(8), disabled.describe());
    CHECK(wait_no_process("restream-hook", seconds(8)));
    CHECK_MESSAGE(wait_no_process("sleep 73", seconds(1)), describe(living_descendants()));
    check_whole(scene.last_recording("hangs"));
    check_whole(scene.last_recording("floods"));
}

TEST_CASE("hook: one that hangs holds up neither disable nor the next enable") {
    Scene scene(IngestServer::embedded);
    scene.publish();
    scene.add("youtube", "on_state = \"sleep 7311\"\non_state_deadline = \"2s\"\n");
    scene.world.must({"enable", "youtube"});
    CHECK(
        wait_until(Patience(seconds(5)), [&] { return World::count_processes("sleep 7311") > 0; }));
    const Outcome disable = scene.world.must({"disable", "youtube"});
    CHECK_MESSAGE(disable.counted < seconds(3), disable.describe());
    CHECK_FALSE(scene.world.is_lock_held("youtube"));
    CHECK(World::count_processes("restream-hook") > 0);
    const Outcome enable = scene.world.must({"enable", "youtube"});
    CHECK_MESSAGE(enable.counted < seconds(8), enable.describe());
    scene.world.must({"disable", "youtube"});
    // Two deadlines, and time to start and to end.
    CHECK_MESSAGE(wait_no_process("restream-hook", seconds(8)), describe(living_descendants()));
    CHECK(World::count_processes("sleep 7311") == 0);
}

TEST_CASE("hook: a slow one learns in the end that the relay was stopped, and what it missed") {
    Scene scene(IngestServer::embedded);
    scene.publish();
    const fs::path file = scene.world.home() / "events";
    scene.add("youtube", hooked(fmt::format("sleep 0.7; cat >> {}", file.string())));
    scene.world.must({"enable", "youtube"});
    scene.world.must({"disable", "youtube"});
    CHECK(wait_event(file, "stopped"));
    const auto events = events_in(file);
    CAPTURE(json(events).dump(1));
    int told = 0;
    for (const auto& each : events) told += 1 + each["skipped"].get<int>();
    CHECK(told >= 4);  // waiting, connecting, live, stopped
    CHECK(wait_no_process("restream-hook", seconds(3)));
}

TEST_CASE("hook: a worker that is killed takes no hook along, and the next one goes on") {
    Scene scene(IngestServer::embedded);
    scene.publish();
    const fs::path file = scene.world.home() / "events";
    scene.add("youtube", hooked("cat >> " + file.string()));
    scene.world.must({"enable", "youtube"});
    REQUIRE(wait_event(file, "live"));
    const auto before = events_in(file).size();
    kill_now(scene.world.worker("youtube"));
    CHECK(wait_until(Patience(seconds(20)), [&] {
        const auto events = events_in(file);
        return events.size() > before + 1 && events.back()["state"] == "live";
    }));
    CHECK(events_in(file)[before]["previous"].is_null());
}

TEST_CASE("hook: another command is used from the next session on, and none where it is off") {
    Scene scene(IngestServer::embedded);
    scene.publish();
    const fs::path file = scene.world.home() / "events";
    scene.world.configure("[defaults]\n" + hooked("cat >> " + file.string()));
    scene.add("quiet", "on_state = \"\"\n");
    scene.add("youtube");
    scene.world.must({"enable", "--all"});
    CHECK(wait_event(file, "live"));
    scene.world.configure("");
    scene.platform.stop();
    scene.platform.start();
    CHECK(scene.world.wait_status("youtube",
                                  [](const json& part) { return part["reconnects"] == 1; }));
    scene.world.must({"disable", "--all"});
    for (const auto& each : events_in(file)) {
        CHECK(each["destination"] == "youtube");
        CHECK(each["state"] != "stopped");
    }
    CHECK(World::count_processes("restream-hook") == 0);
}

TEST_CASE("hook: a webhook gets each state as JSON, and its answer is asked for no more") {
    Scene scene(IngestServer::embedded);
    const WebServer web(204);
    scene.add("youtube", fmt::format("on_state = \"{}\"\n{}", web.url("localhost"), of_all_states));
    scene.publish();
    scene.world.must({"enable", "youtube"});
    CHECK(web.wait_state("live"));
    scene.world.must({"disable", "youtube"});
    CHECK(web.wait_state("stopped"));
    std::vector<json> events;
    for (const auto& each : web.requests()) {
        CHECK(each["path"] == "/hook?word=secret");
        CHECK(each["type"] == "application/json");
        CHECK(each["host"] == fmt::format("localhost:{}", web.port()));
        events.push_back(json::parse(each["body"].get<std::string>()));
        CHECK(events.back()["schema"] == 1);
    }
    CHECK(states_of(events) ==
          std::vector<std::string>{"waiting", "connecting", "live", "stopped"});
    CHECK_MESSAGE(!has(scene.world.logs(), "on_state"), scene.world.logs());
}

TEST_CASE("hook: a webhook that answers badly, not at all, or is not there, is told once") {
    Scene scene(IngestServer::embedded);
    const WebServer broken(500);
    const WebServer moved(301);
    const WebServer silent(0);
    const std::string refused = fmt::format("http://127.0.0.1:{}/secret", free_port());
    const auto post_to = [](const std::string& url) {
        return fmt::format("on_state = \"{}\"\non_state_deadline = \"2s\"\n{}", url, of_all_states);
    };
    scene.add("broken", post_to(broken.url()));
    scene.add("moved", post_to(moved.url()));
    scene.add("silent", post_to(silent.url()));
    scene.add("nobody", post_to(refused));
    scene.add("rtmp", post_to(fmt::format("http://127.0.0.1:{}/secret", scene.platform.port())));
    scene.publish();
    scene.world.must({"enable", "--all"});
    CHECK(wait_log(scene.world, "broken", "on_state: the webhook answered with 500"));
    CHECK(wait_log(scene.world, "moved", "answered with 301: redirects are not followed"));
    CHECK(wait_log(scene.world, "silent", "it did not answer in time"));
    CHECK(wait_log(scene.world, "nobody", "the connection was refused"));
    CHECK(wait_log(scene.world, "rtmp", "on_state: posting to http://127.0.0.1:"));
    for (const std::string name : {"broken", "moved", "silent", "nobody", "rtmp"}) {
        CAPTURE(name);
        const json part = scene.world.status(name);
        CHECK_MESSAGE(part["state"] == "live", part.dump());
        CHECK(part["session"]["dropped_messages"] == 0);
        const std::string log = content_of(scene.world.layout().log(name));
        CHECK_MESSAGE(count(log, "on_state: ") == 1, log);
        CHECK_FALSE(has(log, "secret"));
    }
    // Never sent twice.
    CHECK(broken.wait_state("live"));
    CHECK(broken.states() == std::vector<std::string>{"waiting", "connecting", "live"});
    scene.world.must({"disable", "--all"});
    CHECK(wait_no_process("restream-hook", seconds(8)));
}

TEST_CASE("hook: an answer that never ends, breaks off or is no HTTP costs its relay nothing") {
    struct Row {
        std::string name;
        std::string bytes;
        std::string for_ever;
        std::string says;  ///< empty: it is no failure
    };
    const std::string ok = "HTTP/1.1 200 OK\r\n";
    const std::string no_http = "it does not speak HTTP";
    const std::vector<Row> table = {
        {"headers", ok, "A: b\r\n", no_http},
        {"line", ok + "A: ", "x", no_http},
        {"interim", "", "HTTP/1.1 100 Continue\r\n\r\n", no_http},
        {"mail", "220 mail.example ESMTP\r\n", "", no_http},
        {"lengths", ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", "", no_http},
        {"negative", ok + "Content-Length: -1\r\n\r\n", "", no_http},
        {"zero", ok + "A: " + std::string(1, '\0') + "\r\n\r\n", "", no_http},
        {"nothing", "", "", "the connection broke"},
        {"half", ok + "A: b\r\n", "", "the connection broke"},
        {"hints", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ok + "\r\n", "", ""},
        {"chunks", ok + "Transfer-Encoding: chunked\r\n\r\n", "1;a=b\r\nx\r\n", ""},
        {"body", ok + "Content-Length: 18446744073709551615\r\n\r\n", "x", ""}};
    Scene scene(IngestServer::embedded);
    std::deque<WebServer> servers;
    for (const Row& row : table) {
        const WebServer& web = servers.emplace_back(row.bytes, row.for_ever);
        scene.add(row.name, fmt::format("on_state = \"{}\"\non_state_deadline = \"10s\"\n{}",
                                        web.url(), of_all_states));
    }
    scene.publish();
    scene.world.must({"enable", "--all"});
    for (std::size_t i = 0; i < table.size(); ++i) {
        const Row& row = table[i];
        CAPTURE(row.name);
        CHECK(servers[i].wait_state("live"));
        if (!row.says.empty()) CHECK(wait_log(scene.world, row.name, row.says));
    }
    scene.world.must({"disable", "--all"});
    CHECK(wait_no_process("restream-hook", seconds(12)));
    for (std::size_t i = 0; i < table.size(); ++i) {
        const Row& row = table[i];
        CAPTURE(row.name);
        // Never sent twice.
        const auto states = servers[i].states();
        CHECK(states == std::vector<std::string>{"waiting", "connecting", "live", "stopped"});
        const std::string log = content_of(scene.world.layout().log(row.name));
        CHECK_MESSAGE(count(log, "on_state: ") == (row.says.empty() ? 0 : 1), log);
        CHECK_FALSE(has(log, "secret"));
    }
}

TEST_CASE("hook: a webhook over TLS is spoken to only where its certificate is right") {
    Scene scene(IngestServer::embedded);
    const fs::path authority = scene.world.home() / "authority.pem";
    write_file(authority, test_authority().pem());
    const Identity::Wish own{.common_name = "localhost", .alternative_names = "DNS:localhost"};
    const Identity::Wish other{.common_name = "example.org",
                               .alternative_names = "DNS:example.org"};
    const Identity untrusted(own, nullptr);
    const Identity wrong(other, &test_authority());
    const WebServer good_server(200, &good_identity());
    const WebServer untrusted_server(200, &untrusted);
    const WebServer wrong_server(200, &wrong);
    write_file(scene.world.home() / "hook.url", good_server.url("localhost") + "\n");
    scene.add("good", fmt::format("on_state = {{ file = \"{}\" }}\n",
                                  (scene.world.home() / "hook.url").string()));
    scene.add("variable", "on_state = { env = \"RESTREAM_TEST_HOOK\" }\n");
    scene.add("untrusted", fmt::format("on_state = \"{}\"\n", untrusted_server.url("localhost")));
    scene.add("wrong", fmt::format("on_state = \"{}\"\n", wrong_server.url("localhost")));
    scene.publish();
    scene.world.must({"enable", "--all"},
                     {.variables = {{"SSL_CERT_FILE", authority.string()},
                                    {"RESTREAM_TEST_HOOK", good_server.url("localhost")}}});
    CHECK(wait_log(scene.world, "untrusted", "its certificate is not trusted"));
    CHECK(wait_log(scene.world, "wrong", "its certificate is another host's"));
    CHECK(good_server.wait_state("live"));
    scene.world.must({"disable", "--all"});
    CHECK(good_server.wait_state("stopped"));
    CHECK(untrusted_server.requests().empty());
    CHECK(wrong_server.requests().empty());
    for (const std::string name : {"good", "variable"}) {
        CAPTURE(name);
        bool is_there = false;
        for (const auto& each : good_server.requests()) {
            is_there |= has(each["body"], "\"destination\":\"" + name + "\"");
        }
        CHECK(is_there);
        CHECK_FALSE(has(content_of(scene.world.layout().log(name)), "on_state"));
    }
    CHECK(wait_no_process("restream-hook", seconds(8)));
}

TEST_SUITE_END();

}  // namespace restream::test
