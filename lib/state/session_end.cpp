#include "state/session_end.hpp"

#include <fmt/format.h>

#include <array>

#include "state/record.hpp"
#include "state/relay_name.hpp"

namespace restream {

namespace {

/// What each end says and what helps. `{}` in a remedy is the destination's name.
struct Row {
    EndCode code;
    std::string_view name;
    std::string_view message;
    std::string_view remedy;
    bool is_refusal;
};

constexpr std::array rows = {
    Row{EndCode::stopped, "stopped", "stopped", "", false},
    Row{EndCode::ingest_gone, "ingest_gone", "the ingest stopped", "start publishing again", false},
    Row{EndCode::tracks_changed, "tracks_changed", "the ingest came back with other settings",
        "keep the encoder's codecs and settings while it is live", false},
    Row{EndCode::standby, "standby", "stands by until the primary server fails", "", false},
    Row{EndCode::ingest_down, "ingest_down", "nothing answers at the ingest's address",
        "start the ingest server ('restream ingest start'), or check [ingest] url in restream.toml",
        false},
    Row{EndCode::ingest_refused, "ingest_refused", "the ingest server refuses players",
        "allow players from this machine, and check [ingest] url in restream.toml", false},
    Row{EndCode::no_publisher, "no_publisher", "nobody publishes to the ingest",
        "start streaming in OBS; 'restream probe' shows what arrives", false},
    Row{EndCode::waiting_for_keyframe, "waiting_for_keyframe",
        "the ingest has not sent a keyframe yet", "set the encoder's keyframe interval to 2 s",
        false},
    Row{EndCode::waiting_for_picture, "waiting_for_picture",
        "the ingest has sent only sound so far; the relay waits a moment for a picture", "", false},
    Row{EndCode::waiting_for_sound, "waiting_for_sound",
        "the ingest has sent only a picture so far; the relay waits a moment for sound", "", false},
    Row{EndCode::ingest_silent, "ingest_silent", "the ingest is silent",
        "check the encoder: it hangs, or its network is interrupted", false},
    Row{EndCode::name_not_found, "name_not_found", "the server's name was not found",
        "check the URL's host and this machine's DNS", false},
    Row{EndCode::connection_refused, "connection_refused", "the server refused the connection",
        "check the URL's host and port", false},
    Row{EndCode::unreachable, "unreachable", "the server cannot be reached",
        "check this machine's network", false},
    Row{EndCode::connect_timed_out, "connect_timed_out", "the server did not answer in time",
        "check the URL's host and port, and firewalls between", false},
    Row{EndCode::tls_wrong_host, "tls_wrong_host", "the server's certificate is another host's",
        "check the URL's host: it must be the name that the platform gives", false},
    Row{EndCode::tls_expired, "tls_expired", "the server's certificate is not valid at this time",
        "check this machine's clock; if it is right, the server's operator has to renew the "
        "certificate",
        false},
    Row{EndCode::tls_untrusted, "tls_untrusted",
        "the server's certificate is not from an authority that this machine trusts",
        "install the package ca-certificates; a private authority goes into ca_file", false},
    Row{EndCode::tls_failed, "tls_failed", "no TLS connection could be made",
        "check the URL's port and whether it is rtmps:// or rtmp:// there", false},
    Row{EndCode::handshake_timed_out, "handshake_timed_out",
        "the server took the connection and never answered in RTMP",
        "check the URL's host and port, and whether it is rtmps:// or rtmp:// there", false},
    Row{EndCode::not_rtmp, "not_rtmp", "the server does not speak RTMP",
        "check the URL's host and port, and whether it is rtmps:// or rtmp:// there", false},
    Row{EndCode::app_refused, "app_refused", "the server refused the application in the URL",
        "check the URL's path", true},
    Row{EndCode::publish_refused, "publish_refused", "the server refused the stream key",
        "copy a fresh key and run 'restream key {}'", true},
    Row{EndCode::already_published, "already_published",
        "the server says that this stream key is in use",
        "look for another encoder, another machine or another destination that streams with the "
        "same key, and stop it; if it was this relay's last session, the server drops it by itself",
        false},
    Row{EndCode::login_needed, "login_needed", "the server asks for a user and a password",
        "put them into the URL, rtmp://USER:PASSWORD@HOST/APP, with %40 for \"@\", %3A for \":\" "
        "and "
        "%2F for \"/\"",
        true},
    Row{EndCode::login_refused, "login_refused", "the server refused user and password",
        "correct the user and the password in the URL, then run 'restream enable {}'", true},
    Row{EndCode::redirect_refused, "redirect_refused",
        "the server sends us to another place, where the stream key is not sent",
        "if you trust that place, write its URL into the configuration and run 'restream key {}'",
        true},
    Row{EndCode::closed_early, "closed_early",
        "the server accepted the session and closed it a moment later, as it does with a bad "
        "stream key",
        "copy a fresh key and run 'restream key {}'", false},
    Row{EndCode::passphrase_refused, "passphrase_refused", "the server refused the SRT passphrase",
        "set the destination's passphrase to the server's, then run 'restream enable {}'", true},
    Row{EndCode::srt_refused, "srt_refused", "the SRT server refused the connection",
        "check the stream ID and the URL's options with the server's operator", true},
    Row{EndCode::session_held, "session_held",
        "the server still holds the last session, which ended without a goodbye",
        "wait: it is tried again until the server lets go", false},
    Row{EndCode::closed, "closed", "the server closed the session", "", false},
    Row{EndCode::reset, "reset", "the connection broke", "check this machine's network", false},
    Row{EndCode::stalled, "stalled", "the server took nothing more",
        "check the upload rate; lower the encoder's bitrate", false},
    Row{EndCode::too_slow, "too_slow", "not even the sound fits through the connection",
        "check the upload rate; lower the encoder's bitrate", false},
    Row{EndCode::not_supported, "not_supported",
        "this destination cannot take what the ingest carries", "publish H.264 and AAC", true},
    Row{EndCode::disk_full, "disk_full", "the disk is full",
        "free space, then run 'restream enable {}'", false},
    Row{EndCode::file_failed, "file_failed", "the file cannot be written",
        "check the folder and its permissions", false},
    Row{EndCode::failed, "failed", "the session failed", "see 'restream logs {}'", false},
    Row{EndCode::config_invalid, "config_invalid", "the configuration is invalid",
        "mend it, then run 'restream enable {}'", true},
    Row{EndCode::key_unavailable, "key_unavailable", "the stream key cannot be read",
        "run 'restream key {}'", true},
    Row{EndCode::passphrase_unavailable, "passphrase_unavailable",
        "the SRT passphrase or stream ID cannot be read",
        "correct passphrase or streamid of the destination, then run 'restream enable {}'", true},
    Row{EndCode::worker_crashed, "worker_crashed", "the relay's worker crashed",
        "it is started again; see 'restream logs {}'", false},
    Row{EndCode::no_record, "no_record", "the relay lives, but its record cannot be read",
        "check free space and permissions of the state folder; see 'restream doctor'", false},
};

const Row& row(EndCode code) {
    for (const Row& each : rows) {
        if (each.code == code) return each;
    }
    return rows.back();
}

}  // namespace

std::string_view end_code_name(EndCode code) { return row(code).name; }

std::vector<std::string_view> end_code_names() {
    std::vector<std::string_view> names;
    for (const Row& each : rows) names.push_back(each.name);
    return names;
}

std::optional<EndCode> parse_end_code(std::string_view name) {
    for (const Row& each : rows) {
        if (each.name == name) return each.code;
    }
    return std::nullopt;
}

Reason to_reason(const SessionEnd& end, std::string_view relay) {
    return {std::string(end_code_name(end.code)), describe(end), remedy(end.code, relay)};
}

std::optional<SessionEnd> to_session_end(const Reason& reason) {
    const auto code = parse_end_code(reason.code);
    if (!code) return std::nullopt;
    SessionEnd end{*code};
    const std::string before = std::string(row(*code).message) + " (";
    if (reason.message.starts_with(before) && reason.message.ends_with(')')) {
        end.detail =
            reason.message.substr(before.size(), reason.message.size() - before.size() - 1);
    }
    return end;
}

bool is_code(const std::optional<Reason>& reason, EndCode code) {
    return reason && reason->code == end_code_name(code);
}

std::string describe(const SessionEnd& end) {
    const Row& found = row(end.code);
    if (end.detail.empty()) return std::string(found.message);
    return fmt::format("{} ({})", found.message, end.detail);
}

std::string remedy(EndCode code, std::string_view relay) {
    return fmt::format(fmt::runtime(row(code).remedy), destination_of(relay));
}

bool is_nobodys_fault(EndCode code) {
    return code == EndCode::stopped || code == EndCode::ingest_gone ||
           code == EndCode::ingest_silent || code == EndCode::tracks_changed ||
           code == EndCode::standby;
}

bool is_refusal(EndCode code) { return row(code).is_refusal; }

bool is_ingest_coming(const std::optional<Reason>& reason) {
    return is_code(reason, EndCode::waiting_for_keyframe) ||
           is_code(reason, EndCode::waiting_for_picture) ||
           is_code(reason, EndCode::waiting_for_sound);
}

}  // namespace restream
