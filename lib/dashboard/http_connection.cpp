#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include "base/error.hpp"
#include "dashboard/http_connection_asio.hpp"

namespace restream {

namespace http = boost::beast::http;
using boost::beast::error_code;
using std::chrono::seconds;

namespace {

constexpr std::uint32_t most_header_bytes = 8 * 1024;
constexpr std::uint64_t most_body_bytes = 64 * 1024;
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

Method method_of(http::verb verb) {
    switch (verb) {
        case http::verb::get:
            return Method::get;
        case http::verb::post:
            return Method::post;
        case http::verb::put:
            return Method::put;
        case http::verb::delete_:
            return Method::remove;
        default:
            return Method::other;
    }
}

std::string text_of(boost::beast::string_view view) {
    return std::string(view.data(), view.size());
}

}  // namespace

HttpConnection::HttpConnection(boost::asio::ip::tcp::socket socket, ConnectionOwner& owner)
    : line_(std::move(socket)),
      owner_(owner),
      idle_since_(SteadyClock::now()),
      silence_(line_.get_executor()) {
    error_code ignored;
    address_ = line_.socket().remote_endpoint(ignored).address().to_string();
    line_.socket().set_option(boost::asio::ip::tcp::no_delay(true), ignored);
}

void HttpConnection::begin() { read(); }

void HttpConnection::close() {
    if (is_closed_) return;
    is_closed_ = true;
    silence_.cancel();
    line_.close();
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
    line_.expires_after(is_first ? patience_for_request : patience_for_next_request);
    http::async_read(
        line_, buffer_, *parser_,
        [self = shared_from_this()](error_code error, std::size_t) { self->have_read(error); });
}

void HttpConnection::have_read(error_code error) {
    if (is_closed_) return end();
    if (error == http::error::header_limit)
        return refuse(431, "too_large", "the headers are too long");
    if (error == http::error::body_limit) return refuse(413, "too_large", "the body is too long");
    if (error && error.category() == http::make_error_code(http::error::bad_method).category() &&
        error != http::error::end_of_stream && error != http::error::partial_message) {
        return refuse(400, "bad_request", "this is no HTTP request that anybody understands");
    }
    if (error) return end();
    is_answering_ = true;
    const bool keep_alive = parser_->keep_alive();
    line_.expires_never();
    std::weak_ptr<HttpConnection> weak = weak_from_this();
    owner_.handle(request(), [weak, keep_alive](Answer answer) {
        const auto self = weak.lock();
        if (!self) return;
        boost::asio::post(self->line_.get_executor(),
                          [self, keep_alive, answer = std::move(answer)]() mutable {
                              if (self->is_closed_) return self->end();
                              self->write(std::move(answer), keep_alive);
                          });
    });
}

void HttpConnection::refuse(int status, std::string_view code, std::string_view message) {
    write(refusal(status, code, message), false);
}

Request HttpConnection::request() const {
    const auto& message = parser_->get();
    Request request;
    request.method = method_of(message.method());
    std::string target = text_of(message.target());
    const auto mark = std::min(target.find('?'), target.size());
    request.path = target.substr(0, mark);
    if (mark < target.size()) request.query = target.substr(mark + 1);
    request.host = text_of(message[http::field::host]);
    request.origin = text_of(message[http::field::origin]);
    request.fetch_site = text_of(message["Sec-Fetch-Site"]);
    request.token = text_of(message["X-Restream-Token"]);
    request.authorization = text_of(message[http::field::authorization]);
    request.if_none_match = text_of(message[http::field::if_none_match]);
    request.body = message.body();
    request.address = address_;
    return request;
}

void HttpConnection::write(Answer answer, bool keep_alive) {
    if (answer.is_events) return begin_events();
    Response& response = response_.emplace();
    response.version(11);
    response.result(static_cast<unsigned>(answer.status));
    response.set(http::field::content_type, answer.content_type);
    response.set(http::field::cache_control, "no-store");
    response.set("Content-Security-Policy", std::string(content_policy));
    response.set("X-Content-Type-Options", "nosniff");
    response.set("X-Frame-Options", "DENY");
    response.set("Referrer-Policy", "no-referrer");
    response.set("Cross-Origin-Opener-Policy", "same-origin");
    response.set("Cross-Origin-Resource-Policy", "same-origin");
    for (const auto& [name, value] : answer.headers) response.set(name, value);
    response.keep_alive(keep_alive);
    response.body() = std::move(answer.body);
    response.prepare_payload();
    line_.expires_after(patience_for_writing);
    http::async_write(line_, response,
                      [self = shared_from_this(), keep_alive](error_code error, std::size_t) {
                          self->have_written(keep_alive, error);
                      });
}

void HttpConnection::have_written(bool keep_alive, error_code error) {
    is_answering_ = false;
    if (error || is_closed_) return end();
    if (keep_alive) return read();
    line_.socket().shutdown(boost::asio::ip::tcp::socket::shutdown_send, error);
    end();
}

void HttpConnection::begin_events() {
    if (!owner_.may_read_events()) {
        return write(refusal(503, "busy", "too many pages are open", "close some of them"), false);
    }
    reads_events_ = true;
    is_answering_ = false;
    events_ =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
        "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\nretry: 1000\n\n";
    write_events();
    await_silence();
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
    if (events_.empty()) return;
    is_writing_ = true;
    line_.expires_after(patience_for_writing);
    boost::asio::async_write(line_, boost::asio::buffer(events_),
                             [self = shared_from_this()](error_code error, std::size_t) {
                                 self->is_writing_ = false;
                                 self->events_.clear();
                                 if (error || self->is_closed_) return self->end();
                                 self->line_.expires_never();
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
