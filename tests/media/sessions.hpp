// Sessions as sinks see them, from FLV files.
#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "flv/flv.hpp"
#include "flv/tag_body.hpp"
#include "media/open_sink.hpp"
#include "worker/readiness.hpp"

namespace restream::test {

/// What a session would get: all tags of an FLV file, its prefix up to the first keyframe and
/// sound.
struct Session {
    std::vector<Tag> tags;
    std::vector<Tag> prefix;
    int pictures = 0;
    int sounds = 0;
};

inline std::vector<Tag> tags_of(const std::filesystem::path& flv) {
    std::ifstream file(flv, std::ios::binary);
    const std::vector<char> bytes(std::istreambuf_iterator<char>(file), {});
    FlvReader reader;
    reader.feed({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
    std::vector<Tag> tags;
    while (true) {
        auto next = reader.next();
        if (!std::holds_alternative<Tag>(next)) return tags;
        tags.push_back(std::move(std::get<Tag>(next)));
    }
}

inline Session session_of(const std::vector<Tag>& tags) {
    Session session;
    session.tags = tags;
    for (const Tag& tag : tags) {
        const auto video = tag.type == TagType::video ? video_facts(tag.bytes()) : std::nullopt;
        const auto audio = tag.type == TagType::audio ? audio_facts(tag.bytes()) : std::nullopt;
        if (video && !video->is_sequence_header && !video->is_end_of_sequence) ++session.pictures;
        if (audio && !audio->is_sequence_header) ++session.sounds;
        if (session.pictures < 3 || session.sounds < 3) session.prefix.push_back(tag);
    }
    return session;
}

/// The picture is shown earlier than the publisher said: some encoders begin at 0 so.
inline Tag with_lower_composition(const Tag& tag, std::int32_t ms) {
    const auto body = tag.type == TagType::video ? video_body(tag.bytes()) : std::nullopt;
    if (!body || body->kind != TagBody::Kind::frame) return tag;
    std::vector<std::uint8_t> bytes(tag.bytes().begin(), tag.bytes().end());
    const auto lower = static_cast<std::uint32_t>(*body->composition_ms - ms);
    bytes[2] = static_cast<std::uint8_t>(lower >> 16);
    bytes[3] = static_cast<std::uint8_t>(lower >> 8);
    bytes[4] = static_cast<std::uint8_t>(lower);
    return make_tag(tag.type, tag.time, bytes);
}

/// What a relay begins a session with, and what follows: as Readiness has it.
struct LiveSession {
    std::vector<Tag> prefix;
    std::optional<Tag> sound;
    std::vector<Tag> tags;  ///< the prefix first
};

inline LiveSession live_session_of(const std::vector<Tag>& tags) {
    LiveSession live;
    Readiness ready(Milliseconds(2000), 100'000'000);
    for (const Tag& tag : tags) {
        if (!live.prefix.empty()) {
            live.tags.push_back(tag);
        } else if (ready.observe(tag,
                                 SteadyTime(std::chrono::hours(1)) + Milliseconds(tag.time.ms()))) {
            live.prefix = ready.headers();
            for (Tag& header : live.prefix) header.time = tag.time;
            live.prefix.push_back(tag);
            live.sound = ready.sound();
            live.tags = live.prefix;
        }
    }
    const RtmpTime first = live.tags.front().time;
    for (auto* const each : {&live.prefix, &live.tags}) {
        for (Tag& tag : *each) tag.time = RtmpTime().plus(tag.time.since(first));
    }
    return live;
}

inline SinkRequest to_file(const std::filesystem::path& path, const std::vector<Tag>& prefix) {
    SinkRequest request;
    request.destination = "archive";
    request.url = "file:" + path.string();
    request.prefix = prefix;
    return request;
}

inline std::unique_ptr<BlockingSink> must_open(const SinkRequest& request) {
    const Cancel cancel;
    auto opened = open_sink(request, cancel);
    if (const auto* end = std::get_if<SessionEnd>(&opened)) FAIL(describe(*end));
    return std::move(std::get<std::unique_ptr<BlockingSink>>(opened));
}

inline SessionEnd must_fail(const SinkRequest& request) {
    const Cancel cancel;
    auto opened = open_sink(request, cancel);
    REQUIRE(std::holds_alternative<SessionEnd>(opened));
    return std::get<SessionEnd>(opened);
}

}  // namespace restream::test
