// A client that is asked for a login, or sent to another place, against servers on sockets.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/scene.hpp"
#include "rtmp/command.hpp"
#include "rtmp/link.hpp"
#include "rtmp/md5.hpp"
#include "system/random.hpp"

using namespace restream;
using namespace restream::test;
using Cause = RtmpEnding::Cause;

namespace {

/// Takes connections one after the other, and answers each command as the test says.
class ScriptedServer {
  public:
    /// What to say to the command of the n-th connection, counted from 0.
    using Answer = std::function<std::vector<Command>(std::size_t n, const Command&)>;

    explicit ScriptedServer(Answer answer)
        : answer_(std::move(answer)), thread_([this] { run(); }) {}
    ~ScriptedServer() {
        is_ending_ = true;
        thread_.join();
    }

    int port() const { return listener_.port(); }
    std::vector<std::string> apps() const {
        const std::lock_guard lock(mutex_);
        return apps_;
    }

  private:
    void run() {
        for (std::size_t n = 0; !is_ending_;) {
            const Fd fd = listener_.accept(Deadline::after(Milliseconds(20)));
            if (fd.is_open()) serve(fd, n++);
        }
    }
    void serve(const Fd& fd, std::size_t n) {
        RtmpLink link(Handshake::Side::server, random_bytes(1528), {});
        std::vector<char> block(64 * 1024);
        while (!is_ending_) {
            if (!wait_readable(fd, Deadline::after(Milliseconds(20)))) continue;
            const std::size_t got = read_some(fd, block);
            if (got == 0) return;
            link.feed({reinterpret_cast<const std::uint8_t*>(block.data()), got});
            for (auto next = link.next(); std::holds_alternative<Message>(next);
                 next = link.next()) {
                take(std::get<Message>(next), n, link);
            }
            write(fd, link.output());
        }
    }
    void take(const Message& message, std::size_t n, RtmpLink& link) {
        const auto command = read_command(message);
        if (!command) return;
        if (command->name == "connect") {
            const std::lock_guard lock(mutex_);
            const AmfValue* app = command->object.find("app");
            apps_.emplace_back(app ? app->as_string().value_or("") : "");
        }
        for (const Command& each : answer_(n, *command)) {
            link.write_command(message.message_stream_id, each);
        }
    }
    static void write(const Fd& fd, OutputQueue& output) {
        std::span<const std::uint8_t> piece;
        while (output.gather({&piece, 1}) == 1) {
            (void)write_all(fd, {reinterpret_cast<const char*>(piece.data()), piece.size()});
            output.consume(piece.size());
        }
    }

    Answer answer_;
    Listener listener_;
    std::atomic<bool> is_ending_ = false;
    mutable std::mutex mutex_;
    std::vector<std::string> apps_;
    std::thread thread_;
};

AmfValue words(const char* level, const std::string& code, const std::string& description,
               const std::string& redirect = "") {
    AmfValue info = AmfValue::object({{"level", AmfValue::of(level)},
                                      {"code", AmfValue::of(code)},
                                      {"description", AmfValue::of(description)}});
    if (!redirect.empty()) {
        info.properties.emplace_back(
            "ex", AmfValue::object(
                      {{"code", AmfValue::of(302.0)}, {"redirect", AmfValue::of(redirect)}}));
    }
    return info;
}

std::vector<Command> rejected(const Command& asked, const std::string& description,
                              const std::string& redirect = "") {
    return {{"_error",
             asked.transaction,
             AmfValue::null(),
             {words("error", "NetConnection.Connect.Rejected", description, redirect)}}};
}

/// What a server says that takes everything.
std::vector<Command> welcome(const Command& asked) {
    if (asked.name == "connect") {
        return {{"_result",
                 asked.transaction,
                 AmfValue::null(),
                 {words("status", "NetConnection.Connect.Success", "")}}};
    }
    if (asked.name == "createStream") {
        return {{"_result", asked.transaction, AmfValue::null(), {AmfValue::of(1.0)}}};
    }
    if (asked.name == "publish") {
        return {
            {"onStatus", 0, AmfValue::null(), {words("status", "NetStream.Publish.Start", "")}}};
    }
    return {};
}

std::string parameter(const std::string& app, const std::string& name) {
    const auto at = app.find(name + "=");
    if (at == std::string::npos) return "";
    const auto value = app.substr(at + name.size() + 1);
    return value.substr(0, value.find('&'));
}

/// Asks for user and password as Adobe's servers do.
ScriptedServer::Answer behind_login(const std::string& user, const std::string& password) {
    return [=](std::size_t, const Command& asked) {
        if (asked.name != "connect") return welcome(asked);
        const std::string app(asked.object.find("app")->as_string().value_or(""));
        if (parameter(app, "user").empty()) {
            return rejected(asked,
                            "[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ]");
        }
        if (parameter(app, "response").empty()) {
            return rejected(
                asked, "[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=needauth&user=" +
                           user + "&salt=c2FsdA==&challenge=Y2hhbA==&opaque=b3Bh");
        }
        const std::string fitting = md5_base64(md5_base64(user + "c2FsdA==" + password) + "b3Bh" +
                                               parameter(app, "challenge"));
        if (parameter(app, "user") == user && parameter(app, "response") == fitting) {
            return welcome(asked);
        }
        return rejected(asked, "[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=authfailed");
    };
}

ClientConnection::Request with_user(int port, const char* user_info) {
    auto asked = request(RtmpRole::publish, port);
    asked.endpoint.user_info = Secret(user_info);
    return asked;
}

std::string place(int port) { return fmt::format("rtmp://127.0.0.1:{}/other", port); }

}  // namespace

TEST_CASE("login: with the right password it is accepted on the third connection") {
    const ScriptedServer server(behind_login("me", "p@ss-w0rd-4711"));
    Loop loop;
    ClientConnection client(loop, with_user(server.port(), "me:p%40ss-w0rd-4711"));
    REQUIRE(accepted(loop, client));
    const auto apps = server.apps();
    REQUIRE(apps.size() == 3);
    CHECK(apps[0] == "live");
    CHECK(apps[1] == "live?authmod=adobe&user=me");
    for (const std::string& each : apps) CHECK(each.find("p@ss") == std::string::npos);
}

TEST_CASE("login: a wrong password and none have reasons of their own, which tell nothing") {
    const ScriptedServer server(behind_login("me", "p@ss-w0rd-4711"));
    Loop loop;
    ClientConnection wrong(loop, with_user(server.port(), "me:hidden-word-1"));
    const auto refused = ending_of(loop, wrong);
    CHECK(refused.cause == Cause::login_refused);
    CHECK(refused.detail.find("hidden") == std::string::npos);
    ClientConnection none(loop, request(RtmpRole::publish, server.port()));
    CHECK(ending_of(loop, none).cause == Cause::login_needed);
    CHECK(server.apps().size() == 4);
}

TEST_CASE("redirect: it is followed where connect is refused, and where publish is") {
    for (const bool at_publish : {false, true}) {
        CAPTURE(at_publish);
        const ScriptedServer to([](std::size_t, const Command& asked) { return welcome(asked); });
        const int port = to.port();
        const ScriptedServer from([=](std::size_t, const Command& asked) -> std::vector<Command> {
            if (asked.name == "connect" && !at_publish) return rejected(asked, "", place(port));
            if (asked.name != "publish") return welcome(asked);
            return {{"onStatus",
                     0,
                     AmfValue::null(),
                     {words("error", "NetStream.Publish.Rejected", "moved", place(port))}}};
        });
        Loop loop;
        ClientConnection client(loop, request(RtmpRole::publish, from.port()));
        REQUIRE(accepted(loop, client));
        CHECK(client.is_accepted());
        CHECK(from.apps() == std::vector<std::string>{"live"});
        CHECK(to.apps() == std::vector<std::string>{"other"});
    }
}

TEST_CASE("redirect: two servers that name each other see one connection each") {
    std::atomic<int> other = 0;
    const auto answer = [&other](std::size_t, const Command& asked) {
        return rejected(asked, "", place(other));
    };
    const ScriptedServer one(answer);
    const ScriptedServer two([&one](std::size_t, const Command& asked) {
        return rejected(asked, "", place(one.port()));
    });
    other = two.port();
    Loop loop;
    ClientConnection client(loop, request(RtmpRole::publish, one.port()));
    const auto ending = ending_of(loop, client);
    CHECK(ending.cause == Cause::redirect_refused);
    CHECK(ending.detail.find("a second redirect") != std::string::npos);
    CHECK(one.apps().size() == 1);
    CHECK(two.apps().size() == 1);
}

TEST_CASE("redirect: gone after any number of turns, it leaves nothing behind") {
    const ScriptedServer to([](std::size_t, const Command& asked) { return welcome(asked); });
    const int port = to.port();
    const ScriptedServer from(
        [port](std::size_t, const Command& asked) { return rejected(asked, "", place(port)); });
    for (int turns = 0; turns < 40; ++turns) {
        Loop loop;
        const ClientConnection client(loop, request(RtmpRole::publish, from.port()));
        for (int i = 0; i < turns; ++i) loop.run_once(Deadline::after(Milliseconds(2)));
    }
    Loop loop;
    ClientConnection last(loop, request(RtmpRole::publish, from.port()));
    CHECK(accepted(loop, last));
}
