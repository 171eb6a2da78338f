// How an RTMP connection ended, as precisely as it can be known.
#pragma once

#include <string>

namespace restream {

/// A value; lib/worker maps it to the reasons that users see.
struct RtmpEnding {
    enum class Cause {
        stopped,         ///< we ended it
        name_not_found,  ///< the host's name has no address
        connection_refused,
        unreachable,          ///< no route, network down
        connect_timed_out,    ///< no answer to TCP's connect in time
        tls_wrong_host,       ///< the certificate is another host's
        tls_expired,          ///< the certificate is no longer, or not yet, valid
        tls_untrusted,        ///< self-signed, or by an authority that this machine does not know
        tls_failed,           ///< any other failure of TLS: no TLS there, no common version
        handshake_timed_out,  ///< connected, then no RTMP handshake within the deadline
        answer_timed_out,     ///< no answer to connect, createStream, publish or play in time
        app_refused,          ///< the server refused connect
        name_refused,         ///< the server refused publish or play
        login_needed,         ///< the server asks for user and password, and has none, or no way
        login_refused,        ///< the server did not take user and password
        redirect_refused,     ///< the server names another place, where we do not go
        closed,               ///< the peer closed, in order
        reset,                ///< the connection broke
        stalled,              ///< the peer took or sent nothing more
        malformed,            ///< the peer sent what is no RTMP
        failed,               ///< anything else
    };
    Cause cause = Cause::failed;
    /// The peer's own code and words, or the system's; without secrets; may be empty.
    std::string detail = {};

    bool operator==(const RtmpEnding&) const = default;
};

}  // namespace restream
