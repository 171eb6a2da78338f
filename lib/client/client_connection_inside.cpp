#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "base/error.hpp"
#include "client/client_connection_asio.hpp"
#include "net/loop_asio.hpp"
#include "net/socket_words_asio.hpp"
#include "net/tls_channel_asio.hpp"
#include "system/random.hpp"
#include "system/tcp_facts.hpp"

namespace restream {

namespace {

using Cause = RtmpEnding::Cause;

/// What waits to be fetched by poll(); beyond it, the peer's kernel has to wait.
constexpr std::size_t most_arrived_bytes = 1024 * 1024;
/// So that many small messages count, too.
constexpr std::size_t bytes_of_an_event = 64;
/// In one go, before other connections have their turn.
constexpr int most_reads = 16;
/// What the kernel takes beyond the network's pace is delay that nobody sees.
constexpr int most_unsent_bytes = 128 * 1024;
/// **Source**: RtmpClient::Setup.
constexpr std::size_t handshake_random_bytes = 1528;

}  // namespace

ClientConnection::Inside::Inside(Loop& loop, Request request)
    : loop_(loop),
      request_(std::move(request)),
      trail_(request_.endpoint),
      timer_(loop.inside().context),
      deadline_(Deadline::after(request_.connect_deadline)),
      last_moved_(SteadyClock::now()),
      last_heard_(last_moved_),
      stall_(last_moved_) {}

void ClientConnection::Inside::begin() { connect(); }

void ClientConnection::Inside::connect() {
    const RtmpEndpoint& endpoint = trail_.endpoint();
    connector_.emplace(loop_, endpoint.host, endpoint.port, request_.how_to_look_up, deadline_,
                       [this](Connector::Result result) { take_connection(std::move(result)); });
}

bool ClientConnection::Inside::connect_again(RtmpEnding& ending) {
    const auto& refusal = client_->refusal();
    if (!refusal) return false;
    std::uint32_t own = 0;
    for (const std::uint8_t byte : random_bytes(sizeof own)) own = own << 8 | byte;
    if (!trail_.follow(*refusal, ending, own)) return false;
    phase_ = Phase::connecting;
    boost::system::error_code ignored;
    channel_->socket().close(
        ignored);  // what waits for it is called with an error, and does nothing
    channel_.reset();
    client_.reset();
    is_awaiting_readable_ = is_awaiting_writable_ = false;
    connect();
    return true;
}

void ClientConnection::Inside::take_connection(Connector::Result result) {
    connector_.reset();  // and with it the attempts that did not win
    if (auto* ending = std::get_if<RtmpEnding>(&result)) {
        end(std::move(*ending));
        return;
    }
    auto& socket = std::get<Channel::Socket>(result);
    const bool is_publisher = request_.role == RtmpRole::publish;
    boost::system::error_code ignored;
    socket.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
    if (is_publisher) keep_short(socket.native_handle(), most_unsent_bytes);
    // Later than our own clock, which knows better words for it.
    notice_silence(socket.native_handle(),
                   (is_publisher ? request_.write_deadline : request_.longest_silence) * 5 / 4);
    look_again_at(deadline_.at());
    last_moved_ = SteadyClock::now();
    if (!trail_.endpoint().is_tls) {
        channel_ = make_plain_channel(std::move(socket));
        talk();
        return;
    }
    try {
        channel_ = make_tls_channel(std::move(socket), trail_.endpoint().host, request_.ca_file);
    } catch (const Error& error) {
        end({Cause::tls_failed, error.what()});
        return;
    }
    phase_ = Phase::securing;
    secure();
}

void ClientConnection::Inside::secure() {
    Transfer step = channel_->open();
    if (step.state == Transfer::State::ended) {
        end(std::move(*step.ending));
    } else if (step.state == Transfer::State::more) {
        talk();
    } else {
        if (channel_->unwritten_bytes() > 0) await_writable();
        await_readable();
    }
}

void ClientConnection::Inside::talk() {
    phase_ = Phase::talking;
    client_ = std::make_unique<RtmpClient>(
        RtmpClient::Setup{.endpoint = trail_.endpoint(),
                          .role = request_.role,
                          .fourccs = request_.fourccs,
                          .random = random_bytes(handshake_random_bytes)});
    write();
    read();
}

void ClientConnection::Inside::read() {
    bool may_be_more = true;
    for (int i = 0; i < most_reads && may_be_more && phase_ == Phase::talking && !is_full(); ++i) {
        Transfer step = channel_->read(client_->spaces());
        if (step.bytes > 0) {
            last_heard_ = last_moved_ = SteadyClock::now();
            client_->commit(step.bytes);
            take_events();
        }
        if (step.state == Transfer::State::ended && phase_ == Phase::talking) {
            lose(std::move(*step.ending));
        }
        may_be_more = step.state == Transfer::State::more;
    }
    if (phase_ != Phase::talking) return;
    write();
    if (phase_ != Phase::talking || is_full()) return;
    if (!may_be_more) {
        await_readable();
    } else if (!is_awaiting_readable_) {
        // Not by the socket: what TLS has already read would never make it readable.
        is_awaiting_readable_ = true;
        boost::asio::post(loop_.inside().context, [self = weak_from_this()] {
            if (const auto inside = self.lock()) inside->on_readable();
        });
    }
}

void ClientConnection::Inside::take_events() {
    while (phase_ == Phase::talking) {
        RtmpClient::Event event = client_->next();
        if (std::holds_alternative<RtmpClient::NeedMore>(event)) return;
        take_event(std::move(event));
    }
}

void ClientConnection::Inside::take_event(RtmpClient::Event event) {
    if (auto* ending = std::get_if<RtmpEnding>(&event)) {
        if (!connect_again(*ending)) end(std::move(*ending));
        return;
    }
    if (std::holds_alternative<RtmpClient::Accepted>(event)) {
        is_accepted_ = true;
        look_again_at(SteadyClock::now());
        return;
    }
    if (request_.role == RtmpRole::publish) return;
    if (auto* tag = std::get_if<Tag>(&event)) {
        if (!std::exchange(has_heard_tag_, true)) look_again_at(SteadyClock::now());
        arrived_bytes_ += tag->payload.size();
        arrived_.emplace_back(std::move(*tag));
    } else {
        has_heard_tag_ = false;  // silence is all that is to be expected now
        arrived_.emplace_back(PublisherLeft{});
    }
    arrived_bytes_ += bytes_of_an_event;
}

ClientConnection::Event ClientConnection::Inside::poll() {
    if (arrived_.empty()) {
        if (ending_) return *ending_;
        return Nothing{};
    }
    const bool was_full = is_full();
    Event event = std::move(arrived_.front());
    arrived_.pop_front();
    arrived_bytes_ -= bytes_of_an_event;
    if (const auto* tag = std::get_if<Tag>(&event)) arrived_bytes_ -= tag->payload.size();
    if (was_full && !is_full() && phase_ == Phase::talking) {
        last_heard_ = SteadyClock::now();  // the silence was ours
        is_awaiting_readable_ = true;
        boost::asio::post(loop_.inside().context, [self = weak_from_this()] {
            if (const auto inside = self.lock()) inside->on_readable();
        });
    }
    return event;
}

bool ClientConnection::Inside::is_full() const { return arrived_bytes_ >= most_arrived_bytes; }

std::optional<RtmpEnding> ClientConnection::Inside::ending() const {
    if (!arrived_.empty()) return std::nullopt;
    return ending_;
}

bool ClientConnection::Inside::is_ready() const {
    return is_accepted_ && phase_ == Phase::talking && client_->output().is_empty() &&
           channel_->unwritten_bytes() == 0;
}

void ClientConnection::Inside::send(const Tag& tag) {
    if (phase_ != Phase::talking) return;  // it has ended, and its owner has not looked yet
    client_->send(tag);
    // Where something waits already, the socket is full: asking it again costs a call for nothing.
    if (!is_awaiting_writable_) write();
}

void ClientConnection::Inside::write() {
    OutputQueue& queue = client_->output();
    if (queue.is_empty() && channel_->unwritten_bytes() == 0) return;
    if (is_accepted_) stall_.begin_to_wait(SteadyClock::now());
    Transfer step = channel_->write(queue);
    if (step.bytes > 0) last_moved_ = SteadyClock::now();
    if (step.state == Transfer::State::ended) {
        lose(std::move(*step.ending));
    } else if (step.state == Transfer::State::blocked) {
        await_writable();
    }
}

void ClientConnection::Inside::lose(RtmpEnding how) {
    // A server that refuses says so and closes: what it said is read even where writing fails
    // first.
    for (int i = 0; i < most_reads && phase_ == Phase::talking; ++i) {
        const Transfer step = channel_->read(client_->spaces());
        if (step.bytes > 0) {
            client_->commit(step.bytes);
            take_events();
        }
        if (step.state != Transfer::State::more) break;
    }
    if (phase_ != Phase::talking) return;
    if (how.cause == Cause::connect_timed_out) how = given_up_by_system(std::move(how));
    end(client_->closed(std::move(how)));
}

void ClientConnection::Inside::finish(const Deadline& deadline) {
    if (phase_ == Phase::ended) return;
    if (phase_ == Phase::connecting || phase_ == Phase::securing || deadline.has_passed()) {
        if (phase_ == Phase::talking) {
            client_->say_goodbye();
            (void)channel_->write(client_->output());
        }
        end({Cause::stopped});
        return;
    }
    deadline_ = Deadline(std::min(deadline_.at(), deadline.at()));
    if (phase_ == Phase::talking) {
        deadline_ = deadline;
        client_->say_goodbye();
        phase_ = Phase::leaving;
        leave();
    }
    if (phase_ != Phase::ended) look_again_at(deadline_.at());
}

void ClientConnection::Inside::leave() {
    Transfer step = channel_->write(client_->output());
    if (step.state == Transfer::State::more) step = channel_->say_end();
    if (step.state == Transfer::State::ended) {
        end({Cause::stopped});
        return;
    }
    if (step.state == Transfer::State::blocked) {
        await_writable();
    } else {
        phase_ = Phase::awaiting;
    }
    discard();
}

void ClientConnection::Inside::discard() {
    Transfer step{.state = Transfer::State::more};
    for (int i = 0; i < most_reads && step.state == Transfer::State::more; ++i) {
        step = channel_->discard();
    }
    if (step.state == Transfer::State::ended) {
        end({Cause::stopped});
    } else {
        await_readable();
    }
}

void ClientConnection::Inside::end(RtmpEnding ending) {
    phase_ = Phase::ended;
    ending_ = std::move(ending);
    timer_.cancel();
    connector_.reset();
    if (client_) client_->output().clear();
    if (channel_) {
        boost::system::error_code ignored;
        channel_->socket().close(ignored);
    }
}

std::optional<double> ClientConnection::Inside::rtt_ms() const {
    if (!channel_ || phase_ == Phase::ended) return std::nullopt;
    return round_trip_ms(channel_->socket().native_handle());
}

std::optional<TcpFacts> ClientConnection::Inside::tcp() const {
    if (!channel_ || phase_ == Phase::ended) return std::nullopt;
    return tcp_facts(channel_->socket().native_handle());
}

std::string ClientConnection::Inside::peer() const { return describe(channel_->peer()); }

}  // namespace restream
