// The login that some RTMP servers ask for when they refuse connect: "authmod=adobe",
// "authmod=llnw".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/ending.hpp"
#include "base/secret.hpp"

namespace restream {

/// A server refuses connect, and its description says what it wants: first that it wants a login,
/// then, once it was told the user, a challenge. The client connects anew each time, with its
/// answer in the query of the app. The password itself is never sent: a hash of it, of what the
/// server sent and of a number of the client's own. Of little worth over rtmp://, where who listens
/// can guess passwords at leisure.
/// **Source**: how librtmp and FFmpeg (rtmpproto.c) log in at Adobe's, Wowza's, Akamai's and
/// Limelight's servers; Adobe's "Authentication add-in" has no public specification.
class RtmpLogin {
  public:
    struct NotAsked {};  ///< the refusal is about something else
    struct Answer {
        Secret query;  ///< "authmod=adobe&user=me&…": to be added to app and tcUrl
    };
    struct Failed {
        RtmpEnding::Cause cause;
        std::string detail;
    };
    using Step = std::variant<NotAsked, Answer, Failed>;

    RtmpLogin() = default;
    /// "user:password" of a URL, %XX decoded.
    explicit RtmpLogin(const Secret& user_info);

    /// What to do about a refusal with these words. `app`: without a query. `own`: an unpredictable
    /// number.
    Step answer(std::string_view description, std::string_view app, std::uint32_t own);

    const Secret& user() const { return user_; }
    const Secret& password() const { return password_; }

  private:
    Step answer_challenge(std::string_view mode, std::string_view challenge, std::string_view app,
                          std::uint32_t own);

    Secret user_;
    Secret password_;
    bool has_told_user_ = false;
    bool has_answered_ = false;
};

}  // namespace restream
