// How a session ends: a value with a code; one table gives its message and its remedy.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace restream {

struct Reason;

/// Why a session with a destination, or the reading of the ingest, ended or cannot begin. The names
/// (end_code_name) are what scripts see in `status --json` as `reason.code`: never renamed.
enum class EndCode {
    // nothing wrong
    stopped,         ///< we were asked to stop
    ingest_gone,     ///< the publisher or the ingest server left
    tracks_changed,  ///< the ingest came back with other sequence headers than the session began
                     ///< with
    standby,         ///< a backup whose primary server carries
    // the ingest (states waiting and holding)
    ingest_down,           ///< nothing listens at the ingest's address
    ingest_refused,        ///< the ingest server refuses players
    no_publisher,          ///< the ingest server answers, nobody publishes
    waiting_for_keyframe,  ///< something is published, a keyframe or sequence header is still
                           ///< missing
    waiting_for_picture,   ///< only sound has come; a picture may follow
    waiting_for_sound,     ///< only pictures have come; sound may follow
    ingest_silent,         ///< a publisher is connected, and sends no picture or nothing at all
    // the destination
    name_not_found,
    connection_refused,
    unreachable,
    connect_timed_out,
    tls_wrong_host,       ///< the certificate is another host's
    tls_expired,          ///< the certificate is no longer, or not yet, valid
    tls_untrusted,        ///< the certificate is by nobody that this machine knows
    tls_failed,           ///< any other failure of TLS; no TLS there, for one
    handshake_timed_out,  ///< connected, then no RTMP handshake in time
    not_rtmp,             ///< what answers is no RTMP, or it closes instead of a handshake
    app_refused,          ///< the server refused connect
    publish_refused,      ///< the server refused the stream key
    already_published,    ///< another session publishes with this key
    login_needed,         ///< the server asks for a user and a password
    login_refused,        ///< the server did not take user and password
    redirect_refused,     ///< the server names another place, where the key is not sent
    closed_early,  ///< accepted, then closed within the time the platform takes to check a key
    passphrase_refused,  ///< SRT: the passphrase is not the server's
    srt_refused,         ///< SRT: the server refused for another reason, such as the stream ID
    session_held,  ///< a quick refusal after a dirty end: the platform still holds the last session
    closed,        ///< the server closed a session that had run
    reset,         ///< the connection broke
    stalled,       ///< nothing moved for the write deadline
    too_slow,      ///< even audio did not fit through for 10 s
    not_supported,  ///< this destination cannot take what the ingest carries
    disk_full,
    file_failed,  ///< the file cannot be created or written
    failed,       ///< anything else; the detail says what
    // this machine
    config_invalid,
    key_unavailable,         ///< no key, its file is missing, its command failed
    passphrase_unavailable,  ///< likewise, of SRT's passphrase or stream ID
    worker_crashed,
    no_record,  ///< the relay lives, but its record cannot be written or read
};

/// How and why it ended. A value: it decides what the relay does next.
struct SessionEnd {
    EndCode code = EndCode::failed;
    /// What the other side or the system said, without secrets; may be empty.
    std::string detail = {};

    bool operator==(const SessionEnd&) const = default;
};

/// "publish_refused"; the enumerator's own name.
std::string_view end_code_name(EndCode code);

/// All of them.
std::vector<std::string_view> end_code_names();

/// The other way round.
std::optional<EndCode> parse_end_code(std::string_view name);

/// As records and documents have it.
Reason to_reason(const SessionEnd& end, std::string_view relay);
/// The other way round; nothing where the code is none of ours.
std::optional<SessionEnd> to_session_end(const Reason& reason);
/// The detail of `ingest_silent` where only the picture is missing.
constexpr std::string_view sound_without_picture = "sound arrives, and no picture";

/// Whether that is the reason of a record.
bool is_code(const std::optional<Reason>& reason, EndCode code);

/// A sentence for people, without capital or full stop, with the detail in brackets where there is
/// one: "the server refused the stream key (NetStream.Publish.BadName)".
std::string describe(const SessionEnd& end);

/// What the user can do about it: "copy a fresh key and run 'restream key youtube'". Empty where
/// there is nothing to do.
std::string remedy(EndCode code, std::string_view relay);

/// No failure of the destination or of this machine: the user, the ingest or the primary server
/// ended the session.
bool is_nobodys_fault(EndCode code);

/// True where only the user can mend it, so that trying again by itself is of no use.
bool is_refusal(EndCode code);

/// Whether a relay waits for a publisher that is there: its keyframe, its picture or its sound has
/// not come yet.
bool is_ingest_coming(const std::optional<Reason>& reason);

}  // namespace restream
