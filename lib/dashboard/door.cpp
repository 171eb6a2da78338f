#include "dashboard/door.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "config/url.hpp"
#include "dashboard/route.hpp"

namespace restream {

namespace {

/// A page asks a dozen times when it is opened, and then hardly ever.
constexpr RateLimit::Rate most_requests{200, 400};
/// Ten tries, then one in ten seconds.
constexpr RateLimit::Rate most_wrong_passwords{0.1, 10};
/// A hundred tries from anywhere, then one a second.
constexpr RateLimit::Rate most_wrong_passwords_of_all{1, 100};

std::optional<std::uint8_t> base64_value(char c) {
    if (c >= 'A' && c <= 'Z') return static_cast<std::uint8_t>(c - 'A');
    if (c >= 'a' && c <= 'z') return static_cast<std::uint8_t>(c - 'a' + 26);
    if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0' + 52);
    if (c == '+') return std::uint8_t(62);
    if (c == '/') return std::uint8_t(63);
    return std::nullopt;
}

/// **Source**: RFC 4648, section 4. Nothing where it is none.
std::optional<std::string> from_base64(std::string_view text) {
    while (!text.empty() && text.back() == '=') text.remove_suffix(1);
    std::string bytes;
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : text) {
        const auto value = base64_value(c);
        if (!value) return std::nullopt;
        bits = bits << 6 | *value;
        count += 6;
        if (count < 8) continue;
        count -= 8;
        bytes += static_cast<char>(bits >> count & 0xFF);
    }
    return bytes;
}

/// "http://127.0.0.1:5000" of "http://127.0.0.1:5000/x?y".
std::string_view origin_of(std::string_view url) {
    const auto scheme = url.find("://");
    if (scheme == std::string_view::npos) return url;
    return url.substr(0, url.find_first_of("/?#\\", scheme + 3));
}

Answer too_many(std::string_view message, std::string_view remedy, std::string_view seconds) {
    Answer answer = refusal(429, "too_many", message, remedy);
    answer.headers.emplace_back("Retry-After", seconds);
    return answer;
}

Answer wait_with_passwords() {
    return too_many("too many wrong passwords", "wait ten seconds", "10");
}

/// What stands behind "Bearer". **Source**: RFC 6750, section 2.1.
std::string_view bearer_token(std::string_view header) {
    constexpr std::string_view scheme = "bearer ";
    return in_lower_case(header.substr(0, scheme.size())) == scheme ? header.substr(scheme.size())
                                                                    : std::string_view();
}

}  // namespace

std::optional<Secret> basic_password(std::string_view header) {
    constexpr std::string_view scheme = "basic ";
    if (in_lower_case(header.substr(0, scheme.size())) != scheme) return std::nullopt;
    const auto decoded = from_base64(header.substr(scheme.size()));
    if (!decoded) return std::nullopt;
    const auto colon = decoded->find(':');
    if (colon == std::string::npos) return std::nullopt;
    return Secret(decoded->substr(colon + 1));
}

Door::Door(DoorRules rules)
    : rules_(std::move(rules)),
      logins_(rules_.login_code),
      requests_(most_requests),
      foreign_requests_(most_requests),
      wrong_passwords_(most_wrong_passwords, most_wrong_passwords_of_all),
      owners_wrong_passwords_(most_wrong_passwords) {}

std::string Door::cookie_name() const { return fmt::format("restream-{}", rules_.port); }

Answer Door::ask_for_password(const Request& request, std::string_view message) const {
    const bool is_read_on_the_way = !rules_.has_tls && !is_loopback(request.address);
    Answer answer = refusal(
        401, "password", message,
        fmt::format("any user name, and the password that restream.toml names{}",
                    is_read_on_the_way
                        ? "; this connection is not encrypted: anyone on its path can read them"
                        : ""));
    answer.headers.emplace_back("WWW-Authenticate", "Basic realm=\"restream\", charset=\"UTF-8\"");
    return answer;
}

std::optional<WayIn> Door::session_of(const Request& request) const {
    const auto session = cookie_value(request.cookie, cookie_name());
    return session.empty() ? std::nullopt : logins_.way_of(session, request.user);
}

WayIn Door::way_in(const Request& request) const {
    return session_of(request).value_or(rules_.password ? WayIn::password : WayIn::token);
}

void Door::renew(Secret token, Secret scrape_token) {
    rules_.token = std::move(token);
    rules_.scrape_token = std::move(scrape_token);
    logins_.end_all();
}

std::string Door::new_cookie(const Request& request, WayIn way) {
    return fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict{}", cookie_name(),
                       logins_.begin(request.user, way), rules_.has_tls ? "; Secure" : "");
}

bool Door::may_try(const Request& request, SteadyTime now) {
    if (request.user == rules_.owner) return owners_wrong_passwords_.has({}, now);
    return wrong_passwords_.may_try(asker_of(request.user, request.address), now);
}

void Door::count_wrong(const Request& request, SteadyTime now) {
    if (request.user == rules_.owner) {
        owners_wrong_passwords_.take({}, now);
    } else {
        wrong_passwords_.was_wrong(asker_of(request.user, request.address), now);
    }
}

std::optional<std::string> Door::cookie_for(const Request& request) {
    if (!rules_.password || request.path != "/" || session_of(request)) return std::nullopt;
    return new_cookie(request, WayIn::password);
}

Answer Door::log_in(const Request& request, SteadyTime now) {
    if (!may_try(request, now)) return wait_with_passwords();
    constexpr std::string_view field = "code=";
    const std::string_view query = request.query;
    const bool is_right = request.method == Method::get && query.starts_with(field) &&
                          logins_.use_code(query.substr(field.size()));
    if (!is_right) {
        count_wrong(request, now);
        return refusal(403, "login",
                       "this link is not valid any more: it works once, within ten minutes",
                       "make another one with 'restream dashboard --link'");
    }
    Answer answer;
    answer.status = 303;
    answer.content_type = "text/plain; charset=utf-8";
    answer.body = "This browser has been let in.\n";
    answer.headers = {{"Location", "/"}, {"Set-Cookie", new_cookie(request, WayIn::link)}};
    return answer;
}

std::optional<Answer> Door::check_visitor(const Request& request, SteadyTime now) {
    if (session_of(request)) return std::nullopt;
    const auto bearer = bearer_token(request.authorization);
    if (request.path == "/metrics" && !bearer.empty()) {
        if (equal_in_constant_time(bearer, rules_.scrape_token.reveal())) return std::nullopt;
        return refusal(403, "token_wrong", "the token is not valid for /metrics",
                       "send the token in run/metrics.token in the state folder");
    }
    if (rules_.password) return check_password(request, now);
    if (request.user == rules_.owner) return std::nullopt;
    return refusal(403, "not_owner",
                   "this dashboard is only for the user of this machine who started it",
                   "ask that user for a link ('restream dashboard --link'), or set [dashboard] "
                   "password in restream.toml");
}

bool Door::is_our_host(std::string_view host) const {
    std::string small = in_lower_case(host);
    // A browser leaves out the port that goes without saying.
    const auto bracket = small.rfind(']');  // in an IPv6 address there are colons
    const bool has_port =
        small.find(':', bracket == std::string::npos ? 0 : bracket) != std::string::npos;
    if (rules_.port == (rules_.has_tls ? 443 : 80) && !small.empty() && !has_port) {
        small += fmt::format(":{}", rules_.port);
    }
    const auto is_name = [&](std::string_view name) {
        const bool is_ipv6 = name.find(':') != std::string_view::npos;
        const std::string written = is_ipv6 ? fmt::format("[{}]", name) : std::string(name);
        return small == fmt::format("{}:{}", written, rules_.port);
    };
    constexpr std::array loopback = {"127.0.0.1", "localhost", "::1"};
    if (std::ranges::any_of(loopback, is_name) || std::ranges::any_of(rules_.hosts, is_name)) {
        return true;
    }
    const auto parts = rules_.is_any_address ? parse_host_and_port(small) : std::nullopt;
    return parts && parts->port == rules_.port && is_address_or_network(parts->host);
}

bool Door::is_link_to_page(const Request& request) {
    return request.method == Method::get && request.path == "/" && request.origin.empty() &&
           request.fetch_mode == "navigate" && request.fetch_dest == "document";
}

bool Door::is_our_origin(const Request& request) const {
    // The browser's own word, which no page can set: "none" is the user, by hand.
    if (!request.fetch_site.empty() && request.fetch_site != "same-origin" &&
        request.fetch_site != "none") {
        return is_link_to_page(request);
    }
    const std::string host = in_lower_case(request.host);
    // Behind a proxy that speaks TLS the page's origin is https; the host is ours all the same. If
    // we speak TLS, a page that came without is not ours: anyone on the network path can forge it.
    const auto is_ours = [&](std::string_view origin) {
        const std::string small = in_lower_case(origin);
        return small.empty() || small == "https://" + host ||
               (!rules_.has_tls && small == "http://" + host);
    };
    // Where a page is not encrypted, browsers send no Sec-Fetch-Site beyond loopback, and an Origin
    // only with what may change something.
    return is_ours(request.origin) && is_ours(origin_of(request.referer));
}

std::optional<Answer> Door::check_password(const Request& request, SteadyTime now) {
    if (request.authorization.empty())
        return ask_for_password(request, "the dashboard has a password");
    if (!may_try(request, now)) return wait_with_passwords();
    const auto given = basic_password(request.authorization);
    if (given && equal_in_constant_time(given->reveal(), rules_.password->reveal())) {
        return std::nullopt;
    }
    count_wrong(request, now);
    return ask_for_password(request, "the password is wrong");
}

std::optional<Answer> Door::check_site(const Request& request) const {
    const std::string open = "open " + rules_.url;
    if (!is_our_host(request.host)) {
        return refusal(403, "foreign_host", "this dashboard is not asked under that name",
                       open + ", or add the name to [dashboard] hosts in restream.toml");
    }
    if (!is_our_origin(request)) {
        return refusal(403, "foreign_origin", "a page of another site may not ask this",
                       open + " yourself");
    }
    return std::nullopt;
}

std::optional<Answer> Door::refuse(const Request& request, SteadyTime now) {
    auto foreign = check_site(request);
    if (!(foreign ? foreign_requests_ : requests_)
             .take(asker_of(request.user, request.address), now)) {
        return too_many("too many requests", "ask less often", "1");
    }
    if (foreign) return foreign;
    if (request.path == "/healthz" || request.path == "/login") return std::nullopt;
    if (auto refused = check_visitor(request, now)) return refused;
    if (!takes_token(request.method, request.path)) return std::nullopt;
    if (request.token.empty()) {
        return refusal(403, "token_missing",
                       "a request that changes something or starts a command needs the token",
                       "send it as X-Restream-Token; it is in run/dashboard.token in the state "
                       "folder");
    }
    if (!equal_in_constant_time(request.token, rules_.token.reveal())) {
        return refusal(403, "token_wrong", "the token is not this dashboard's", "reload the page");
    }
    return std::nullopt;
}

}  // namespace restream
