#include "hook/http_answer.hpp"

#include <algorithm>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

namespace restream {

namespace http = boost::beast::http;

struct HttpAnswer::Head {
    Head() {
        parser.header_limit(most_bytes);
        parser.skip(true);  // the body, however long it says it is
    }

    http::response_parser<http::empty_body> parser;
};

HttpAnswer::HttpAnswer() : head_(std::make_unique<Head>()) {}
HttpAnswer::~HttpAnswer() = default;

HttpAnswer::State HttpAnswer::feed(std::span<const std::uint8_t> bytes) {
    if (state_ != State::needs_more) return state_;
    const auto room = std::min(bytes.size(), most_bytes - taken_bytes_);
    unread_.append(reinterpret_cast<const char*>(bytes.data()), room);
    taken_bytes_ += room;
    state_ = read();
    if (state_ == State::needs_more && taken_bytes_ == most_bytes) state_ = State::malformed;
    return state_;
}

HttpAnswer::State HttpAnswer::read() {
    for (;;) {
        // Beast 1.74 adds to the pointer of an empty buffer, which is null.
        if (unread_.empty()) return State::needs_more;
        boost::beast::error_code error;
        unread_.erase(0, head_->parser.put(boost::asio::buffer(unread_), error));
        if (error == http::error::need_more) return State::needs_more;
        if (error) return State::malformed;
        status_ = static_cast<int>(head_->parser.get().result_int());
        const bool is_known = status_ >= 100 && status_ <= 599;
        if (!is_known || status_ == 101) return State::malformed;  // nobody asked for 101
        if (status_ >= 200) return State::has_status;
        head_ = std::make_unique<Head>();
    }
}

}  // namespace restream
