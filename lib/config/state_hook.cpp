#include "config/state_hook.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "config/url.hpp"
#include "config/wording.hpp"

namespace restream {

namespace {

bool is_scheme(std::string_view text) {
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    return !text.empty() && is_letter(text.front()) && std::ranges::all_of(text, [&](char c) {
        return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '.' || c == '-';
    });
}

}  // namespace

bool StateHook::tells(std::string_view state) const {
    return states.empty() || std::ranges::find(states, state) != states.end();
}

std::string StateHook::variable() const {
    const auto* webhook = std::get_if<Webhook>(&what);
    const auto* name = webhook == nullptr ? nullptr : std::get_if<KeyEnv>(&webhook->url);
    return name == nullptr ? "" : name->variable;
}

bool looks_like_url(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos || !is_scheme(text.substr(0, colon))) return false;
    const std::string scheme = in_lower_case(text.substr(0, colon));
    return scheme == "http" || scheme == "https" || text.substr(colon).starts_with("://");
}

std::optional<std::string> webhook_problem(std::string_view url) {
    if (url.empty()) return "is empty";
    if (!looks_like_url(url)) return "is no URL; it begins with https:// or http://";
    if (url.substr(url.find(':')).substr(0, 3) != "://") {
        return "has no \"//\" after the scheme; write https://HOST/PATH";
    }
    const auto is_plain = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
    if (!std::ranges::all_of(url, is_plain)) {
        return "has a character that no URL has; write it as %XX";
    }
    if (url.find('#') != std::string_view::npos) return "has a \"#\"; leave it out, or write %23";
    const auto read = split_url(url);
    if (const auto* problem = std::get_if<UrlProblem>(&read)) return problem->message;
    const auto& parts = std::get<UrlParts>(read);
    if (parts.scheme != "http" && parts.scheme != "https") {
        return fmt::format("has the scheme {}; a webhook's is http or https",
                           in_quotes(parts.scheme));
    }
    if (!parts.user_info.empty()) {
        return "has a user and a password before the host, which are not sent; leave them out";
    }
    if (parts.host.empty()) return "has no host; write https://HOST/PATH";
    return std::nullopt;
}

}  // namespace restream
