#include "server/embedded_connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "system/peer_user.hpp"
#include "system/random.hpp"

namespace restream {

namespace {

/// What is read of one connection before the others have their turn: less where many play, because
/// each may be given a copy before the turn ends and the bound of memory is looked at.
constexpr std::size_t most_bytes_a_turn = 1024 * 1024;
constexpr std::size_t least_bytes_a_turn = 64 * 1024;
/// What a gathered write takes at once.
constexpr std::size_t most_pieces = 64;
/// **Source**: RtmpServer::Setup.
constexpr std::size_t random_size = 1528;

/// The code for a peer that ended its connection by what it sent.
std::string_view code_of(Handshake::Foreign foreign, RtmpEnding::Cause cause) {
    if (cause == RtmpEnding::Cause::stalled) return "did_not_read";
    switch (foreign) {
        case Handshake::Foreign::tls:
            return "tls";
        case Handshake::Foreign::text:
            return "http";
        case Handshake::Foreign::rtmpe:
            return "rtmpe";
        case Handshake::Foreign::unknown:
            return "other_protocol";
        case Handshake::Foreign::no:
            break;
    }
    return "bad_rtmp";
}

template <typename... Each>
struct Cases : Each... {
    using Each::operator()...;
};

}  // namespace

EmbeddedConnection::EmbeddedConnection(ConnectionContext& context, Accepted accepted)
    : context_(context),
      socket_(std::move(accepted.socket)),
      rtmp_({context.limits.longest_message, random_bytes(random_size)}),
      watch_(
          context.loop, socket_, [this] { readable(); },
          [this] {
              awaits_writable_ = false;
              context_.now = SteadyClock::now();
              touch();
          }),
      guest_{accepted.visitor, {}},
      connected_(context.now),
      wish_until_(context.now + context.limits.wish),
      last_heard_(context.now),
      last_written_(context.now),
      last_tag_(context.now) {
    watch_.await_readable();
}

EmbeddedConnection::~EmbeddedConnection() {
    leave_path();
    context_.queue_bytes -= counted_bytes_;
}

void EmbeddedConnection::touch() {
    if (is_touched_) return;
    is_touched_ = true;
    context_.touched.push_back(this);
}

void EmbeddedConnection::readable() {
    context_.now = SteadyClock::now();
    const std::size_t most =
        std::max(most_bytes_a_turn / (1 + context_.players.total() / 16), least_bytes_a_turn);
    std::size_t bytes = 0;
    while (!is_over() && bytes < most) {
        const Moved moved = read_once();
        bytes += moved.bytes;
        // Where less came than there was room for, nothing more is there.
        if (moved.how != Moved::How::some) break;
    }
    touch();
    if (!is_over()) watch_.await_readable();
}

/// `would_block` also where all that was there has been read.
Moved EmbeddedConnection::read_once() {
    std::array<std::uint8_t, 4096> nowhere;
    std::array<std::span<std::uint8_t>, 2> spaces;
    if (state_ == State::open) {
        spaces = rtmp_.spaces();
    } else {
        spaces = {std::span<std::uint8_t>(nowhere), std::span<std::uint8_t>()};
    }
    const std::size_t room = spaces[0].size() + spaces[1].size();
    if (room == 0) {  // after Malformed, which ends it; never to be asked about again
        close();
        return {Moved::How::broken, 0};
    }
    Moved moved = read_gathered(socket_, spaces);
    if (moved.how == Moved::How::ended || moved.how == Moved::How::broken) {
        if (!has_sent_bytes_) context_.cut_offs.note_silent_visit();
        close();
        return moved;
    }
    if (moved.how == Moved::How::would_block || state_ != State::open) return moved;
    has_sent_bytes_ = true;
    last_heard_ = context_.now;
    if (bytes_since_tag_ == 0) last_tag_ = context_.now;
    bytes_since_tag_ += moved.bytes;
    rtmp_.commit(moved.bytes);
    if (rtmp_.step() != RtmpServer::Step::handshake) has_shaken_hands_ = true;
    handle_events();
    if (moved.bytes < room) moved.how = Moved::How::would_block;
    return moved;
}

void EmbeddedConnection::handle_events() {
    while (state_ == State::open && handle(rtmp_.next())) {
    }
}

/// False where there is nothing more to handle now.
bool EmbeddedConnection::handle(RtmpServer::Event event) {
    return std::visit(Cases{[](const RtmpServer::NeedMore&) { return false; },
                            [this](const RtmpServer::PublishWish& wish) {
                                publish(wish);
                                return true;
                            },
                            [this](const RtmpServer::PlayWish& wish) {
                                play(wish);
                                return true;
                            },
                            [this](const Tag& tag) {
                                take(tag);
                                return true;
                            },
                            [this](const RtmpServer::Left&) {
                                leave_path();
                                wish_until_ = context_.now + context_.limits.wish;
                                return true;
                            },
                            [this](const RtmpEnding& ending) {
                                const auto foreign = rtmp_.foreign();
                                const bool is_clear = foreign != Handshake::Foreign::no &&
                                                      foreign != Handshake::Foreign::unknown;
                                note_cut_off(code_of(foreign, ending.cause),
                                             is_clear ? std::string() : ending.detail);
                                leave_path();
                                begin_leaving();
                                return false;
                            }},
                      event);
}

/// The system is asked once, and only of one who is here and wants something.
void EmbeddedConnection::learn_who() {
    guest_.software = rtmp_.software();
    Visitor& visitor = guest_.visitor;
    if (visitor.is_local && !visitor.user) visitor.user = peer_user(socket_.native());
}

void EmbeddedConnection::publish(const RtmpServer::PublishWish& wish) {
    learn_who();
    const auto wall = std::chrono::system_clock::now();
    const auto answer =
        context_.publications.ask_to_publish(guest_, wish.app, wish.name, context_.now, wall);
    if (const auto* refusal = std::get_if<AdmissionRefusal>(&answer)) {
        log_refusal("publisher", *refusal);
        rtmp_.refuse(refusal->code, refusal->problem);
        return begin_leaving();
    }
    rtmp_.accept();
    path_ = &context_.publications.begin(*this, guest_, std::get<Secret>(answer), wall);
    is_publisher_ = true;
    context_.log(fmt::format("{} publishes {}", who(), context_.publications.shown(*path_)));
}

void EmbeddedConnection::play(const RtmpServer::PlayWish& wish) {
    learn_who();
    guest_.players = context_.players.at(place_of(guest_.visitor));
    const auto answer = context_.publications.ask_to_play(guest_, wish.app, wish.name, context_.now,
                                                          std::chrono::system_clock::now());
    if (const auto* refusal = std::get_if<AdmissionRefusal>(&answer)) {
        log_refusal("player", *refusal);
        rtmp_.refuse(refusal->code, refusal->problem);
        return begin_leaving();
    }
    rtmp_.accept();
    is_publisher_ = false;
    most_waiting_ = SIZE_MAX;
    std::size_t burst_bytes = 0;
    path_ = &context_.publications.join(*this, std::get<Secret>(answer), burst_bytes);
    context_.players.add(place_of(guest_.visitor));
    most_waiting_ = context_.limits.most_waiting_bytes + burst_bytes;
}

void EmbeddedConnection::log_refusal(std::string_view whom, const AdmissionRefusal& refusal) {
    if (!refusal.is_news) return;
    const std::string times =
        refusal.times > 1 ? fmt::format(" ({} times so far)", refusal.times) : std::string();
    context_.log(fmt::format("refused a {}: {}: {}{}", whom, who(), refusal.problem, times));
}

void EmbeddedConnection::take(const Tag& tag) {
    bytes_since_tag_ = 0;
    if (path_ == nullptr || !is_publisher_) return;
    context_.publications.publish(*path_, context_.held.counted(tag), context_.now);
}

void EmbeddedConnection::look_again() {
    if (state_ == State::open) read_once();
    touch();
}

void EmbeddedConnection::replaced() {
    note_cut_off("replaced");
    path_ = nullptr;
    rtmp_.say_goodbye();
    begin_leaving();
}

void EmbeddedConnection::send(const Tag& tag) {
    if (state_ != State::open) return;
    if (rtmp_.output().is_empty()) last_written_ = context_.now;
    rtmp_.send(tag);
    // Put out when this turn settles: the publication is in the middle of its players.
    touch();
}

void EmbeddedConnection::publisher_left() {
    if (state_ != State::open) return;
    rtmp_.tell_publisher_left();
    touch();
}

void EmbeddedConnection::publisher_came() {
    if (state_ != State::open) return;
    rtmp_.tell_publisher_came();
    touch();
}

void EmbeddedConnection::settle() {
    is_touched_ = false;
    if (!is_over() && !awaits_writable_) write();
    const bool is_player = path_ != nullptr && !is_publisher_;
    if (!is_over() && is_player && rtmp_.output().size() > most_waiting_) {
        ++context_.dropped_players;
        cut_off("too_far_behind");
    }
    count_queue();
}

void EmbeddedConnection::count_queue() {
    const std::size_t bytes = rtmp_.output().own_bytes();
    context_.queue_bytes = context_.queue_bytes - counted_bytes_ + bytes;
    counted_bytes_ = bytes;
}

void EmbeddedConnection::write() {
    OutputQueue& output = rtmp_.output();
    std::array<std::span<const std::uint8_t>, most_pieces> pieces;
    while (!output.is_empty()) {
        const std::size_t count = output.gather(pieces);
        const Moved moved = write_gathered(socket_, std::span(pieces).first(count));
        if (moved.how == Moved::How::broken) return close();
        if (moved.how != Moved::How::some) {
            awaits_writable_ = true;
            return watch_.await_writable();
        }
        output.consume(moved.bytes);
        last_written_ = context_.now;
    }
    if (state_ == State::leaving && !has_ended_writing_) {
        has_ended_writing_ = true;
        end_writing(socket_);
    }
}

void EmbeddedConnection::leave_path() {
    Publications::Path* const path = std::exchange(path_, nullptr);
    if (path == nullptr) return;
    if (is_publisher_) {
        if (!was_cut_off_) {
            context_.log(fmt::format("{} left {}", who(), context_.publications.shown(*path)));
        }
        context_.publications.leave(*path, static_cast<const Publisher&>(*this));
    } else {
        context_.publications.leave(*path, static_cast<const PublicationPlayer&>(*this));
        context_.players.remove(place_of(guest_.visitor));
    }
}

void EmbeddedConnection::begin_leaving() {
    if (state_ != State::open) return;
    state_ = State::leaving;
    leaving_since_ = context_.now;
    touch();
}

void EmbeddedConnection::say_goodbye() {
    if (state_ != State::open) return;
    path_ = nullptr;  // nobody else is told by us: all are told by the server
    rtmp_.say_goodbye();
    begin_leaving();
}

void EmbeddedConnection::close() {
    if (is_over()) return;
    state_ = State::over;
    leave_path();
    // What waits would else be kept by the kernel, for one who does not take it.
    if (!rtmp_.output().is_empty()) reset_on_close(socket_);
    rtmp_.output().clear();
    count_queue();
    touch();
}

void EmbeddedConnection::give_way(std::string_view code) {
    if (path_ != nullptr) ++context_.dropped_players;
    cut_off(code);
}

void EmbeddedConnection::cut_off(std::string_view code) {
    if (is_over()) return;
    note_cut_off(code);
    close();
}

void EmbeddedConnection::note_cut_off(std::string_view code, std::string detail) {
    if (state_ != State::open) return;  // it leaves already, and why is known
    if (!has_sent_bytes_) return context_.cut_offs.note_silent_visit();
    was_cut_off_ = true;
    CutOff cut_off{.role = role(),
                   .when = std::chrono::system_clock::now(),
                   .address = guest_.visitor.address.text(),
                   .software = rtmp_.software(),
                   .code = std::string(code),
                   .detail = std::move(detail)};
    context_.log(fmt::format("cut off a {}: {}: it {}", cut_off_role_name(cut_off.role), who(),
                             describe_cut_off(cut_off)));
    context_.cut_offs.note(std::move(cut_off));
}

CutOff::Role EmbeddedConnection::role() const {
    if (path_ != nullptr) return is_publisher_ ? CutOff::Role::publisher : CutOff::Role::player;
    return has_shaken_hands_ ? CutOff::Role::client : CutOff::Role::stranger;
}

/// "192.168.1.7 (FMLE/3.0)".
std::string EmbeddedConnection::who() const {
    const std::string address = guest_.visitor.address.text();
    const std::string& software = rtmp_.software();
    return software.empty() ? address : fmt::format("{} ({})", address, software);
}

void EmbeddedConnection::look_at_clock() {
    if (is_over()) return;
    const ConnectionLimits& limits = context_.limits;
    const SteadyTime now = context_.now;
    const bool is_player = path_ != nullptr && !is_publisher_;
    if (state_ == State::leaving) {
        if (now - leaving_since_ >= limits.farewell) close();
    } else if (path_ == nullptr) {
        const bool is_greeting = rtmp_.step() == RtmpServer::Step::handshake;
        if (is_greeting && now - connected_ >= limits.handshake) {
            cut_off("handshake_timed_out");
        } else if (now >= wish_until_) {
            cut_off("nothing_asked");
        }
    } else if (is_player) {
        if (rtmp_.output().is_empty() || now - last_written_ < limits.stuck_player) return;
        ++context_.dropped_players;
        cut_off("took_nothing");
    } else if (now - last_heard_ >= limits.silent_publisher) {
        cut_off("silent");
    } else if (is_too_slow_to_send()) {
        cut_off("too_slow");
    }
}

bool EmbeddedConnection::is_too_slow_to_send() const {
    const auto span = context_.now - last_tag_;
    if (bytes_since_tag_ == 0 || span < context_.limits.endless_message) return false;
    const auto ms = std::chrono::duration_cast<Milliseconds>(span).count();
    return bytes_since_tag_ * 1000 / static_cast<std::size_t>(ms) <
           context_.limits.least_bytes_per_s;
}

}  // namespace restream
