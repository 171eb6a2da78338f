// Where a client connects to next, when a server refuses with a login or names another place.
#pragma once

#include <cstdint>
#include <string>

#include "base/ending.hpp"
#include "rtmp/endpoint.hpp"
#include "rtmp/login.hpp"

namespace restream {

/// What a server said when it refused, as it said it: never to be shown.
struct ConnectRefusal {
    std::string description;
    std::string redirect;  ///< a URL; empty where it names no other place
};

/// Follows one redirect and answers one login. A value: no clock, no socket.
///
/// Of a redirect only host, port, app and the encryption are taken. It is refused
/// - from rtmps:// to rtmp://: the key is never sent over less security than was configured;
/// - to this machine, from another one: no server may point us at what listens here;
/// - the second time: two servers that name each other would not come to an end.
/// Another host is allowed: who redirects was sent the key, or could read it, anyway. Over rtmps://
/// the certificate has proved who redirects, and the next server has to prove its name, too. User
/// and password go to the configured host alone.
class ConnectTrail {
  public:
    explicit ConnectTrail(RtmpEndpoint endpoint);

    /// To connect to now; app and tcUrl have the answer to a login.
    const RtmpEndpoint& endpoint() const { return now_; }
    /// True: connect again, to endpoint(). False: `ending` it is, which is more precise by now.
    bool follow(const ConnectRefusal& refusal, RtmpEnding& ending, std::uint32_t own);

  private:
    bool follow_redirect(const std::string& url, RtmpEnding& ending);
    bool log_in(const ConnectRefusal& refusal, RtmpEnding& ending, std::uint32_t own);

    RtmpEndpoint configured_;
    RtmpEndpoint plain_;  ///< where it is now, without the answer to a login
    RtmpEndpoint now_;
    RtmpLogin login_;
    bool is_redirected_ = false;
};

}  // namespace restream
