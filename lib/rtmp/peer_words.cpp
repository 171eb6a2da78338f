#include "rtmp/peer_words.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/mask.hpp"
#include "base/text.hpp"
#include "rtmp/login.hpp"

namespace restream {

namespace {

/// Enough for the longest refusal seen ("[ AccessManager.Reject ] : …"), short enough for a line.
constexpr std::size_t longest_shown = 300;
constexpr std::size_t shortest_inside_words = 4;
/// A text of fewer bytes was not cut. **Source**: StatusWords::longest, less a few.
constexpr std::size_t shortest_cut = 200;
/// A query's value of fewer characters is masked with its name alone: "1" of "backup=1" is no
/// secret elsewhere.
constexpr std::size_t shortest_value = 4;
constexpr std::string_view mask = "***";

std::string without_end_blanks(std::string text) {
    const auto last = text.find_last_not_of(' ');
    text.resize(last == std::string::npos ? 0 : last + 1);
    return text;
}

/// A blank in place of each byte that is no UTF-8: of a character that was cut, say.
std::string with_whole_characters(std::string_view text) {
    std::string out(text);
    for (std::size_t at = 0; at < out.size();) {
        const auto character = first_character(std::string_view(out).substr(at));
        if (!character) out[at] = ' ';
        at += character ? character->bytes : 1;
    }
    return without_end_blanks(std::move(out));
}

/// Whoever cut the text may have cut a secret: no end of it is the beginning of one. A text that is
/// short was not cut: there, the beginning of what reads like a word is a word.
std::string without_cut(std::string text, std::string_view secret) {
    if (text.size() < shortest_cut && reads_like_word(secret)) return text;
    const std::size_t longest = std::min(text.size() + 1, secret.size());
    for (std::size_t size = longest; size-- > shortest_inside_words;) {
        if (!text.ends_with(secret.substr(0, size))) continue;
        text.resize(text.size() - size);
        return text.append(mask);
    }
    return text;
}

/// The words of which standard codes are made. **Source**: Adobe RTMP 1.0, 7.2; ActionScript 3.0's
/// NetStatusEvent; nginx-rtmp, SRS and Wowza.
bool is_code_word(std::string_view word) {
    constexpr std::string_view known[] = {"AppShutdown",   "BadAuth",
                                          "BadName",       "BadVersion",
                                          "Call",          "Close",
                                          "Closed",        "Complete",
                                          "Connect",       "Data",
                                          "Denied",        "Duplicate",
                                          "Failed",        "IdleTimeOut",
                                          "InvalidApp",    "NetConnection",
                                          "NetStream",     "NetworkChange",
                                          "NoAccess",      "Play",
                                          "Prohibited",    "Publish",
                                          "PublishNotify", "Record",
                                          "Redirect",      "Rejected",
                                          "Reset",         "Start",
                                          "Stop",          "StreamNotFound",
                                          "Success",       "Unauthorized",
                                          "Unpublish",     "UnpublishNotify",
                                          "Idle"};
    return std::ranges::find(known, word) != std::end(known);
}

bool is_standard_code(std::string_view code) {
    if (!code.starts_with("NetConnection.") && !code.starts_with("NetStream.")) return false;
    for (;;) {
        const auto dot = code.find('.');
        if (!is_code_word(code.substr(0, dot))) return false;
        if (dot == std::string_view::npos) return true;
        code.remove_prefix(dot + 1);
    }
}

/// "inst" of "app/inst?x=1"; empty where the app has one part.
std::string last_part(std::string_view app) {
    app = app.substr(0, app.find('?'));
    const auto slash = app.rfind('/');
    return slash == std::string_view::npos ? "" : std::string(app.substr(slash + 1));
}

/// A URL that the peer names has secrets of its own, which we do not know.
std::string without_url_queries(std::string_view text) {
    std::string out;
    for (;;) {
        const std::size_t url = std::min(text.find("://"), text.size());
        const std::size_t end = std::min(text.find_first_of(" \"'<>()[],;", url), text.size());
        const std::size_t query = std::min(text.find('?', url), end);
        out += text.substr(0, query);
        if (query < end) out.append("?").append(mask);
        if (end == text.size()) return out;
        text.remove_prefix(end);
    }
}

}  // namespace

std::string clean_words(std::string_view text, std::size_t longest_bytes) {
    std::string out;
    while (!text.empty()) {
        const auto character = first_character(text);
        const std::size_t bytes = character ? character->bytes : 1;
        const std::string shown = visible_text(text.substr(0, bytes));
        if (out.size() + shown.size() > longest_bytes) break;
        out += shown;
        text.remove_prefix(bytes);
    }
    return without_end_blanks(std::move(out));
}

SecretMask::SecretMask(const RtmpEndpoint& endpoint) {
    hide(endpoint.playpath);
    hide_query(endpoint.app);
    // Without a playpath, the last part of the app may be what its owner thinks of as the key.
    if (endpoint.playpath.is_empty()) hide(Secret(last_part(endpoint.app)));
    const std::string& user_info = endpoint.user_info.reveal();
    add(user_info);
    add(std::string_view(user_info).substr(0, user_info.find(':')));
    if (const auto colon = user_info.find(':'); colon != std::string::npos) {
        add(std::string_view(user_info).substr(colon + 1));
    }
    const RtmpLogin login(endpoint.user_info);
    add(login.user().reveal());
    add(login.password().reveal());
}

void SecretMask::hide(const Secret& name) {
    const std::string_view text = name.reveal();
    add(text);
    add(text.substr(0, text.find('?')));
    hide_query(text);
}

void SecretMask::hide_query(std::string_view text) {
    const auto question = text.find('?');
    if (question == std::string_view::npos) return;
    std::string_view query = text.substr(question + 1);
    add(query);
    while (!query.empty()) {
        const auto pair = query.substr(0, query.find('&'));
        const auto equals = pair.find('=');
        const bool has_value = equals != std::string_view::npos;
        if (has_value && pair.size() - equals > shortest_value) add(pair.substr(equals + 1));
        if (has_value && equals + 1 < pair.size()) add(pair);
        query.remove_prefix(std::min(query.size(), pair.size() + 1));
    }
}

void SecretMask::add(std::string_view secret) {
    if (secret.empty()) return;
    secrets_.emplace_back(std::string(secret));
    std::ranges::sort(secrets_, std::ranges::greater(),
                      [](const Secret& each) { return each.reveal().size(); });
}

std::string SecretMask::apply_to_code(std::string_view code) const {
    return is_standard_code(code) ? std::string(code) : apply(code);
}

std::string SecretMask::apply(std::string_view text) const {
    // Cut and made visible only at the end: half a secret, or a changed one, would not be found.
    std::string out = with_whole_characters(text);
    for (const Secret& each : secrets_) {
        out = without_cut(mask_secret(out, each.reveal(), MaskIn::server_words), each.reveal());
    }
    return clean_words(without_url_queries(out), longest_shown);
}

}  // namespace restream
