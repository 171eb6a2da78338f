// One client of the HTTP server.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "dashboard/http_server.hpp"
#include "dashboard/line_asio.hpp"
#include "dashboard/message.hpp"

namespace restream {

/// Who has connections. All of it is called on the server's thread.
class ConnectionOwner {
  public:
    virtual void handle(Request request, Reply reply) = 0;
    /// One more is about to read events.
    virtual void make_room_for_reader() = 0;
    virtual void has_ended(class HttpConnection& connection) = 0;
    /// Whether no client is to ask anything more.
    virtual bool is_closing() const = 0;

  protected:
    ~ConnectionOwner() = default;
};

/// Reads a request, has it answered, writes the answer, and again; or writes events until the
/// client goes. Keeps itself alive while something is under way.
class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
  public:
    /// `identity`: as Line has it.
    HttpConnection(boost::asio::ip::tcp::socket socket, const TlsIdentity* identity,
                   ConnectionOwner& owner);

    void begin();
    /// Whatever is under way ends soon.
    void close();

    bool reads_events() const { return reads_events_; }
    /// Neither does it wait for an answer of ours, nor does it read events.
    bool is_idle() const { return !is_answering_ && !reads_events_; }
    SteadyTime idle_since() const { return idle_since_; }
    /// Of one that reads events: whose it is, and since when it does.
    std::string asker() const { return asker_of(user_, address_); }
    SteadyTime reads_since() const { return reads_since_; }
    /// It is let go, and comes again in a minute.
    void end_events();
    /// REQUIRES: reads_events().
    void send_event(const std::string& event, const std::string& data);

  private:
    using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
    using Response = boost::beast::http::response<boost::beast::http::string_body>;

    void greet();
    void have_greeting(boost::beast::error_code error);
    void read();
    void have_read(boost::beast::error_code error);
    void refuse(Answer answer);
    void write(Answer answer, bool keep_alive);
    void have_written(bool keep_alive, boost::beast::error_code error);
    void say_goodbye();
    void end_writing();
    void ignore_rest();
    void begin_events();
    void write_events();
    void await_silence();
    void end();

    Line line_;
    std::uint8_t first_byte_ = 0;  ///< of who is to speak TLS
    ConnectionOwner& owner_;
    std::string address_;
    std::optional<std::uint32_t> user_;  ///< whose process it is, as Request has it
    boost::beast::flat_buffer buffer_;
    std::optional<Parser> parser_;
    std::optional<Response> response_;
    bool is_head_ = false;
    bool is_refused_ = false;  ///< what it still sends is not looked at
    std::size_t ignored_bytes_ = 0;
    bool is_answering_ = false;
    bool is_closed_ = false;
    SteadyTime idle_since_;
    // Of one that reads events.
    bool reads_events_ = false;
    bool is_let_go_ = false;
    SteadyTime reads_since_{};
    bool is_writing_ = false;
    std::map<std::string, std::string> waiting_;  ///< the newest of each name
    std::string events_;                          ///< that are on their way
    boost::asio::steady_timer silence_;
};

}  // namespace restream
