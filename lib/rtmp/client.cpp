#include "rtmp/client.hpp"

#include <fmt/format.h>

#include <cassert>
#include <cmath>
#include <utility>

#include "rtmp/client_commands.hpp"
#include "rtmp/control_message.hpp"

namespace restream {

namespace {

/// What a server keeps for a player that reads slowly; a live one ignores it. **Source**: ffmpeg's.
constexpr std::uint32_t buffer_length_ms = 3000;

bool is_close(RtmpEnding::Cause cause) {
    return cause == RtmpEnding::Cause::closed || cause == RtmpEnding::Cause::reset;
}

/// A message stream's id, as a server gives it.
std::optional<std::uint32_t> read_id(const Command& command) {
    if (command.arguments.empty()) return std::nullopt;
    const auto number = command.arguments.front().as_number();
    if (!number || !std::isfinite(*number) || *number < 0 || *number > 4294967295.0) {
        return std::nullopt;
    }
    return static_cast<std::uint32_t>(*number);
}

/// What the client waits for at this step.
const char* awaited(RtmpClient::Step step, RtmpRole role) {
    switch (step) {
        case RtmpClient::Step::handshake:
            return "the RTMP handshake";
        case RtmpClient::Step::connect:
            return "connect";
        case RtmpClient::Step::create:
            return "createStream";
        case RtmpClient::Step::begin:
            return role == RtmpRole::publish ? "publish" : "play";
        case RtmpClient::Step::accepted:
        case RtmpClient::Step::ended:
            break;
    }
    return "";
}

}  // namespace

RtmpClient::RtmpClient(Setup setup)
    : endpoint_(std::move(setup.endpoint)),
      role_(setup.role),
      fourccs_(std::move(setup.fourccs)),
      mask_(endpoint_),
      link_(Handshake::Side::client, setup.random,
            {.longest_message = setup.longest_message,
             .most_pending_bytes = 2 * setup.longest_message}) {}

std::array<std::span<std::uint8_t>, 2> RtmpClient::spaces() { return link_.spaces(); }

void RtmpClient::commit(std::size_t bytes) {
    link_.commit(bytes);
    if (step_ == Step::handshake && link_.is_open()) begin_connect();
}

void RtmpClient::feed(std::span<const std::uint8_t> bytes) {
    link_.feed(bytes);
    if (step_ == Step::handshake && link_.is_open()) begin_connect();
}

RtmpClient::Event RtmpClient::next() {
    for (;;) {
        if (ending_) return *ending_;
        if (first_tag_) {
            Tag tag = std::move(*first_tag_);
            first_tag_.reset();
            return tag;
        }
        if (auto tag = aggregate_.next()) {
            if (auto event = take_tag(std::move(*tag))) return std::move(*event);
            continue;
        }
        const RtmpLink::Next found = link_.next();
        if (std::holds_alternative<RtmpLink::NeedMore>(found)) return NeedMore{};
        if (const auto* malformed = std::get_if<RtmpLink::Malformed>(&found)) {
            return end({RtmpEnding::Cause::malformed, mask_.apply(malformed->what)});
        }
        if (auto event = take(std::get<Message>(found))) return std::move(*event);
    }
}

RtmpEnding RtmpClient::closed(RtmpEnding how) const {
    if (ending_) return *ending_;
    if (said_goodbye_) return {RtmpEnding::Cause::stopped};
    using Cause = RtmpEnding::Cause;
    if (step_ == Step::accepted) {
        if (is_close(how.cause) && !last_words_.empty()) how.detail = last_words_;
        return how;
    }
    if (!is_close(how.cause)) {
        const bool is_timeout =
            how.cause == Cause::answer_timed_out || how.cause == Cause::handshake_timed_out;
        if (is_timeout && how.detail.empty()) {
            how.detail = fmt::format("no answer to {}", awaited(step_, role_));
        }
        return how;
    }
    const bool is_reset = how.cause == Cause::reset;
    how.detail = step_ == Step::handshake
                     ? fmt::format("{} before the RTMP handshake was complete",
                                   is_reset ? "reset" : "closed")
                     : fmt::format("{} instead of answering {}", is_reset ? "reset" : "closed",
                                   awaited(step_, role_));
    // A server that wants neither the app nor the key often says nothing at all (nginx-rtmp), and
    // one that closes with our commands unread resets. The key was told before createStream.
    const bool knows_name =
        role_ == RtmpRole::publish ? step_ != Step::connect : step_ == Step::begin;
    if (step_ != Step::handshake) how.cause = knows_name ? Cause::name_refused : Cause::app_refused;
    return how;
}

void RtmpClient::send(const Tag& tag) {
    assert(role_ == RtmpRole::publish && step_ == Step::accepted);
    link_.write_media(published_message_of(tag, message_stream_id_));
}

void RtmpClient::say_goodbye() {
    if (said_goodbye_ || ending_) return;
    if (step_ == Step::begin || step_ == Step::accepted) {
        if (role_ == RtmpRole::publish) {
            say(0, name_command("FCUnpublish", Transaction::goodbye, endpoint_.playpath));
        }
        say(0, delete_command(message_stream_id_));
    }
    said_goodbye_ = true;
    link_.fall_silent();
    step_ = Step::ended;
}

void RtmpClient::begin_connect() {
    link_.set_chunk_size();
    say(0, role_ == RtmpRole::publish ? publisher_connect(endpoint_, fourccs_)
                                      : player_connect(endpoint_, fourccs_));
    step_ = Step::connect;
}

void RtmpClient::begin_create() {
    if (role_ == RtmpRole::publish) {
        say(0, name_command("releaseStream", Transaction::release, endpoint_.playpath));
        say(0, name_command("FCPublish", Transaction::fc_publish, endpoint_.playpath));
    }
    say(0, simple_command("createStream", Transaction::create));
    step_ = Step::create;
}

void RtmpClient::begin_role(std::uint32_t message_stream_id) {
    message_stream_id_ = message_stream_id;
    if (role_ == RtmpRole::publish) {
        say(message_stream_id, publish_command(endpoint_.playpath));
    } else {
        say(message_stream_id, play_command(endpoint_.playpath));
        link_.write_control(make_set_buffer_length(message_stream_id, buffer_length_ms));
    }
    step_ = Step::begin;
}

std::optional<RtmpClient::Event> RtmpClient::take(const Message& message) {
    if (said_goodbye_) return std::nullopt;
    switch (message.type) {
        case MessageType::audio:
        case MessageType::video:
        case MessageType::data:
        case MessageType::amf3_data:
            if (auto tag = tag_of(message)) return take_tag(std::move(*tag));
            return std::nullopt;
        case MessageType::aggregate:
            aggregate_ = AggregateReader(message);
            return std::nullopt;
        case MessageType::command:
        case MessageType::amf3_command:
            if (const auto command = read_command(message)) return take_command(*command);
            return std::nullopt;
        case MessageType::user_control: {
            const auto control = read_user_control(message);
            if (control && control->kind == UserControlKind::stream_eof) return lose_publisher();
            if (control && control->kind == UserControlKind::stream_begin) has_publisher_ = true;
            return std::nullopt;
        }
        default:
            return std::nullopt;
    }
}

std::optional<RtmpClient::Event> RtmpClient::take_tag(Tag tag) {
    if (role_ != RtmpRole::play) return std::nullopt;
    if (step_ == Step::begin) {
        first_tag_ = std::move(tag);
        return accept();
    }
    if (step_ != Step::accepted) return std::nullopt;
    has_publisher_ = true;
    return tag;
}

std::optional<RtmpClient::Event> RtmpClient::take_command(const Command& command) {
    if (command.name == "_result") return take_result(command);
    if (command.name == "_error") return take_error(command);
    if (command.name == "onStatus") return take_status(command);
    // Some servers refuse the key here. Their yes is not yet that of publish.
    if (command.name == "onFCPublish" && is_refusal(status_words(command))) {
        return take_status(command);
    }
    if (command.name == "close") {
        return end(closed({RtmpEnding::Cause::closed, "the server said close"}));
    }
    return std::nullopt;
}

std::optional<RtmpClient::Event> RtmpClient::take_result(const Command& command) {
    if (step_ == Step::connect && is_answer_to(command, Transaction::connect)) {
        if (is_refusal(status_words(command))) return take_error(command);
        begin_create();
    } else if (step_ == Step::create && is_answer_to(command, Transaction::create)) {
        const auto id = read_id(command);
        if (!id)
            return end({RtmpEnding::Cause::malformed, "createStream was answered without an id"});
        begin_role(*id);
    }
    return std::nullopt;
}

/// An _error for releaseStream or FCPublish means nothing: many servers do not know them.
std::optional<RtmpClient::Event> RtmpClient::take_error(const Command& command) {
    if (step_ == Step::connect) return refuse(RtmpEnding::Cause::app_refused, command);
    if (step_ == Step::create && is_answer_to(command, Transaction::create)) {
        return refuse(RtmpEnding::Cause::app_refused, command);
    }
    if (step_ == Step::begin && is_answer_to(command, Transaction::begin)) {
        return refuse(RtmpEnding::Cause::name_refused, command);
    }
    return std::nullopt;
}

std::optional<RtmpClient::Event> RtmpClient::take_status(const Command& command) {
    const StatusWords words = status_words(command);
    if (is_code(words, "NetConnection.Connect.Closed")) {
        RtmpEnding ending = closed({RtmpEnding::Cause::closed});
        ending.detail = shown(command);
        return end(std::move(ending));
    }
    // Whatever its level: who names another place before he accepted means us to go there.
    const bool is_redirect = step_ != Step::accepted && !redirect_url(command).empty();
    if (is_refusal(words) || is_redirect) {
        if (step_ == Step::connect) return refuse(RtmpEnding::Cause::app_refused, command);
        if (!is_about_connection(words)) {
            return refuse(RtmpEnding::Cause::name_refused, command);
        }
        return refuse(
            step_ == Step::accepted ? RtmpEnding::Cause::closed : RtmpEnding::Cause::app_refused,
            command);
    }
    if (step_ == Step::accepted && words.level == "warning") {
        last_words_ = shown(command);
    }
    return role_ == RtmpRole::publish ? take_publishing_status(command)
                                      : take_playing_status(words);
}

std::optional<RtmpClient::Event> RtmpClient::take_publishing_status(const Command& command) {
    const StatusWords words = status_words(command);
    if (step_ == Step::begin && is_code(words, "NetStream.Publish.Start")) return accept();
    // Unasked for: the server has thrown this publisher out.
    if (step_ == Step::accepted && is_code(words, "NetStream.Unpublish.Success")) {
        return end({RtmpEnding::Cause::closed, shown(command)});
    }
    return std::nullopt;
}

std::optional<RtmpClient::Event> RtmpClient::take_playing_status(const StatusWords& words) {
    if (is_code(words, "NetStream.Play.Start")) {
        if (step_ == Step::begin) return accept();
        has_publisher_ = true;
    } else if (is_code(words, "NetStream.Play.PublishNotify")) {
        has_publisher_ = true;
    } else if (is_code(words, "NetStream.Play.UnpublishNotify") ||
               is_code(words, "NetStream.Play.Stop") || is_code(words, "NetStream.Play.Complete")) {
        return lose_publisher();
    }
    return std::nullopt;
}

std::optional<RtmpClient::Event> RtmpClient::lose_publisher() {
    if (role_ != RtmpRole::play || step_ != Step::accepted || !has_publisher_) return std::nullopt;
    has_publisher_ = false;
    return PublisherLeft{};
}

RtmpClient::Event RtmpClient::accept() {
    step_ = Step::accepted;
    return Accepted{};
}

RtmpClient::Event RtmpClient::end(RtmpEnding ending) {
    ending_ = std::move(ending);
    step_ = Step::ended;
    return *ending_;
}

RtmpClient::Event RtmpClient::refuse(RtmpEnding::Cause cause, const Command& command) {
    if (step_ != Step::accepted) {
        refusal_ = ConnectRefusal{whole_description(command), redirect_url(command)};
    }
    return end({cause, shown(command)});
}

/// The server's words as they may be shown, with the place that it names instead of itself.
std::string RtmpClient::shown(const Command& command) const {
    StatusWords words = status_words(command);
    words.code = mask_.apply_to_code(words.code);
    words.description = mask_.apply(words.description);
    std::string joined = join_words(words);
    if (joined.empty()) joined = fmt::format("{} refused without words", awaited(step_, role_));
    const std::string place = mask_.apply(redirect_address(command));
    return place.empty() ? joined : fmt::format("moved to {}: {}", place, joined);
}

void RtmpClient::say(std::uint32_t message_stream_id, Command command) {
    link_.write_command(message_stream_id, command);
}

}  // namespace restream
