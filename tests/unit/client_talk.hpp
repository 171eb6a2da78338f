// A server that talks with a client, and what it says.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "rtmp/client.hpp"
#include "unit/raw_peer.hpp"

namespace restream::test::client_side {

using Words = std::vector<std::string>;
using Cause = RtmpEnding::Cause;
using Step = RtmpClient::Step;
using tests::Bytes;

inline RtmpClient::Setup setup(RtmpRole role, const char* url = "rtmp://127.0.0.1:1935/live",
                               const char* key = "key-1234",
                               std::vector<std::string> fourccs = {}) {
    return {*publish_endpoint(url, Secret(key)), role, std::move(fourccs), handshake_bytes()};
}

inline AmfValue text(const char* value) { return AmfValue::of(value); }

inline AmfValue words(const char* level, const char* code, const char* description) {
    return AmfValue::object(
        {{"level", text(level)}, {"code", text(code)}, {"description", text(description)}});
}

inline Command status(const char* code, const char* description = "",
                      const char* level = "status") {
    return {"onStatus", 0, AmfValue::null(), {words(level, code, description)}};
}

inline Command result(double transaction, std::vector<AmfValue> arguments = {}) {
    return {"_result", transaction, AmfValue::null(), std::move(arguments)};
}

inline Command error(double transaction, const char* code, const char* description) {
    return {"_error", transaction, AmfValue::null(), {words("error", code, description)}};
}

inline Command connected() {
    return result(1, {words("status", "NetConnection.Connect.Success", "Connection succeeded.")});
}

/// The id of a message stream, as createStream's answer says it.
inline Command created(double id = 1) { return result(4, {AmfValue::of(id)}); }

/// A client that talks with a server which says what the test wants.
struct Talk {
    RawPeer peer{Handshake::Side::server};
    RtmpClient client;
    Words told;
    std::vector<Tag> tags;

    explicit Talk(RtmpClient::Setup of) : client(std::move(of)) {}
    explicit Talk(RtmpRole role) : client(setup(role)) {}
    /// As far as this step.
    Talk(RtmpRole role, Step step) : Talk(role) {
        if (step == Step::handshake) return;
        run();
        if (step == Step::connect) return;
        say({connected()});
        if (step == Step::create) return;
        say({created()});
        if (step == Step::begin) return;
        say({status(role == RtmpRole::publish ? "NetStream.Publish.Start"
                                              : "NetStream.Play.Start")});
        told.clear();
    }

    Words say(const std::vector<Command>& commands, std::uint32_t on = 0) {
        for (const Command& each : commands) peer.say(each, on);
        return run();
    }
    Words send(const Message& message) {
        peer.send(message);
        return run();
    }
    /// Returns what the server hears.
    Words run() {
        for (bool moves = true; moves;) {
            const Bytes to_client = peer.take_output();
            client.feed(to_client);
            listen();
            const Bytes to_peer = tests::taken(client.output());
            peer.feed(to_peer);
            moves = !to_client.empty() || !to_peer.empty();
        }
        return peer.take_heard();
    }
    void listen() {
        for (;;) {
            auto event = client.next();
            if (std::holds_alternative<RtmpClient::NeedMore>(event)) return;
            if (auto* tag = std::get_if<Tag>(&event)) tags.push_back(*tag);
            if (std::holds_alternative<RtmpClient::Accepted>(event)) told.push_back("accepted");
            if (std::holds_alternative<RtmpClient::PublisherLeft>(event)) told.push_back("left");
            if (std::holds_alternative<RtmpEnding>(event)) return;
        }
    }
    RtmpEnding ending() {
        const auto event = client.next();
        const auto* ending = std::get_if<RtmpEnding>(&event);
        return ending ? *ending : RtmpEnding{Cause::stopped, "it goes on"};
    }
};

inline Message media(TagType type, std::uint32_t ms, const Bytes& bytes) {
    return {MessageType(type), 1, RtmpTime(ms), Payload::copy_of(bytes)};
}

inline const RtmpEnding goes_on = {Cause::stopped, "it goes on"};

}  // namespace restream::test::client_side
