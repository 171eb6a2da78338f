#include "rtmp/server.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "rtmp/control_message.hpp"
#include "rtmp/server_answers.hpp"

namespace restream {

namespace {

/// What nginx-rtmp, SRS and Adobe's servers ask for: a sign of life every few seconds of video.
constexpr std::uint32_t window_bytes = 2'500'000;
/// A connect with every property that clients know is about 1 KiB.
constexpr std::size_t longest_stranger_message = 64 * 1024;
/// Whoever sends no media needs four chunk streams.
constexpr ChunkReader::Limits stranger_limits = {.longest_message = longest_stranger_message,
                                                 .most_pending_bytes = 2 * longest_stranger_message,
                                                 .most_chunk_streams = 16};
constexpr std::size_t longest_name = 1000;  // as in lib/rtmp/endpoint.cpp
constexpr std::size_t longest_software = 64;

bool is_name(std::string_view text) {
    return text.size() <= longest_name && std::ranges::all_of(text, [](char each) {
               const auto byte = static_cast<unsigned char>(each);
               return byte >= 0x20 && byte != 0x7f;
           });
}

std::string property(const AmfValue& object, std::string_view name) {
    const AmfValue* value = object.find(name);
    return value ? std::string(value->as_string().value_or("")) : std::string();
}

/// "k4" of "live/k4": where the key is when the whole URL stands in an encoder's server field.
std::string last_segment(const std::string& app) {
    const auto slash = app.substr(0, app.find('?')).rfind('/');
    return slash == std::string::npos ? std::string() : app.substr(slash + 1);
}

}  // namespace

RtmpServer::RtmpServer(Setup setup)
    : longest_message_(setup.longest_message),
      link_(Handshake::Side::server, setup.random, stranger_limits) {
    link_.set_window(window_bytes);
}

std::array<std::span<std::uint8_t>, 2> RtmpServer::spaces() { return link_.spaces(); }

void RtmpServer::commit(std::size_t bytes) {
    link_.commit(bytes);
    if (step_ == Step::handshake && link_.is_open()) step_ = Step::connect;
}

void RtmpServer::feed(std::span<const std::uint8_t> bytes) {
    if (ending_) return;
    link_.feed(bytes);
    if (step_ == Step::handshake && link_.is_open()) step_ = Step::connect;
}

RtmpServer::Event RtmpServer::next() {
    assert(wish_ == Wish::none);
    for (;;) {
        if (ending_) return *ending_;
        if (step_ == Step::publishing) {
            if (auto tag = aggregate_.next()) return std::move(*tag);
        }
        const RtmpLink::Next found = link_.next();
        if (std::holds_alternative<RtmpLink::NeedMore>(found)) return NeedMore{};
        if (const auto* malformed = std::get_if<RtmpLink::Malformed>(&found)) {
            return end({RtmpEnding::Cause::malformed, mask_.apply(malformed->what)});
        }
        if (auto event = take(std::get<Message>(found))) return std::move(*event);
    }
}

void RtmpServer::accept() {
    assert(wish_ != Wish::none);
    const Wish wish = std::exchange(wish_, Wish::none);
    if (wish == Wish::publish) {
        step_ = Step::publishing;
        link_.set_limits(
            {.longest_message = longest_message_, .most_pending_bytes = 2 * longest_message_});
        say_status("NetStream.Publish.Start", "publishing");
    } else {
        step_ = Step::playing;
        link_.write_control(make_user_control(UserControlKind::stream_begin, message_stream_id_));
        say_status("NetStream.Play.Reset", "playing from now on");
        say_status("NetStream.Play.Start", "playing");
    }
}

void RtmpServer::refuse(std::string_view code, std::string_view description) {
    assert(wish_ != Wish::none);
    wish_ = Wish::none;
    const std::string shown = mask_.apply(description);
    say(message_stream_id_, status("onStatus", Level::error, code, shown));
    end({RtmpEnding::Cause::name_refused, std::string(code) + ": " + shown});
}

void RtmpServer::send(const Tag& tag) {
    assert(step_ == Step::playing);
    link_.write_media(message_of(tag, message_stream_id_));
}

void RtmpServer::tell_publisher_left() {
    if (step_ != Step::playing) return;
    link_.write_control(make_user_control(UserControlKind::stream_eof, message_stream_id_));
    say_status("NetStream.Play.UnpublishNotify", "the publisher left");
}

void RtmpServer::tell_publisher_came() {
    if (step_ != Step::playing) return;
    link_.write_control(make_user_control(UserControlKind::stream_begin, message_stream_id_));
    say_status("NetStream.Play.PublishNotify", "there is a publisher");
}

void RtmpServer::say_goodbye() {
    if (ending_) return;
    tell_publisher_left();
    if (step_ == Step::publishing) say_status("NetStream.Unpublish.Success", "the server ends");
    wish_ = Wish::none;
    end({RtmpEnding::Cause::stopped});
}

std::optional<RtmpServer::Event> RtmpServer::take(const Message& message) {
    switch (message.type) {
        case MessageType::audio:
        case MessageType::video:
        case MessageType::data:
        case MessageType::amf3_data:
            if (step_ != Step::publishing) return std::nullopt;
            if (auto tag = tag_of(message)) return std::move(*tag);
            return std::nullopt;
        case MessageType::aggregate:
            if (step_ == Step::publishing) aggregate_ = AggregateReader(message);
            return std::nullopt;
        case MessageType::command:
        case MessageType::amf3_command: {
            const auto command = read_command(message);
            if (!command) {
                return end({RtmpEnding::Cause::malformed, "a command that is not written in AMF0"});
            }
            if (link_.is_flooded()) {
                return end({RtmpEnding::Cause::stalled, "it asks and does not read the answers"});
            }
            return take_command(message, *command);
        }
        default:
            return std::nullopt;
    }
}

std::optional<RtmpServer::Event> RtmpServer::take_command(const Message& message,
                                                          const Command& command) {
    const std::string& name = command.name;
    if (step_ == Step::connect) {
        if (name == "connect") {
            take_connect(command);
        } else if (command.transaction != 0) {
            say(0, refusal(command, "NetConnection.Call.Failed", "connect comes first"));
        }
        return std::nullopt;
    }
    if (name == "createStream") {
        if (step_ == Step::create) step_ = Step::begin;
        say(0, number_result(command, ++created_));
        return std::nullopt;
    }
    if (name == "publish") return take_wish(Wish::publish, message, command);
    if (name == "play") return take_wish(Wish::play, message, command);
    if (name == "FCUnpublish" || name == "closeStream") return leave();
    if (name == "deleteStream") {
        // Another one than that which is published or played may go.
        const auto id =
            command.arguments.empty() ? std::nullopt : command.arguments.front().as_number();
        const bool is_other = id && *id != message_stream_id_ && *id != 0;
        return is_other ? std::nullopt : leave();
    }
    take_request(command);
    return std::nullopt;
}

void RtmpServer::take_connect(const Command& command) {
    std::string app = property(command.object, "app");
    if (!is_name(app)) {
        say(0, refusal(command, "NetConnection.Connect.Rejected",
                       "an app has at most 1000 bytes and no control characters"));
        end({RtmpEnding::Cause::malformed, "the app is too long, or has control characters"});
        return;
    }
    mask_.hide_query(app);
    app_ = Secret(std::move(app));
    software_ = clean_words(property(command.object, "flashVer"), longest_software);
    link_.write_control(make_window_acknowledgement_size(window_bytes));
    link_.write_control(make_set_peer_bandwidth(window_bytes));
    link_.set_chunk_size();
    say(0, connect_result(command));
    step_ = Step::create;
}

std::optional<RtmpServer::Event> RtmpServer::take_wish(Wish wish, const Message& message,
                                                       const Command& command) {
    const bool publishes = wish == Wish::publish;
    const char* bad_name = publishes ? "NetStream.Publish.BadName" : "NetStream.Play.Failed";
    const std::string name(command.text(0).value_or(""));
    if (step_ == Step::publishing || step_ == Step::playing) {
        say(message.message_stream_id, status("onStatus", Level::error, bad_name,
                                              "this connection publishes or plays already"));
        return std::nullopt;
    }
    if (command.has_unreadable_rest && !command.text(0)) {
        return end({RtmpEnding::Cause::malformed, publishes
                                                      ? "the name to publish is not written in AMF0"
                                                      : "the name to play is not written in AMF0"});
    }
    if (!is_name(name)) {
        say(message.message_stream_id,
            status("onStatus", Level::error, bad_name,
                   "a name has at most 1000 bytes and no control characters"));
        return end(
            {RtmpEnding::Cause::malformed, "the name is too long, or has control characters"});
    }
    wish_ = wish;
    message_stream_id_ = message.message_stream_id;
    mask_ = SecretMask();
    mask_.hide_query(app_.reveal());
    mask_.hide(Secret(name.empty() ? last_segment(app_.reveal()) : name));
    if (publishes) return PublishWish{app_, Secret(name)};
    return PlayWish{app_, Secret(name)};
}

/// What changes nothing, as far as it wants an answer.
void RtmpServer::take_request(const Command& command) {
    const std::string& name = command.name;
    if (name == "releaseStream") {
        say(0, empty_result(command));
    } else if (name == "FCPublish") {
        // Hardware encoders wait for it before they go on to createStream. It admits nobody:
        // publish is what is answered by a yes or no.
        say(0, empty_result(command));
        say(0,
            status("onFCPublish", Level::status, "NetStream.Publish.Start", "send publish next"));
    } else if (name == "getStreamLength") {
        say(0, number_result(command, 0));  // live: it has none
    } else if (name == "FCSubscribe") {
        say(0, status("onFCSubscribe", Level::status, "NetStream.Play.Start", "play it"));
    } else if (name == "connect") {
        say(0, refusal(command, "NetConnection.Connect.Failed", "this is connected already"));
    } else if (name == "pause" || name == "receiveAudio" || name == "receiveVideo" ||
               name == "seek" || name == "FCUnsubscribe") {
        return;  // live goes on
    } else if (command.transaction != 0 && !name.starts_with('_') && !name.starts_with("on")) {
        // Answers are never answered: two that do would not come to an end.
        say(0, refusal(command, "NetConnection.Call.Failed", "this command is not known"));
    }
}

std::optional<RtmpServer::Event> RtmpServer::leave() {
    if (step_ != Step::publishing && step_ != Step::playing) return std::nullopt;
    if (step_ == Step::publishing) say_status("NetStream.Unpublish.Success", "unpublished");
    step_ = Step::begin;
    aggregate_ = AggregateReader();
    return Left{};
}

RtmpServer::Event RtmpServer::end(RtmpEnding ending) {
    ending_ = std::move(ending);
    step_ = Step::ended;
    return *ending_;
}

void RtmpServer::say(std::uint32_t message_stream_id, const Command& command) {
    link_.write_command(message_stream_id, command);
}

void RtmpServer::say_status(std::string_view code, std::string_view description) {
    say(message_stream_id_, status("onStatus", Level::status, code, description));
}

}  // namespace restream
