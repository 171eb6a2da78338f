// What is asked of the dashboard and what it answers: values, without HTTP's wire.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "state/audit_entry.hpp"

namespace restream {

enum class Method { get, post, put, remove, other };

/// A request, as far as anything here looks at it. All of it is hostile.
/// Who counts as one, whatever addresses and ports they ask from: a user of this machine; all of
/// this machine where the system does not say whose process asks; else an address.
std::string asker_of(std::optional<std::uint32_t> user, const std::string& address);

struct Request {
    Method method = Method::get;
    bool is_head = false;  ///< HEAD: as GET, and the answer's body is not sent
    std::string path;      ///< percent-encoded, as it was sent; begins with `/`
    std::string query;     ///< what follows `?`
    std::string host;      ///< the headers of these names; empty where they are not there
    std::string origin;
    std::string referer;
    std::string fetch_site;
    std::string fetch_mode;
    std::string fetch_dest;
    std::string token;
    std::string authorization;
    std::string if_none_match;
    std::string body;
    std::string cookie;
    std::string address;                ///< of who asks, without port
    std::optional<std::uint32_t> user;  ///< whose process asks, where it is on this machine
    WayIn way = WayIn::none;            ///< how it was let in
};

struct Answer {
    int status = 200;
    std::string content_type = "application/json";
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;  ///< beside those that all have
    /// Server-sent events follow, and nothing else; there is no body.
    bool is_events = false;
    std::string code = {};  ///< of a refusal, as its body has it; else empty
    /// What was asked for is in the audit log: the command that did it has written its line.
    bool is_audited = false;
};

/// What went wrong, as every error is told: {"error": {"code", "message", "remedy"}}. Where there
/// is no remedy, the message says what would be right. `field`: the member of the body that is
/// wrong; empty where it is none or more than one.
Answer refusal(int status, std::string_view code, std::string_view message, std::string_view remedy,
               std::string_view field = {});

/// The same for an Error's kind, which is a command's exit status, too.
Answer refusal_of(ErrorKind kind, std::string_view message);

/// "Sat, 31 Jan 2026 20:14:03 GMT". **Source**: RFC 9110, section 5.6.7.
std::string http_date(WallTime at);

}  // namespace restream
