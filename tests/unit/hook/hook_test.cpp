// What a hook is told, what waits, and how its webhook is spoken to.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "hook/http_answer.hpp"
#include "hook/http_target.hpp"
#include "relay/hook_event.hpp"
#include "relay/hook_job.hpp"
#include "relay/hook_queue.hpp"
#include "status/ingest_hook.hpp"

using namespace restream;
using nlohmann::json;
using std::chrono::seconds;

namespace {

constexpr SteadyTime now{std::chrono::hours(5)};
const WallTime begin = *from_iso8601("2026-01-31T20:14:03Z");

Record record_in(State state, const std::string& code = "") {
    Record record;
    record.name = "youtube";
    record.service = "youtube";
    record.url = "rtmp://h/app/***";
    record.state = state;
    record.since = begin;
    if (!code.empty()) record.reason = Reason{code, "words of " + code, "do something"};
    return record;
}

HookEvent event_in(State state, const std::string& code = "") {
    return hook_event(record_in(state, code), std::nullopt, now);
}

/// Tells apart events of a queue.
HookEvent numbered(std::uint32_t number) {
    HookEvent event = event_in(State::live);
    event.reconnects = number;
    return event;
}

HttpAnswer::State fed(HttpAnswer& answer, std::string_view text) {
    return answer.feed({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

}  // namespace

TEST_CASE("hook: the document of a state that has nothing to explain") {
    const json document = json::parse(to_json(event_in(State::waiting)));
    const json expected = {{"schema", 1},
                           {"event", "state"},
                           {"destination", "youtube"},
                           {"relay", "primary"},
                           {"service", "youtube"},
                           {"url", "rtmp://h/app/***"},
                           {"state", "waiting"},
                           {"previous", nullptr},
                           {"confirmed", false},
                           {"reason", nullptr},
                           {"since", to_iso8601(begin)},
                           {"next_retry_in_s", nullptr},
                           {"attempts", 0},
                           {"reconnects", 0},
                           {"skipped", 0},
                           {"text", "youtube: waiting"},
                           {"parse", "none"},
                           {"content", "youtube: waiting"},
                           {"allowed_mentions", {{"parse", json::array()}}}};
    CHECK(document == expected);
}

TEST_CASE("hook: a backup's relay is told as its destination's") {
    Record record = record_in(State::live);
    record.name = "youtube+backup";
    const HookEvent event = hook_event(record, std::nullopt, now);
    const json document = json::parse(to_json(event));
    CHECK(document["destination"] == "youtube");
    CHECK(document["relay"] == "backup");
    CHECK(document["text"] == "youtube (backup): live");
    const auto job = hook_job_from_line(to_line(hook_job(StateHook{HookCommand{"x", "/"}}, event)));
    REQUIRE(job);
    CHECK(job->destination == "youtube");
    CHECK(job->relay == "backup");
}

TEST_CASE("hook: the document says why, what was before, and when the next try is") {
    Record record = record_in(State::backoff, "connection_refused");
    record.next_retry = now + Milliseconds(4250);
    record.reconnects = 2;
    HookEvent event = hook_event(record, State::live, now + Milliseconds(250));
    event.skipped = 3;
    const std::string text = to_json(event);
    CHECK(text.find('\n') == std::string::npos);
    const json document = json::parse(text);
    CHECK(document["previous"] == "live");
    CHECK(document["reason"]["code"] == "connection_refused");
    CHECK(document["reason"]["message"] == "words of connection_refused");
    CHECK(document["reason"]["remedy"] == "do something");
    CHECK(document["next_retry_in_s"] == 4.0);
    CHECK(document["reconnects"] == 2);
    CHECK(document["skipped"] == 3);
    CHECK(document["text"] == "youtube: backoff: words of connection_refused; next try in 4 s");
}

TEST_CASE("hook: a new try is told with the failure before it, and that it is under way") {
    Record record = record_in(State::connecting, "");
    record.reason.reset();
    record.failure = Reason{"reset", "the connection broke", "check"};
    record.tries = 3;
    const json document = json::parse(to_json(hook_event(record, State::backoff, now)));
    CHECK(document["reason"]["code"] == "reset");
    CHECK(document["attempts"] == 3);
    CHECK(document["next_retry_in_s"] == 0.0);
    CHECK(document["text"] == "youtube: connecting: the connection broke");
}

TEST_CASE("hook: a try that is due already is due in no time") {
    Record record = record_in(State::backoff, "closed");
    record.next_retry = now;
    const json document = json::parse(to_json(hook_event(record, State::live, now + seconds(9))));
    CHECK(document["next_retry_in_s"] == 0.0);
}

TEST_CASE("hook: a peer's long words are cut between characters, broken ones replaced") {
    Record record = record_in(State::rejected, "publish_refused");
    record.reason->message = "x";
    for (int i = 0; i < 3000; ++i) record.reason->message += "é";
    record.reason->remedy = "bad \xFF byte\nand a line";
    const std::string text = to_json(hook_event(record, State::live, now));
    CHECK(text.size() < 4000);
    CHECK(text.find('\n') == std::string::npos);
    const json document = json::parse(text);
    const auto message = document["reason"]["message"].get<std::string>();
    CHECK(message.ends_with("é…"));
    CHECK(document["content"].get<std::string>().size() < 2000);
}

TEST_CASE("hook: a server's words mention nobody at Slack and Discord, and lead nowhere") {
    struct Row {
        const char* said;
        const char* slack;
        const char* discord;
    };
    const Row rows[] = {
        {"@everyone", "@everyone", R"(\@everyone)"},
        {"<@123> <@&4> <#5>", "&lt;@123&gt; &lt;@&amp;4&gt; &lt;#5&gt;",
         R"(\<\@123\> \<\@&4\> \<\#5\>)"},
        {"<!channel>", "&lt;!channel&gt;", R"(\<!channel\>)"},
        {"<http://e.example|log in>", "&lt;http://e.example|log in&gt;",
         R"(\<http\://e.example\|log in\>)"},
        {"[log in](https://e.example)", "[log in](https://e.example)",
         R"(\[log in\](https\://e.example))"},
        {"**bold** `code` ~~x~~ _y_", "**bold** `code` ~~x~~ _y_",
         R"(\*\*bold\*\* \`code\` \~\~x\~\~ \_y\_)"},
        {R"(\@here)", R"(\@here)", R"(\\\@here)"},
        {"&amp;", "&amp;amp;", "&amp;"},
        {"a : b / c", "a : b / c", "a : b / c"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.said);
        Record record = record_in(State::rejected, "publish_refused");
        record.reason->message = row.said;
        const json document = json::parse(to_json(hook_event(record, State::live, now)));
        const std::string begin_of_words = "youtube: rejected: ";
        CHECK(document["text"] == begin_of_words + row.slack);
        CHECK(document["content"] == begin_of_words + row.discord);
        CHECK(document["allowed_mentions"]["parse"] == json::array());
        // Programs get it as it was.
        CHECK(document["reason"]["message"] == row.said);
    }
}

TEST_CASE("hook: another state and another reason are news, figures and words are not") {
    const HookEvent last = event_in(State::backoff, "closed");
    CHECK_FALSE(is_news(event_in(State::backoff, "closed"), last));
    CHECK(is_news(event_in(State::backoff, "reset"), last));
    CHECK(is_news(event_in(State::backoff), last));
    CHECK(is_news(event_in(State::live, "closed"), last));
    HookEvent changed = last;
    changed.confirmed = true;
    changed.reconnects = 7;
    changed.reason->message = "other words";
    CHECK_FALSE(is_news(changed, last));
}

TEST_CASE("hook: what waits comes out in order, the newest is kept, skipped ones are counted") {
    HookQueue queue;
    CHECK_FALSE(queue.pop());
    CHECK_FALSE(queue.pop_last());
    for (std::uint32_t i = 0; i < 20; ++i) queue.push(numbered(i));
    for (std::uint32_t i = 0; i < HookQueue::most_events - 1; ++i) {
        const auto event = queue.pop();
        REQUIRE(event);
        CHECK(event->reconnects == i);
        CHECK(event->skipped == 0);
    }
    const auto newest = queue.pop();
    REQUIRE(newest);
    CHECK(newest->reconnects == 19);
    CHECK(newest->skipped == 4);
    CHECK(queue.is_empty());
}

TEST_CASE("hook: the last event alone says how many it stands for") {
    HookQueue queue;
    for (std::uint32_t i = 0; i < 20; ++i) queue.push(numbered(i));
    CHECK(queue.pop()->reconnects == 0);
    const auto last = queue.pop_last();
    REQUIRE(last);
    CHECK(last->reconnects == 19);
    CHECK(last->skipped == 18);
    CHECK(queue.is_empty());
}

TEST_CASE("hook: what waits for a hook that is not told of it is forgotten") {
    HookQueue queue;
    for (const State each : {State::waiting, State::connecting, State::live, State::backoff}) {
        queue.push(event_in(each));
    }
    StateHook hook{HookCommand{"x", "/"}};
    hook.states = {"live", "rejected"};
    CHECK(hook.tells("live"));
    CHECK_FALSE(hook.tells("waiting"));
    queue.keep_only(hook);
    CHECK(queue.pop()->state == State::live);
    CHECK(queue.is_empty());
}

TEST_CASE("hook: the document of the ingest") {
    HookEvent event;
    event.url = "rtmp://127.0.0.1:1935/live";
    event.since = begin;
    event.ingest = IngestChange{"embedded", "silent", "live", "picture"};
    const std::string words = "the ingest is silent: sound arrives, and no picture";
    const json expected = {{"schema", 1},
                           {"event", "ingest"},
                           {"server", "embedded"},
                           {"url", "rtmp://127.0.0.1:1935/live"},
                           {"state", "silent"},
                           {"previous", "live"},
                           {"missing", "picture"},
                           {"since", to_iso8601(begin)},
                           {"skipped", 0},
                           {"text", words},
                           {"content", words},
                           {"parse", "none"},
                           {"allowed_mentions", {{"parse", json::array()}}}};
    CHECK(json::parse(to_json(event)) == expected);
    const auto job = hook_job_from_line(to_line(hook_job(StateHook{HookCommand{"x", "/"}}, event)));
    REQUIRE(job);
    CHECK(job->event == "ingest");
    CHECK(job->state == "silent");
    CHECK(job->destination.empty());
}

TEST_CASE("hook: the ingest's news are what two looks have seen, and nothing twice") {
    IngestNews news;
    const auto look = [&](IngestState state) {
        IngestStatus status;
        status.state = state;
        const auto change = news.look(status);
        return change ? change->previous.value_or("-") + ">" + change->state : "";
    };
    using enum IngestState;
    CHECK(look(no_publisher) == "");
    CHECK(look(no_publisher) == "");  // it was started just now
    CHECK(look(live) == "");
    CHECK(look(live) == "no_publisher>live");
    CHECK(look(live) == "");
    CHECK(look(silent) == "");  // for a moment
    CHECK(look(live) == "");
    CHECK(look(silent) == "");
    CHECK(look(silent) == "live>silent");
    CHECK(look(down) == "");  // it crashed, and says nothing about the publisher
    CHECK(look(unknown) == "");
    CHECK(look(live) == "");
    CHECK(look(live) == "silent>live");
    CHECK(look(no_publisher) == "");
    CHECK(look(no_publisher) == "live>no_publisher");
}

TEST_CASE("hook: a job survives the way to restream-hook, whatever kind it is") {
    const std::vector<StateHook> hooks = {
        {HookCommand{"echo \"a\nb\" \xC3\xA9", "/a folder"}, seconds(3)},
        {Webhook{KeyText{Secret("https://h/CANARY")}}, seconds(10)},
        {Webhook{KeyFile{"/a/hook.url"}}, seconds(10)},
        {Webhook{KeyEnv{"HOOK"}}, seconds(60)}};
    for (const StateHook& hook : hooks) {
        const HookJob job = hook_job(hook, event_in(State::rejected, "publish_refused"));
        const std::string line = to_line(job);
        CHECK(line.find('\n') == std::string::npos);
        const auto read = hook_job_from_line(line);
        REQUIRE(read);
        CHECK(to_line(*read) == line);
        CHECK(read->hook.what.index() == hook.what.index());
        CHECK(read->hook.deadline == hook.deadline);
        CHECK(read->hook.variable() == hook.variable());
        CHECK(read->destination == "youtube");
        CHECK(read->state == "rejected");
        CHECK(read->reason == "publish_refused");
        CHECK(json::parse(read->body)["state"] == "rejected");
    }
}

TEST_CASE("hook: what is no job is not taken for one") {
    for (const std::string line :
         {"", "hello", "{}", "[]", "null", R"({"hook":{}})",
          R"({"hook":{"url":"x"},"deadline_ms":1,"destination":"a","state":"b","reason":"c"})",
          R"({"hook":{"url":1},"deadline_ms":1,"destination":"","state":"","reason":"","body":""})",
          R"({"hook":{"command":"x"},"deadline_ms":1,"destination":"","state":"","reason":"",)"
          R"("body":""})",
          R"({"hook":{"url":"x"},"deadline_ms":"1","destination":"","state":"","reason":"",)"
          R"("body":""})"}) {
        CAPTURE(line);
        CHECK_FALSE(hook_job_from_line(line));
    }
}

TEST_CASE("http answer: the status is read, however the bytes arrive") {
    struct Good {
        std::string text;
        int status;
    };
    const std::string interim = "HTTP/1.1 100 Continue\r\n\r\n";
    const std::vector<Good> table = {
        {"HTTP/1.1 204 No Content\r\n\r\n", 204},
        {"HTTP/1.0 200 OK\r\nA: b\r\n\r\nbody", 200},
        {"HTTP/1.1 301 \r\n\r\n", 301},
        {"HTTP/1.1 599 \xC3\xA9\r\nA: \xFF\r\nEmpty:\r\n\r\n", 599},
        {interim + "HTTP/1.1 200 OK\r\n\r\n", 200},
        {"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + interim + "HTTP/1.1 404 N\r\n\r\n",
         404},
        // Bodies are left alone, whatever they claim to be.
        {"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\nx", 200},
        {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nmore than four", 200},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff;a=\"b\"\r\n", 200},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno chunk\r\n", 200},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n" + std::string(100'000, '\0'), 200},
        {"HTTP/1.1 200 OK\r\nA: " + std::string(HttpAnswer::most_bytes - 24, 'x') + "\r\n\r\n",
         200}};
    for (const Good& one : table) {
        CAPTURE(one.text.substr(0, 60));
        HttpAnswer whole;
        REQUIRE(fed(whole, one.text) == HttpAnswer::State::has_status);
        CHECK(whole.status() == one.status);
        HttpAnswer drop;
        auto state = HttpAnswer::State::needs_more;
        for (const char c : one.text) state = fed(drop, {&c, 1});
        REQUIRE(state == HttpAnswer::State::has_status);
        CHECK(drop.status() == one.status);
    }
}

TEST_CASE("http answer: what is no answer is refused as soon as that is sure") {
    const std::string interim = "HTTP/1.1 100 Continue\r\n\r\n";
    const auto repeated = [](const std::string& part) {
        std::string many;
        while (many.size() <= HttpAnswer::most_bytes) many += part;
        return many;
    };
    const auto with_nul = [](std::string text) {
        std::ranges::replace(text, '@', '\0');
        return text;
    };
    const std::string ok = "HTTP/1.1 200 OK\r\n";
    const std::vector<std::string> table = {
        // Another protocol.
        "SSH-2.0-OpenSSH_9.2\r\n", "220 mail.example ESMTP\r\n", "ICY 200 OK\r\n\r\n",
        with_nul("\x15\x03\x01@\x02\x02\x46 alert"), "\r\n" + ok + "\r\n", std::string(8, '\0'),
        "\x03" + std::string(1536, '\x5a'),
        // Another version.
        "HTTP/2 200 \r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n", "HTTP/0.9 200 OK\r\n\r\n",
        "HTTP/1.2 200 OK\r\n\r\n", "HTTP/1.x 200 OK\r\n\r\n", "http/1.1 200 OK\r\n\r\n",
        // No status that can be.
        "HTTP/1.1\r\n\r\n", "HTTP/1.1 \r\n\r\n", "HTTP/1.1 20\r\n\r\n", "HTTP/1.1 200\r\n\r\n",
        "HTTP/1.1 2000\r\n\r\n", "HTTP/1.1 000 No\r\n\r\n", "HTTP/1.1 099 No\r\n\r\n",
        "HTTP/1.1 600 No\r\n\r\n", "HTTP/1.1 999 No\r\n\r\n", "HTTP/1.1 -20 No\r\n\r\n",
        "HTTP/1.1 +20 No\r\n\r\n", "HTTP/1.1 2 0 No\r\n\r\n", "HTTP/1.1 0x2 No\r\n\r\n",
        "HTTP/1.1  200 OK\r\n\r\n", "HTTP/1.1\t200 OK\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\n\r\n", interim + "nothing of the kind",
        interim + "HTTP/1.1 101 Switching Protocols\r\n\r\n",
        // Lines that end otherwise, and what stands in none.
        "HTTP/1.1 200 OK\n\n", "HTTP/1.1 200 OK\r\r\n\r\n", ok + "\n\n", ok + "A: b\n\r\n",
        ok + "A: b\rC: d\r\n\r\n", ok + "no field\r\n\r\n", ok + ": no name\r\n\r\n",
        ok + "A : b\r\n\r\n", ok + " A: b\r\n\r\n", ok + "A: \x01\r\n\r\n",
        with_nul("HTTP/1.1 200 O@K\r\n\r\n"), with_nul("HTTP/1.1 20@ OK\r\n\r\n"),
        with_nul(ok + "A@: b\r\n\r\n"), with_nul(ok + "A: b@c\r\n\r\n"), with_nul(ok + "@\r\n\r\n"),
        // Lengths that contradict each other, or are none.
        ok + "Content-Length: -1\r\n\r\n", ok + "Content-Length: +1\r\n\r\n",
        ok + "Content-Length: 0x1\r\n\r\n", ok + "Content-Length: 1 2\r\n\r\n",
        ok + "Content-Length: 1, 2\r\n\r\n", ok + "Content-Length: \r\n\r\n",
        ok + "Content-Length: 18446744073709551616\r\n\r\n",
        ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
        ok + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        ok + "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
        ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        // What never ends.
        "HTTP/1.1 200 " + repeated("x"), ok + "A: " + repeated("x"), ok + repeated("x"),
        ok + repeated("A: b\r\n"), ok + "A: b" + repeated("\r\n c"),
        interim + ok + repeated("A: b\r\n"), "HTTP/1.1 100 Continue\r\nA: " + repeated("x"),
        repeated(interim), repeated("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")};
    for (const std::string& text : table) {
        CAPTURE(text.substr(0, 60));
        HttpAnswer answer;
        CHECK(fed(answer, text) == HttpAnswer::State::malformed);
        CHECK(fed(answer, ok + "\r\n") == HttpAnswer::State::malformed);
        HttpAnswer drop;
        bool is_taken = false;
        for (const char c : text) is_taken |= fed(drop, {&c, 1}) == HttpAnswer::State::has_status;
        CHECK_FALSE(is_taken);
    }
}

TEST_CASE("http answer: a part of an answer is none yet") {
    for (const std::string text :
         {"", "H", "SSH", "HTTP/1.", "HTTP/1.1 20", "HTTP/1.1 200 OK\r", "HTTP/1.1 200 OK\r\n",
          "HTTP/1.1 200 OK\r\nA: b\r\n", "HTTP/1.1 200 OK\r\nA: b\r\n\r",
          "HTTP/1.1 100 Continue\r\n", "HTTP/1.1 100 Continue\r\n\r\n",
          "HTTP/1.1 100 Continue\r\n\r\nHT", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"}) {
        CAPTURE(text);
        HttpAnswer answer;
        CHECK(fed(answer, text) == HttpAnswer::State::needs_more);
    }
}

TEST_CASE("http target: what is said and shown of a URL") {
    struct Row {
        std::string url;
        bool is_tls;
        std::string host;
        int port;
        std::string authority;
        std::string path;
    };
    const std::vector<Row> table = {
        {"https://h", true, "h", 443, "h", "/"},
        {"http://h/", false, "h", 80, "h", "/"},
        {"HTTP://H:8080/a/b?c=d&e", false, "h", 8080, "h:8080", "/a/b?c=d&e"},
        {"https://h?q", true, "h", 443, "h", "/?q"},
        {"https://[::1]:8443/x", true, "::1", 8443, "[::1]:8443", "/x"},
        {"http://[::1]/x", false, "::1", 80, "[::1]", "/x"}};
    for (const Row& row : table) {
        CAPTURE(row.url);
        const HttpTarget target = http_target(Secret(row.url));
        CHECK(target.is_tls == row.is_tls);
        CHECK(target.host == row.host);
        CHECK(target.port == row.port);
        CHECK(target.authority == row.authority);
        CHECK(target.path.reveal() == row.path);
        CHECK(target.address() == (row.is_tls ? "https://" : "http://") + row.authority);
    }
}

TEST_CASE("http request: one POST with the body, and with nothing of the URL but its path") {
    const HttpTarget target = http_target(Secret("https://h:8443/a?b=c"));
    CHECK(http_request(target, "{}").reveal() ==
          "POST /a?b=c HTTP/1.1\r\nHost: h:8443\r\nUser-Agent: restream\r\n"
          "Content-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
}
