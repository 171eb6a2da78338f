#include "worker/rtmp_endings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "base/text.hpp"

namespace restream {

namespace {

/// What the detail is where the ending has none.
enum class Told { nothing, closing, host, address };

struct Row {
    RtmpEnding::Cause cause;
    EndCode destination;
    EndCode ingest;  ///< before a message came
    Told told;
};

using Cause = RtmpEnding::Cause;

constexpr std::array rows = {
    Row{Cause::stopped, EndCode::stopped, EndCode::stopped, Told::nothing},
    Row{Cause::name_not_found, EndCode::name_not_found, EndCode::ingest_down, Told::host},
    Row{Cause::connection_refused, EndCode::connection_refused, EndCode::ingest_down,
        Told::address},
    Row{Cause::unreachable, EndCode::unreachable, EndCode::ingest_down, Told::address},
    Row{Cause::connect_timed_out, EndCode::connect_timed_out, EndCode::ingest_down, Told::address},
    Row{Cause::tls_wrong_host, EndCode::tls_wrong_host, EndCode::ingest_down, Told::host},
    Row{Cause::tls_expired, EndCode::tls_expired, EndCode::ingest_down, Told::host},
    Row{Cause::tls_untrusted, EndCode::tls_untrusted, EndCode::ingest_down, Told::host},
    Row{Cause::tls_failed, EndCode::tls_failed, EndCode::ingest_down, Told::address},
    Row{Cause::handshake_timed_out, EndCode::handshake_timed_out, EndCode::ingest_down,
        Told::address},
    Row{Cause::answer_timed_out, EndCode::connect_timed_out, EndCode::ingest_down, Told::address},
    Row{Cause::app_refused, EndCode::app_refused, EndCode::ingest_refused, Told::closing},
    Row{Cause::name_refused, EndCode::publish_refused, EndCode::ingest_refused, Told::closing},
    Row{Cause::login_needed, EndCode::login_needed, EndCode::ingest_refused, Told::address},
    Row{Cause::login_refused, EndCode::login_refused, EndCode::ingest_refused, Told::address},
    Row{Cause::redirect_refused, EndCode::redirect_refused, EndCode::ingest_refused, Told::address},
    Row{Cause::closed, EndCode::closed, EndCode::ingest_down, Told::nothing},
    Row{Cause::reset, EndCode::reset, EndCode::ingest_down, Told::nothing},
    Row{Cause::stalled, EndCode::stalled, EndCode::ingest_down, Told::nothing},
    Row{Cause::malformed, EndCode::not_rtmp, EndCode::ingest_down, Told::address},
    Row{Cause::failed, EndCode::failed, EndCode::ingest_down, Told::address},
};

const Row& row_of(Cause cause) {
    for (const Row& each : rows) {
        if (each.cause == cause) return each;
    }
    return rows.back();
}

std::string detail_of(const RtmpEnding& ending, const RtmpEndpoint& endpoint) {
    if (!ending.detail.empty()) return ending.detail;
    switch (row_of(ending.cause).told) {
        case Told::nothing:
            break;
        case Told::closing:
            return "it closed the connection";
        case Told::host:
            return endpoint.host;
        case Told::address:
            return endpoint.address();
    }
    return {};
}

/// A server that has no such name, as nginx-rtmp, SRS and others word it, has nobody publishing it.
bool says_not_found(std::string_view said) {
    return said.find("ot found") != std::string_view::npos ||
           said.find("o such") != std::string_view::npos ||
           said.find("NotFound") != std::string_view::npos;
}

/// What servers say when somebody else publishes under the name, in lower case. A name that is
/// spent ("already used", "already ended") is another matter.
/// Red5, Ant Media Server and Adobe's server say NetStream.Publish.BadName without any words, as
/// others do for a wrong key: that stays a refused key.
constexpr std::string_view words_of_busy_name[] = {
    "already publish",        // nginx-rtmp, node-media-server, ZLMediaKit, MediaMTX, restream
    "already being publish",  // servers that copy Adobe's documentation
    "already in use",         // Wowza: "Stream name is already in use"
    "already exist",          // SRS: "Stream already exists or busy"
    "already stream",
    "already live",
    "already broadcast",
    "already taken",
    "already connected",
    "already active",
    "is busy",  // SRS: "rtmp: stream X is busy"
    "streambusy",
    "stream busy",
    "currently in use",
    "currently being published",
    "duplicate stream",
    "duplicate publish",
    "another publisher",
};

bool says_name_is_busy(std::string_view said) {
    const std::string small = in_lower_case(said);
    return std::ranges::any_of(words_of_busy_name, [&](std::string_view words) {
        return small.find(words) != std::string::npos;
    });
}

bool is_refusal(RtmpEnding::Cause cause) {
    return cause == Cause::name_refused || cause == Cause::app_refused;
}

}  // namespace

SessionEnd destination_end(const RtmpEnding& ending, const RtmpEndpoint& endpoint,
                           PublishStep step) {
    // Behind the handshake, what closes has refused the app or the key.
    const bool is_close = ending.cause == Cause::closed || ending.cause == Cause::reset;
    const bool never_was = step == PublishStep::opening && is_close;
    const EndCode code = never_was ? EndCode::not_rtmp : row_of(ending.cause).destination;
    std::string detail = detail_of(ending, endpoint);
    if (ending.cause == Cause::malformed && !ending.detail.empty()) {
        detail = fmt::format("{}: {}", endpoint.address(), detail);
    }
    if (is_refusal(ending.cause) && says_name_is_busy(ending.detail)) {
        return {EndCode::already_published, std::move(detail)};
    }
    return {code, std::move(detail)};
}

SessionEnd ingest_end(const RtmpEnding& ending, const RtmpEndpoint& endpoint, PlayStep step) {
    if (ending.cause == Cause::stopped) return {EndCode::stopped};
    std::string detail = detail_of(ending, endpoint);
    if (step == PlayStep::had_message) {
        if (ending.cause == Cause::malformed) {
            return {EndCode::failed, "the ingest's server does not speak RTMP: " + detail};
        }
        return {EndCode::ingest_gone, std::move(detail)};
    }
    if (ending.cause == Cause::name_refused && says_not_found(ending.detail)) {
        return {EndCode::no_publisher, ending.detail};
    }
    if (ending.cause == Cause::closed || ending.cause == Cause::reset) {
        // Who refuses players just closes, soon after play.
        const bool is_refusal = step == PlayStep::refusable;
        return {is_refusal ? EndCode::ingest_refused : EndCode::ingest_down,
                "the ingest server closed the connection"};
    }
    return {row_of(ending.cause).ingest, std::move(detail)};
}

}  // namespace restream
