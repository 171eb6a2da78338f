#include <fmt/format.h>

#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include "base/error.hpp"
#include "dashboard/http_connection_asio.hpp"
#include "dashboard/read_request_asio.hpp"
#include "system/peer_user.hpp"

namespace restream {

namespace http = boost::beast::http;
using boost::beast::error_code;
using std::chrono::seconds;

namespace {

constexpr std::uint32_t most_header_bytes = 8 * 1024;
constexpr std::uint64_t most_body_bytes = 64 * 1024;
/// What has come and is not understood yet: the headers, or the line before a chunk, which the
/// parser does not bound.
constexpr std::size_t most_buffered_bytes = 2 * most_header_bytes;
/// What a refused client may go on sending before it is cut off. It would lose the refusal if the
/// connection were closed while something of it is unread (RFC 9112, section 9.6).
constexpr std::size_t most_ignored_bytes = 1024 * 1024;
/// What the kernel keeps for one client that does not read; by itself it would grow to megabytes.
constexpr int most_unread_bytes = 128 * 1024;
constexpr auto patience_with_refused = seconds(2);
constexpr auto patience_for_handshake = seconds(10);
/// For TLS's goodbye, which the other side answers.
constexpr auto patience_with_goodbye = seconds(2);
constexpr auto patience_for_request = seconds(10);
constexpr auto patience_for_next_request = seconds(30);
constexpr auto patience_for_writing = seconds(10);
/// So often something is written to who reads events: a client that is gone is found out, and
/// proxies do not lose patience.
constexpr auto between_comments = seconds(10);

/// What no page of ours needs, so that none of it can be turned against us.
constexpr std::string_view content_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

struct HeaderLine {
    std::string_view name;
    std::string_view value;
};
/// That every answer has.
constexpr HeaderLine safe_headers[] = {{"Cache-Control", "no-store"},
                                       {"Content-Security-Policy", content_policy},
                                       {"X-Content-Type-Options", "nosniff"},
                                       {"X-Frame-Options", "DENY"},
                                       {"Referrer-Policy", "no-referrer"},
                                       {"Cross-Origin-Opener-Policy", "same-origin"},
                                       {"Cross-Origin-Resource-Policy", "same-origin"}};

/// **Source**: RFC 8446, section 5.1: what begins a handshake.
constexpr std::uint8_t handshake_record = 22;

Answer ask_for_tls() {
    return refusal(400, "tls_missing", "this dashboard answers only over TLS",
                   "write https:// instead of http:// into the address");
}

/// What the client is told; nothing where it has only gone.
std::optional<Answer> refusal_of(error_code error) {
    if (error == http::error::header_limit) {
        return refusal(431, "too_large", "the headers are too long",
                       fmt::format("send at most {} bytes of headers", most_header_bytes));
    }
    if (error == http::error::body_limit || error == http::error::buffer_overflow) {
        return refusal(413, "too_large", "the request is too long",
                       fmt::format("send at most {} bytes of body", most_body_bytes));
    }
    const bool is_of_http = error.category() == http::make_error_code(http::error{}).category();
    if (!is_of_http || error == http::error::end_of_stream ||
        error == http::error::partial_message) {
        return std::nullopt;
    }
    return refusal(400, "bad_request", "this is no HTTP request that anybody understands",
                   "ask in HTTP/1.1");
}

}  // namespace

HttpConnection::HttpConnection(boost::asio::ip::tcp::socket socket, const TlsIdentity* identity,
                               ConnectionOwner& owner)
    : line_(std::move(socket), identity),
      owner_(owner),
      buffer_(most_buffered_bytes),
      idle_since_(SteadyClock::now()),
      silence_(line_.get_executor()) {
    error_code ignored;
    address_ = client_of(line_.socket().remote_endpoint(ignored).address());
    // At once: of a socket that its process has closed nobody knows whose it was.
    user_ = peer_user(line_.socket().native_handle());
    line_.socket().set_option(boost::asio::ip::tcp::no_delay(true), ignored);
    line_.socket().set_option(boost::asio::socket_base::send_buffer_size(most_unread_bytes),
                              ignored);
}

void HttpConnection::begin() {
    if (!line_.has_tls()) return read();
    greet();
}

/// The first byte says whether it speaks TLS: who asks without it is told so, in words that it
/// understands.
void HttpConnection::greet() {
    line_.tcp().expires_after(patience_for_handshake);
    line_.tcp().async_read_some(
        boost::asio::buffer(&first_byte_, 1),
        [self = shared_from_this()](error_code error, std::size_t) { self->have_greeting(error); });
}

void HttpConnection::have_greeting(error_code error) {
    if (error || is_closed_) return end();
    if (first_byte_ != handshake_record) {
        line_.drop_tls();
        return refuse(ask_for_tls());
    }
    line_.tls().async_handshake(Line::Tls::server, boost::asio::buffer(&first_byte_, 1),
                                [self = shared_from_this()](error_code failed, std::size_t) {
                                    if (failed || self->is_closed_) return self->end();
                                    self->read();
                                });
}

void HttpConnection::close() {
    if (is_closed_) return;
    is_closed_ = true;
    silence_.cancel();
    line_.tcp().close();
}

void HttpConnection::end() {
    close();
    owner_.has_ended(*this);
}

void HttpConnection::read() {
    idle_since_ = SteadyClock::now();
    parser_.emplace();
    parser_->header_limit(most_header_bytes);
    parser_->body_limit(most_body_bytes);
    // What is left of the request before this one has come already.
    const bool is_first = buffer_.size() > 0 || !response_;
    line_.tcp().expires_after(is_first ? patience_for_request : patience_for_next_request);
    http::async_read(
        line_, buffer_, *parser_,
        [self = shared_from_this()](error_code error, std::size_t) { self->have_read(error); });
}

void HttpConnection::have_read(error_code error) {
    if (is_closed_) return end();
    if (error) {
        if (auto refused = refusal_of(error)) return refuse(std::move(*refused));
        return end();
    }
    auto read = read_request(parser_->get(), address_);
    if (auto* refused = std::get_if<Answer>(&read)) return refuse(std::move(*refused));
    std::get<Request>(read).user = user_;
    is_head_ = std::get<Request>(read).is_head;
    is_answering_ = true;
    const bool keep_alive = parser_->keep_alive();
    line_.tcp().expires_never();
    std::weak_ptr<HttpConnection> weak = weak_from_this();
    owner_.handle(std::get<Request>(std::move(read)), [weak, keep_alive](Answer answer) {
        auto self = weak.lock();
        if (!self) return;
        const auto executor = self->line_.get_executor();
        // Handed over whole: its last owner must be on the server's thread.
        boost::asio::post(
            executor, [self = std::move(self), keep_alive, answer = std::move(answer)]() mutable {
                if (self->is_closed_) return self->end();
                self->write(std::move(answer), keep_alive);
            });
    });
}

void HttpConnection::refuse(Answer answer) {
    is_head_ = false;
    is_refused_ = true;
    is_answering_ = true;
    write(std::move(answer), false);
}

void HttpConnection::write(Answer answer, bool keep_alive) {
    if (answer.is_events && !is_head_) return begin_events();
    keep_alive = keep_alive && !owner_.is_closing();
    Response& response = response_.emplace();
    response.version(11);
    response.result(static_cast<unsigned>(answer.status));
    response.set(http::field::date, http_date(std::chrono::system_clock::now()));
    response.set(http::field::content_type, answer.content_type);
    for (const auto& [name, value] : safe_headers) {
        response.set(boost::beast::string_view(name.data(), name.size()),
                     boost::beast::string_view(value.data(), value.size()));
    }
    for (const auto& [name, value] : answer.headers) response.set(name, value);
    response.keep_alive(keep_alive);
    response.body() = std::move(answer.body);
    response.prepare_payload();
    // The length stays: it is what GET would have got.
    if (is_head_) response.body().clear();
    line_.tcp().expires_after(patience_for_writing);
    http::async_write(line_, response,
                      [self = shared_from_this(), keep_alive](error_code error, std::size_t) {
                          self->have_written(keep_alive, error);
                      });
}

void HttpConnection::have_written(bool keep_alive, error_code error) {
    is_answering_ = false;
    if (error || is_closed_) return end();
    if (keep_alive) return read();
    say_goodbye();
}

/// Without it, a client cannot tell an answer's end from one that was cut off.
void HttpConnection::say_goodbye() {
    if (!line_.has_tls()) return end_writing();
    line_.tcp().expires_after(patience_with_goodbye);
    line_.tls().async_shutdown([self = shared_from_this()](error_code) { self->end_writing(); });
}

void HttpConnection::end_writing() {
    error_code ignored;
    line_.socket().shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
    if (!is_refused_ || is_closed_) return end();
    line_.tcp().expires_after(patience_with_refused);
    ignore_rest();
}

void HttpConnection::ignore_rest() {
    buffer_.clear();
    // Below TLS: nobody looks at it.
    line_.tcp().async_read_some(buffer_.prepare(most_buffered_bytes),
                                [self = shared_from_this()](error_code error, std::size_t count) {
                                    self->ignored_bytes_ += count;
                                    if (error || self->ignored_bytes_ > most_ignored_bytes) {
                                        return self->end();
                                    }
                                    self->ignore_rest();
                                });
}

void HttpConnection::begin_events() {
    owner_.make_room_for_reader();
    reads_events_ = true;
    reads_since_ = SteadyClock::now();
    is_answering_ = false;
    events_ = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n";
    for (const auto& [name, value] : safe_headers)
        events_ += fmt::format("{}: {}\r\n", name, value);
    events_ += "\r\nretry: 1000\n\n";
    write_events();
    await_silence();
}

void HttpConnection::end_events() {
    reads_events_ = false;
    is_let_go_ = true;
    silence_.cancel();
    if (!is_writing_) write_events();
}

void HttpConnection::send_event(const std::string& event, const std::string& data) {
    waiting_[event] = data;
    if (!is_writing_) write_events();
}

void HttpConnection::write_events() {
    if (is_closed_) return;
    for (const auto& [event, data] : waiting_) {
        if (event.empty()) {
            events_ += ":\n\n";
            continue;
        }
        events_ += "event: " + event + "\ndata: " + data + "\n\n";
    }
    waiting_.clear();
    if (is_let_go_) events_ = "retry: 60000\n\n";
    if (events_.empty()) return;
    is_writing_ = true;
    line_.tcp().expires_after(patience_for_writing);
    boost::asio::async_write(
        line_, boost::asio::buffer(events_),
        [self = shared_from_this(), is_last = is_let_go_](error_code error, std::size_t) {
            self->is_writing_ = false;
            self->events_.clear();
            if (error || is_last || self->is_closed_) return self->end();
            self->line_.tcp().expires_never();
            self->write_events();
        });
}

void HttpConnection::await_silence() {
    silence_.expires_after(between_comments);
    silence_.async_wait([weak = weak_from_this()](error_code error) {
        const auto self = weak.lock();
        if (!self || error || self->is_closed_) return;
        self->send_event("", "");
        self->await_silence();
    });
}

}  // namespace restream
