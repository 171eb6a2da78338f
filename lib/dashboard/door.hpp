// Who may ask the dashboard, and for what.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/rate_limit.hpp"
#include "base/secret.hpp"
#include "dashboard/logins.hpp"
#include "dashboard/message.hpp"

namespace restream {

/// What the door knows.
struct DoorRules {
    int port = 5000;                            ///< that it listens on
    std::string url = "http://127.0.0.1:5000";  ///< what to open instead
    bool has_tls = false;
    std::vector<std::string> hosts;  ///< names and addresses under which it may be asked, without
                                     ///< ports; loopback's are always good
    /// It listens on every address: then any address is good, too. A foreign page that has been
    /// given ours by a trick still asks under its own name.
    bool is_any_address = false;
    Secret token;
    /// Of programs that only read /metrics.
    Secret scrape_token;
    std::optional<Secret> password;
    /// Who started it. Where there is no password, only processes of this user are let in, and
    /// browsers that have logged in.
    std::uint32_t owner = 0;
    std::filesystem::path login_code;  ///< see Logins
};

/// Lets a request in if it names this very dashboard, comes from its own page or from no page, and
/// is allowed by its user, a login, the password or a token.
///
/// A page of another site can make a browser ask anything of `127.0.0.1`, and by a name that leads
/// there (DNS rebinding) even read the answer. So: the Host must be ours, the Origin and the
/// Referer must be ours where there are any, and what changes something or starts a command needs a
/// token, which only our page holds. A browser never sends a header of that name for a foreign page
/// without asking first, and it is not allowed to.
class Door {
  public:
    explicit Door(DoorRules rules);

    /// Why the request is refused; no value if it is let in.
    std::optional<Answer> refuse(const Request& request, SteadyTime now);
    /// How a request that was not refused came in.
    WayIn way_in(const Request& request) const;
    /// From now on these tokens count, and every session has ended.
    void renew(Secret token, Secret scrape_token);
    /// The answer to /login. It needs no password and no token, but the right Host and Origin.
    Answer log_in(const Request& request, SteadyTime now);
    /// The cookie for a browser that gave the password: from now on the cookie is enough, and wrong
    /// passwords of others cannot lock this browser out.
    std::optional<std::string> cookie_for(const Request& request);

  private:
    std::optional<Answer> check_site(const Request& request) const;
    bool is_our_host(std::string_view host) const;
    /// A link from elsewhere that somebody followed: the page that is opened is not the other
    /// site's to read.
    static bool is_link_to_page(const Request& request);
    bool is_our_origin(const Request& request) const;
    std::optional<Answer> check_visitor(const Request& request, SteadyTime now);
    /// REQUIRES: there is a password.
    std::optional<Answer> check_password(const Request& request, SteadyTime now);
    Answer ask_for_password(const Request& request, std::string_view message) const;
    /// How the browser came in that shows a session's cookie; no value if it shows none.
    std::optional<WayIn> session_of(const Request& request) const;
    /// Whether a password or a link's code from there may be looked at.
    bool may_try(const Request& request, SteadyTime now);
    void count_wrong(const Request& request, SteadyTime now);
    std::string cookie_name() const;
    std::string new_cookie(const Request& request, WayIn way);

    DoorRules rules_;
    Logins logins_;
    RateLimit requests_;
    /// Of those who may not ask: a page of another site must not use up what ours may ask.
    RateLimit foreign_requests_;
    WrongTries wrong_passwords_;  ///< and codes of links
    /// Nobody else's guesses keep the owner's own processes out.
    RateLimit owners_wrong_passwords_;
};

/// The secret that a Basic Authorization header holds behind its user's name; nothing where it
/// holds none. **Source**: RFC 7617.
std::optional<Secret> basic_password(std::string_view header);

}  // namespace restream
