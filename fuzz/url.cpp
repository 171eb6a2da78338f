// URLs: the same to every parser, right once checked, and without secrets where they are shown.
#include "config/url.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <variant>

#include "fuzz/input.hpp"
#include "rtmp/endpoint.hpp"

using namespace restream;

namespace {

/// What is shorter stands in many texts by chance.
constexpr std::size_t shortest_secret = 6;

char lower(char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; }

std::string lowered(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), lower);
    return result;
}

/// Expects that none of the secret, up to and behind its query, is in what is shown; unless it
/// stands in the part of the URL that is no secret, too.
void check_hidden(std::string_view secret, std::string_view open, std::string_view shown) {
    for (;;) {
        const auto end = std::min(secret.find_first_of("/?&="), secret.size());
        const std::string_view part = secret.substr(0, end);
        // A host is shown in small letters.
        const bool is_open = lowered(open).find(lowered(part)) != std::string::npos;
        if (part.size() >= shortest_secret && !is_open) {
            expect(shown.find(part) == std::string_view::npos, "a secret is not shown");
        }
        if (end == secret.size()) return;
        secret.remove_prefix(end + 1);
    }
}

void check_endpoint(const std::optional<RtmpEndpoint>& endpoint, const std::string& url,
                    Playpath playpath) {
    if (!endpoint) return;
    expect(endpoint->port > 0 && endpoint->port < 65536, "a port is one");
    expect(!endpoint->host.empty() && !endpoint->app.empty(), "a host and an app are there");
    const std::string path = endpoint->app.substr(0, endpoint->app.find('?'));
    // Names of query fields are shown, their values are not.
    const std::string address = endpoint->address();
    std::string open = address + " ***@" + address.substr(address.find("://") + 3) + path;
    for (const std::string& each : {url, endpoint->playpath.reveal()}) {
        for (std::size_t at = each.find('?'); at != std::string::npos;) {
            const auto next = std::min(each.find('&', at + 1), each.size());
            const auto equals = std::min(each.find('=', at), each.size());
            if (equals < next) open += " " + each.substr(at, equals - at);
            at = next == each.size() ? std::string::npos : next;
        }
    }
    const std::string& user_info = endpoint->user_info.reveal();
    expect(endpoint->tc_url.find("***") != 0, "tcUrl is what is said, not what is shown");
    if (user_info.size() >= shortest_secret && open.find(user_info) == std::string::npos) {
        expect(endpoint->address().find(user_info) == std::string::npos, "no user in an address");
    }
    for (const std::string& shown : {masked_url(url, playpath), endpoint->address()}) {
        check_hidden(endpoint->playpath.reveal(), open, shown);
        check_hidden(user_info, open, shown);
    }
}

/// Who checks a URL and who connects must mean the same host.
void check_agreement(const std::string& url) {
    const auto checked = check_ingest_url(url);
    const auto endpoint = play_endpoint(url);
    if (!endpoint || !std::holds_alternative<std::string>(checked)) return;
    const UrlParts parts = std::get<UrlParts>(split_url(url));
    expect(std::ranges::equal(parts.host, endpoint->host, {}, lower, lower),
           "both parsers see the same host");
    expect(parts.port == 0 || parts.port == endpoint->port, "and the same port");
}

void check_checked(const std::string& url) {
    using Check = std::variant<std::string, UrlProblem> (*)(std::string_view);
    for (const Check check : {Check(check_destination_url), Check(check_ingest_url)}) {
        const auto checked = check(url);
        if (const auto* problem = std::get_if<UrlProblem>(&checked)) {
            expect(!problem->message.empty(), "a problem has words");
            continue;
        }
        const auto& right = std::get<std::string>(checked);
        const auto again = check(right);
        expect(std::holds_alternative<std::string>(again) && std::get<std::string>(again) == right,
               "what was checked is right");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string url(bytes, bytes + size);
    check_endpoint(play_endpoint(url), url, Playpath::is_after_first);
    check_endpoint(publish_endpoint(url, Secret()), url, Playpath::is_last_segment);
    const Secret key("CANARY-KEY");
    if (const auto endpoint = publish_endpoint(url, key)) {
        expect(endpoint->playpath == key, "a key of its own is the playpath");
        expect(url.find("CANARY") != std::string::npos ||
                   (endpoint->tc_url + endpoint->app + endpoint->address()).find("CANARY") ==
                       std::string::npos,
               "a key stands only in the playpath");
    }
    const auto split = split_url(url);
    if (const auto* parts = std::get_if<UrlParts>(&split)) {
        const auto again = split_url(parts->text());
        expect(std::holds_alternative<UrlParts>(again), "a URL put together is one");
        expect(std::get<UrlParts>(again).text() == parts->text(), "and the same");
    }
    check_agreement(url);
    check_checked(url);
    for (const auto playpath :
         {Playpath::is_elsewhere, Playpath::is_last_segment, Playpath::is_after_first}) {
        masked_url(url, playpath);
    }
    if (const auto listen = parse_host_and_port(url)) {
        expect(listen->port > 0 && listen->port < 65536, "a port is one");
        is_loopback(listen->host);
    }
    is_address_or_network(url);
    return 0;
}
