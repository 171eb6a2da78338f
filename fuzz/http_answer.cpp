// A webhook's two ends: what its server answers, in any pieces; and what is sent to its URL.
#include "hook/http_answer.hpp"

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <iterator>
#include <string>
#include <string_view>

#include "config/state_hook.hpp"
#include "fuzz/input.hpp"
#include "hook/http_target.hpp"

using namespace restream;

namespace {

namespace http = boost::beast::http;
using State = HttpAnswer::State;

void feed(HttpAnswer& answer, std::span<const std::uint8_t> bytes, std::uint8_t choice) {
    State last = State::needs_more;
    for (Pieces pieces(bytes, choice); pieces.are_left();) {
        const State state = answer.feed(pieces.take());
        expect(last == State::needs_more || state == last, "what is sure does not change");
        last = state;
    }
}

void check_answer(std::span<const std::uint8_t> bytes, std::uint8_t choice) {
    HttpAnswer whole;
    HttpAnswer pieces;
    feed(whole, bytes, 0);
    feed(pieces, bytes, choice);
    const State state = whole.feed({});
    const State other = pieces.feed({});
    expect((state == State::has_status) == (other == State::has_status),
           "a status comes in pieces as it does at once");
    expect(state == State::malformed || state == other, "pieces are refused as the whole is");
    expect(state != State::needs_more || bytes.size() < HttpAnswer::most_bytes,
           "nobody is listened to without an end");
    constexpr std::string_view good = "HTTP/1.1 200 OK\r\n\r\n";
    const int status = whole.status();
    if (state != State::needs_more) {
        whole.feed({reinterpret_cast<const std::uint8_t*>(good.data()), good.size()});
        expect(whole.feed({}) == state, "what is sure stays");
    }
    if (state != State::has_status) return;
    expect(status == pieces.status() && status == whole.status(), "it is the same status");
    expect(status >= 200 && status <= 599, "a status that can be, and is the last");
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const std::string number = std::to_string(status);
    expect(text.find("HTTP/1.1 " + number + " ") != std::string_view::npos ||
               text.find("HTTP/1.0 " + number + " ") != std::string_view::npos,
           "the status is one that was said");
}

/// Beast reads the request as it was meant, whatever stands in the URL and in the body.
void check_request(const HttpTarget& target, const std::string& body) {
    const Secret request = http_request(target, body);
    http::request_parser<http::string_body> parser;
    parser.eager(true);
    boost::beast::error_code error;
    const auto read = parser.put(boost::asio::buffer(request.reveal()), error);
    expect(!error && parser.is_done() && read == request.reveal().size(), "one request, and whole");
    const auto& message = parser.get();
    expect(message.method() == http::verb::post && message.version() == 11, "a POST");
    expect(message.target() == target.path.reveal(), "the path is the URL's");
    expect(message[http::field::host] == target.authority, "the host is the URL's");
    expect(message.body() == body, "the body is what was given");
    expect(std::distance(message.begin(), message.end()) == 5, "no field is smuggled in");
}

void check_url(const std::string& url) {
    if (webhook_problem(url)) return;
    const HttpTarget target = http_target(Secret(url));
    expect(target.port > 0 && target.port < 65536, "a port is one");
    expect(!target.host.empty() && target.host.find('[') == std::string::npos, "a host");
    expect(target.path.reveal().starts_with('/'), "a path");
    const std::string address = target.address();
    const auto behind = address.find("://") + 3;
    expect(address.find_first_of("/?#@\\ \r\n", behind) == std::string::npos,
           "what is shown ends with the port");
    check_request(target, "{}");
    check_request(target, url);
}

}  // namespace

/// A choice of pieces, and an answer or a URL.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    Input input(bytes, size);
    const std::uint8_t choice = input.take_choice();
    check_answer(input.rest(), choice);
    check_url(std::string(input.rest().begin(), input.rest().end()));
    return 0;
}
