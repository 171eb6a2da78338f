// A peer that talks with a server connection, and what it says.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "rtmp/server.hpp"
#include "unit/raw_peer.hpp"

namespace restream::test::server_side {

using Words = std::vector<std::string>;
using tests::Bytes;

/// Said to the server: a command, on a message stream.
struct Line {
    Command command;
    std::uint32_t on = 0;
};

inline AmfValue text(const char* value) { return AmfValue::of(value); }

inline Command command(const char* name, double transaction, std::vector<AmfValue> arguments = {},
                       AmfValue object = AmfValue::null()) {
    return {name, transaction, std::move(object), std::move(arguments)};
}

inline Command connect(const char* app, std::vector<AmfValue::Property> more = {}) {
    std::vector<AmfValue::Property> object = {{"app", text(app)},
                                              {"type", text("nonprivate")},
                                              {"flashVer", text("FMLE/3.0 (compatible; FMSc/1.0)")},
                                              {"swfUrl", text("rtmp://127.0.0.1/live")},
                                              {"tcUrl", text("rtmp://127.0.0.1/live")}};
    object.insert(object.end(), more.begin(), more.end());
    return command("connect", 1, {}, AmfValue::object(std::move(object)));
}

inline const std::string connected =
    "_result 1 {fmsVer: 'FMS/3,0,1,123', capabilities: 31} {level: 'status', "
    "code: 'NetConnection.Connect.Success', description: 'connected', objectEncoding: 0}";

inline std::string status_text(const char* code, const char* description,
                               const char* level = "status", const char* name = "onStatus") {
    return std::string(name) + " 0 null {level: '" + level + "', code: '" + code +
           "', description: '" + description + "'}";
}

/// The answer to publish.
inline const std::string publishing = status_text("NetStream.Publish.Start", "publishing");

/// A peer that talks with a server, which accepts what it wishes unless the test says otherwise.
struct Talk {
    RawPeer peer{Handshake::Side::client};
    RtmpServer server{{.longest_message = 200 * 1024, .random = handshake_bytes()}};
    Words told;
    std::vector<Tag> tags;
    std::function<void(RtmpServer&)> answer = [](auto& self) { self.accept(); };

    Words say(const std::vector<Line>& lines) {
        for (const Line& line : lines) peer.say(line.command, line.on);
        return run();
    }
    /// Returns what the peer hears.
    Words run() {
        for (bool moves = true; moves;) {
            const Bytes to_server = peer.take_output();
            server.feed(to_server);
            listen();
            const Bytes to_peer = tests::taken(server.output());
            peer.feed(to_peer);
            moves = !to_server.empty() || !to_peer.empty();
        }
        return peer.take_heard();
    }
    void listen() {
        for (;;) {
            auto event = server.next();
            if (std::holds_alternative<RtmpServer::NeedMore>(event)) return;
            if (auto* tag = std::get_if<Tag>(&event)) tags.push_back(*tag);
            if (std::holds_alternative<RtmpServer::Left>(event)) told.push_back("left");
            if (auto* wish = std::get_if<RtmpServer::PublishWish>(&event)) {
                told.push_back("publish '" + wish->app.reveal() + "' '" + wish->name.reveal() +
                               "'");
                answer(server);
            }
            if (auto* wish = std::get_if<RtmpServer::PlayWish>(&event)) {
                told.push_back("play '" + wish->app.reveal() + "' '" + wish->name.reveal() + "'");
                answer(server);
            }
            if (auto* ending = std::get_if<RtmpEnding>(&event)) {
                if (told.empty() || !told.back().starts_with("ended")) {
                    told.push_back("ended " + std::to_string(int(ending->cause)) + " " +
                                   ending->detail);
                }
                return;
            }
        }
    }
};

inline std::string ended(RtmpEnding::Cause cause, const char* detail) {
    return "ended " + std::to_string(int(cause)) + " " + detail;
}

inline std::vector<Line> publish_lines(const char* app, const char* name) {
    return {{connect(app)},
            {command("createStream", 2)},
            {command("publish", 3, {text(name), text("live")}), 1}};
}

}  // namespace restream::test::server_side
