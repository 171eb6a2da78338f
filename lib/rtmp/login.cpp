#include "rtmp/login.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "rtmp/md5.hpp"

namespace restream {

namespace {

using Cause = RtmpEnding::Cause;

int hex_value(char each) {
    if (each >= '0' && each <= '9') return each - '0';
    if (each >= 'a' && each <= 'f') return each - 'a' + 10;
    if (each >= 'A' && each <= 'F') return each - 'A' + 10;
    return -1;
}

std::string percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool is_whole = text[i] == '%' && i + 2 < text.size();
        const int high = is_whole ? hex_value(text[i + 1]) : -1;
        const int low = is_whole ? hex_value(text[i + 2]) : -1;
        if (high < 0 || low < 0) {
            out += text[i];
        } else {
            out += static_cast<char>(high * 16 + low);
            i += 2;
        }
    }
    return out;
}

/// What would end a value of a query, or could not stand in one.
std::string percent_encoded(std::string_view text) {
    std::string out;
    for (const char each : text) {
        const auto byte = static_cast<unsigned char>(each);
        const bool ends = each == '&' || each == '?' || each == '#' || each == '%' || each == '+';
        if (byte <= 0x20 || byte >= 0x7f || ends) {
            out += fmt::format("%{:02X}", byte);
        } else {
            out += each;
        }
    }
    return out;
}

/// "adobe" of "[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ] : ".
std::string_view mode_of(std::string_view description) {
    constexpr std::string_view name = "authmod=";
    const auto at = description.find(name);
    if (at == std::string_view::npos) return {};
    const auto mode = description.substr(at + name.size());
    return mode.substr(0, mode.find_first_of(" ];&:,\r\n"));
}

/// The values behind "?reason=needauth", as the server wrote them.
std::string_view value_of(std::string_view query, std::string_view name) {
    while (!query.empty()) {
        const auto pair = query.substr(0, query.find('&'));
        const auto equals = pair.find('=');
        if (equals != std::string_view::npos && pair.substr(0, equals) == name) {
            return pair.substr(equals + 1);
        }
        query.remove_prefix(std::min(query.size(), pair.size() + 1));
    }
    return {};
}

std::string adobe_answer(const Secret& user, const Secret& password, std::string_view challenge,
                         std::uint32_t own) {
    const std::string_view salt = value_of(challenge, "salt");
    const std::string_view opaque = value_of(challenge, "opaque");
    const std::string_view given = value_of(challenge, "challenge");
    const std::string own_text = fmt::format("{:08x}", own);
    const std::string first =
        md5_base64(fmt::format("{}{}{}", user.reveal(), salt, password.reveal()));
    const std::string response =
        md5_base64(fmt::format("{}{}{}", first, opaque.empty() ? given : opaque, own_text));
    std::string query = fmt::format("authmod=adobe&user={}&challenge={}&response={}",
                                    percent_encoded(user.reveal()), own_text, response);
    if (!opaque.empty()) query += fmt::format("&opaque={}", opaque);
    return query;
}

std::string llnw_answer(const Secret& user, const Secret& password, std::string_view challenge,
                        std::string_view app, std::uint32_t own) {
    constexpr std::string_view count = "00000001";
    const std::string_view nonce = value_of(challenge, "nonce");
    const std::string own_text = fmt::format("{:08x}", own);
    const std::string who = md5_hex(fmt::format("{}:live:{}", user.reveal(), password.reveal()));
    const bool has_instance = app.find('/') != std::string_view::npos;
    const std::string what =
        md5_hex(fmt::format("publish:/{}{}", app, has_instance ? "" : "/_definst_"));
    const std::string response =
        md5_hex(fmt::format("{}:{}:{}:{}:auth:{}", who, nonce, count, own_text, what));
    return fmt::format("authmod=llnw&user={}&nonce={}&cnonce={}&nc={}&response={}",
                       percent_encoded(user.reveal()), nonce, own_text, count, response);
}

}  // namespace

RtmpLogin::RtmpLogin(const Secret& user_info) {
    const std::string_view text = user_info.reveal();
    const auto colon = text.find(':');
    user_ = Secret(percent_decoded(text.substr(0, colon)));
    if (colon != std::string_view::npos)
        password_ = Secret(percent_decoded(text.substr(colon + 1)));
}

RtmpLogin::Step RtmpLogin::answer(std::string_view description, std::string_view app,
                                  std::uint32_t own) {
    const std::string_view mode = mode_of(description);
    if (mode.empty()) return NotAsked{};
    if (mode != "adobe" && mode != "llnw") {
        return Failed{Cause::login_needed, "in a way that restream does not know"};
    }
    if (user_.is_empty()) return Failed{Cause::login_needed, fmt::format("authmod={}", mode)};
    if (description.find("reason=nosuchuser") != std::string_view::npos) {
        return Failed{Cause::login_refused, "it does not know this user"};
    }
    if (description.find("reason=authfailed") != std::string_view::npos || has_answered_) {
        return Failed{Cause::login_refused, "it says that user and password do not fit"};
    }
    constexpr std::string_view beginning = "?reason=needauth";
    const auto at = description.find(beginning);
    if (at != std::string_view::npos) {
        auto challenge = description.substr(at + 1);
        challenge = challenge.substr(0, challenge.find_first_of(" ]\r\n"));
        return answer_challenge(mode, challenge, app, own);
    }
    if (has_told_user_) {
        return Failed{Cause::login_refused, "it was told the user, and sent no challenge"};
    }
    has_told_user_ = true;
    return Answer{Secret(fmt::format("authmod={}&user={}", mode, percent_encoded(user_.reveal())))};
}

RtmpLogin::Step RtmpLogin::answer_challenge(std::string_view mode, std::string_view challenge,
                                            std::string_view app, std::uint32_t own) {
    has_answered_ = true;
    return Answer{Secret(mode == "adobe" ? adobe_answer(user_, password_, challenge, own)
                                         : llnw_answer(user_, password_, challenge, app, own))};
}

}  // namespace restream
