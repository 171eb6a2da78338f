// The dashboard without sockets: what a path means, what is told.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "dashboard/config_watch.hpp"
#include "dashboard/documents.hpp"
#include "dashboard/metrics.hpp"
#include "state/dashboard_record.hpp"
#include "system/paths.hpp"
#include "temporary_folder.hpp"

namespace restream::tests {

using nlohmann::json;
using namespace std::chrono_literals;

TEST_SUITE_BEGIN("dashboard");

TEST_CASE("dashboard: a document in one line says the same") {
    const json document = {{"a", "line\nbreak  and   blanks"}, {"b", {1, 2, {{"c", nullptr}}}}};
    const std::string line = in_one_line(document.dump(2) + "\n");
    CHECK(line.find('\n') == std::string::npos);
    CHECK(json::parse(line) == document);
}

TEST_CASE("dashboard: a document in the page says the same, and cannot leave its element") {
    const json document = {{"a", "</script><script>alert(1)</script>"},
                           {"b", "<!--<script>"},
                           {"c", {"\\u003c", "\\", "<"}}};
    const std::string text = data_element_text(document.dump(2));
    CHECK(json::parse(text) == document);
    CHECK(text.find('<') == std::string::npos);
}

TEST_CASE("dashboard: a destination's secrets are in no document") {
    const TemporaryFolder folder;
    folder.write(
        "destinations.d/one.toml",
        "url = \"srt://u5er:pa55w0rd@127.0.0.1:9000?passphrase=CANARY1234&latency=20ms\"\n");
    folder.write("destinations.d/two.toml", "url = \"rtmp://127.0.0.1/live/CANARY\"\n");
    folder.write("destinations.d/three.toml",
                 "url = \"rtmp://127.0.0.1/live\"\nkey = \"CANARY\"\nhold = \"90s\"\n");
    folder.write("restream.toml", "[destination.four]\nurl = \"rtmp://127.0.0.1/live\"\n");
    const std::string text = destinations_document(load_config(folder.path()));
    for (const char* secret : {"CANARY", "pa55w0rd", "u5er"}) {
        CHECK_MESSAGE(text.find(secret) == std::string::npos, text);
    }
    const json all = json::parse(text)["destinations"];
    REQUIRE(all.size() == 4);
    CHECK(all[0]["name"] == "four");
    CHECK(all[0]["is_editable"] == false);
    CHECK(all[0]["file"] == "restream.toml");
    CHECK(all[2]["key"] == "text");
    CHECK(all[2]["hold_s"] == 90);
    CHECK(all[2]["is_editable"] == true);
}

TEST_CASE("dashboard: the configuration is read again where a file of it has changed") {
    const TemporaryFolder folder;
    ConfigWatch watch(folder.path(), share_directory());
    CHECK(watch.current()->destinations.empty());
    const auto first = watch.generation();
    CHECK(watch.current() == watch.current());
    folder.write("destinations.d/one.toml", "url = \"rtmp://127.0.0.1/live\"\n");
    CHECK(watch.current()->destinations.size() == 1);
    CHECK(watch.generation() != first);
    folder.write("destinations.d/one.toml", "url = \"rtmp://127.0.0.1/live\"\nnonsense = 1\n");
    CHECK_THROWS(watch.current());
    CHECK_THROWS(watch.current());
    folder.write("destinations.d/one.toml", "url = \"rtmp://127.0.0.1/other\"\n");
    CHECK(watch.current()->destinations[0].url == "rtmp://127.0.0.1/other");
}

TEST_CASE("dashboard: a change is seen that a file's size and time do not show") {
    const TemporaryFolder folder;
    const auto file = folder.path() / "destinations.d/one.toml";
    folder.write("destinations.d/one.toml", "url = \"rtmp://127.0.0.1/live1\"\n");
    ConfigWatch watch(folder.path(), share_directory());
    CHECK(watch.current()->destinations[0].url == "rtmp://127.0.0.1/live1");
    const auto generation = watch.generation();
    CHECK(watch.generation() == generation);
    const auto time = std::filesystem::last_write_time(file);
    folder.write("destinations.d/one.toml", "url = \"rtmp://127.0.0.1/live2\"\n");
    std::filesystem::last_write_time(file, time);
    CHECK(watch.generation() != generation);
    CHECK(watch.current()->destinations[0].url == "rtmp://127.0.0.1/live2");
}

TEST_CASE("dashboard: its record reads back, and nothing else does") {
    const DashboardRecord record{this_process(), "https://127.0.0.1:5000", "0.0.0.0"};
    const std::string text = to_json(record);
    CHECK(dashboard_record_from_json(text) == record);
    // Of an older dashboard.
    std::string old = text;
    old.replace(old.find("\"listen\":\"0.0.0.0\","), 19, "");
    REQUIRE(dashboard_record_from_json(old));
    CHECK(dashboard_record_from_json(old)->listen.empty());
    for (const std::string& bad :
         {std::string(), std::string("null"), std::string("[]"), std::string("{}"),
          std::string("{\"schema\":2}"), std::string("{\"schema\":1,\"url\":7,\"process\":{}}"),
          std::string("{\"schema\":1,\"url\":\"http://\",\"process\":{}}"),
          std::string("{\"schema\":1,\"url\":\"http://\"}"), text.substr(0, text.size() / 2)}) {
        CAPTURE(bad);
        CHECK_FALSE(dashboard_record_from_json(bad));
    }
}

TEST_CASE("dashboard: the token is made once, and a damaged one anew") {
    const TemporaryFolder folder;
    const Registry registry{Layout(folder.path())};
    registry.prepare();
    const Secret made = dashboard_token(registry.layout());
    CHECK(made.reveal().size() == 64);
    CHECK(dashboard_token(registry.layout()) == made);
    folder.write("run/dashboard.token", "short\n");
    const Secret anew = dashboard_token(registry.layout());
    CHECK(anew != made);
    CHECK(anew.reveal().size() == 64);
    CHECK(dashboard_token(registry.layout()) == anew);
}

TEST_CASE("dashboard: metrics name each family once, and hold no URL") {
    Status status;
    DestinationStatus one;
    one.name = "one";
    one.service = "twitch";
    one.url = "rtmp://host/app/***";
    one.wanted = true;
    one.state = State::live;
    one.session = SessionFigures{};
    one.session->bytes_sent = 12'345'678'901;
    one.session->queue_ms = 250;
    one.session->rtt_ms = 12.5;
    DestinationStatus two;
    two.name = "two";
    two.backup.emplace();
    two.backup->state = State::live;
    two.backup->session = SessionFigures{};
    two.backup->session->bytes_sent = 7;
    status.destinations = {one, two};
    const std::string text = to_prometheus(status, IngestView{}, "1.2.3");
    for (const char* line :
         {"restream_destination_wanted{destination=\"one\",service=\"twitch\"} 1\n",
          "restream_destination_live{destination=\"two\",service=\"\",server=\"backup\"} 1\n",
          "restream_session_sent_bytes_total{destination=\"two\",service=\"\",server=\"backup\"} "
          "7\n",
          "restream_build_info{version=\"1.2.3\"} 1\n",
          "restream_destination_live{destination=\"one\",service=\"twitch\",server=\"primary\"} "
          "1\n",
          "restream_destination_live{destination=\"two\",service=\"\",server=\"primary\"} 0\n",
          "restream_session_sent_bytes_total{destination=\"one\",service=\"twitch\",server="
          "\"primary\"} 12345678901\n",
          "restream_session_queue_seconds{destination=\"one\",service=\"twitch\",server="
          "\"primary\"} 0.25\n",
          "restream_session_rtt_seconds{destination=\"one\",service=\"twitch\",server=\"primary\"} "
          "0.0125\n",
          "restream_destination_state{destination=\"one\",service=\"twitch\",server=\"primary\","
          "state=\"live\"} "
          "1\n"}) {
        CHECK_MESSAGE(text.find(line) != std::string::npos, line, text);
    }
    CHECK(text.find("rtmp:") == std::string::npos);
    CHECK(text.find(
              "restream_session_queue_seconds{destination=\"two\",service=\"\",server=\"primary") ==
          std::string::npos);
    std::set<std::string> families;
    for (std::size_t at = 0; (at = text.find("# TYPE ", at)) != std::string::npos; ++at) {
        CHECK(families.insert(text.substr(at + 7, text.find(' ', at + 7) - at - 7)).second);
    }
    CHECK(families.size() > 15);
}

TEST_CASE("dashboard: metrics tell a silent ingest, and count nothing as live meanwhile") {
    Status status;
    DestinationStatus one;
    one.name = "one";
    one.state = State::live;
    one.reason = Reason{"ingest_silent", "the ingest is silent", "look"};
    status.destinations = {one};
    status.ingest.state = IngestState::silent;
    std::string text = to_prometheus(status, IngestView{}, "1.2.3");
    for (const char* line :
         {"restream_ingest_up 1\n", "restream_ingest_live 0\n", "restream_ingest_silent 1\n",
          "restream_destination_live{destination=\"one\",service=\"\",server=\"primary\"} 0\n"}) {
        CHECK_MESSAGE(text.find(line) != std::string::npos, line, text);
    }
    status.ingest.state = IngestState::live;
    text = to_prometheus(status, IngestView{}, "1.2.3");
    CHECK(text.find("restream_ingest_silent 0\n") != std::string::npos);
}

TEST_SUITE_END();

}  // namespace restream::tests
