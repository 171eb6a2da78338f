// What a client of the dashboard sends: a request, who is let in, what its path and its body mean.
#include <algorithm>
#include <array>
#include <boost/beast/http/parser.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "config/destination.hpp"
#include "config/key_text.hpp"
#include "dashboard/body.hpp"
#include "dashboard/door.hpp"
#include "dashboard/read_request_asio.hpp"
#include "dashboard/route.hpp"
#include "fuzz/input.hpp"

namespace {

using namespace restream;
namespace http = boost::beast::http;

constexpr const char* token = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

void check_refusal(const Answer& answer) {
    const auto document = nlohmann::json::parse(answer.body, nullptr, false);
    expect(document.is_object() && answer.status >= 400, "a refusal is a document");
    for (const char* member : {"code", "message", "remedy"}) {
        expect(!document["error"][member].get<std::string>().empty(), "an error says it all");
    }
    for (const auto& [name, value] : answer.headers) {
        expect(value.find_first_of("\r\n") == std::string::npos, "a header is one line");
    }
}

void check_body(const std::string& text) {
    try {
        const DestinationBody body = destination_body(text);
        expect(!body.key || !key_text_problem(body.key->reveal()), "a key can be one");
        expect(!body.hold || body.hold->count() >= 0, "a time is none before now");
    } catch (const Error& error) {
        expect(error.kind() == ErrorKind::usage && *error.what() != 0, "a refusal has words");
    }
    try {
        expect(!key_text_problem(key_body(text).reveal()), "a key can be one");
    } catch (const Error& error) {
        expect(error.kind() == ErrorKind::usage, "it is the request's fault");
    }
    try {
        const auto names = names_body(text);
        expect(!names || !names->empty(), "no names are never taken for all");
        for (const auto& name : names.value_or(std::vector<std::string>())) {
            expect(!name_problem(name), "a name can be one");
        }
    } catch (const Error& error) {
        expect(error.kind() == ErrorKind::usage, "names: it is the request's fault");
    }
}

void check_request(const Request& request) {
    DoorRules rules;
    rules.token = Secret(token);
    Door door(rules);
    DoorRules strict = rules;
    strict.password = Secret("open sesame");
    Door locked(strict);
    Request asked = request;
    asked.user = rules.owner;
    const auto refused = door.refuse(asked, SteadyTime());
    const bool is_change = request.method == Method::post || request.method == Method::put ||
                           request.method == Method::remove;
    constexpr std::array commands = {"/api/v1/doctor", "/api/v1/explain", "/api/v1/services"};
    const bool is_command = request.method == Method::get &&
                            std::ranges::find(commands, request.path) != commands.end();
    const bool is_open = request.path == "/healthz" || request.path == "/login";
    if (refused) check_refusal(*refused);
    if (!refused) {
        expect(request.host.ends_with(":5000"), "who is let in asks for this port");
        expect(is_open || (!is_change && !is_command) || request.token == token,
               "a change has the token");
    }
    const auto kept_out = locked.refuse(asked, SteadyTime());
    expect(!refused || kept_out, "a password opens nothing");
    expect(kept_out || !request.authorization.empty() || is_open,
           "nobody comes in without the password");
    const auto found = find_route(request.method, request.path);
    if (const auto* none = std::get_if<Answer>(&found)) {
        check_refusal(*none);
    } else if (const auto& route = std::get<Route>(found);
               !route.name.empty() && route.page != Page::asset) {
        expect(!name_problem(route.name), "a name can be one");
    }
    query_value(request.query, "lines");
    field_of_message(request.body);
    check_body(request.body);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string text(bytes, bytes + size);
    check_body(text);
    basic_password(text);
    http::request_parser<http::string_body> parser;
    parser.header_limit(8 * 1024);
    parser.body_limit(64 * 1024);
    parser.eager(true);
    boost::beast::error_code error;
    parser.put(boost::asio::buffer(text), error);
    if (error || !parser.is_header_done()) return 0;
    const auto read = read_request(parser.get(), "127.0.0.1");
    if (const auto* refused = std::get_if<Answer>(&read)) {
        check_refusal(*refused);
    } else {
        check_request(std::get<Request>(read));
    }
    return 0;
}
