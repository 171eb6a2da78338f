#include "media/srt_rejection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace restream {

namespace {

struct Row {
    std::string_view reason;  ///< libsrt's words or name, or the number that the server sent
    EndCode code;
    std::string_view words;
};

/// **Source**: libsrt 1.5, srt.h (SRT_REJECT_REASON), access_control.h, and the texts of
/// srt_rejectreason_str().
constexpr std::array rows = {
    Row{"Incorrect passphrase", EndCode::passphrase_refused, "it is not the server's"},
    Row{"BADSECRET", EndCode::passphrase_refused, "it is not the server's"},
    Row{"Password required or unexpected", EndCode::passphrase_refused,
        "one side has a passphrase and the other has none"},
    Row{"UNSECURE", EndCode::passphrase_refused,
        "one side has a passphrase and the other has none"},
    Row{"PEER", EndCode::srt_refused, "without a reason"},
    Row{"Peer rejected connection", EndCode::srt_refused, "without a reason"},
    Row{"VERSION", EndCode::srt_refused, "the server wants a newer version of SRT"},
    Row{"BACKLOG", EndCode::srt_refused, "it has too many callers"},
    Row{"400", EndCode::srt_refused, "bad request"},
    Row{"401", EndCode::srt_refused, "unauthorized"},
    Row{"402", EndCode::srt_refused, "overload"},
    Row{"403", EndCode::srt_refused, "forbidden"},
    Row{"404", EndCode::srt_refused, "no such stream ID"},
    Row{"405", EndCode::srt_refused, "it takes no publisher with this stream ID"},
    Row{"406", EndCode::srt_refused, "the stream ID's parameters are not acceptable"},
    Row{"409", EndCode::srt_refused, "the stream ID is in use"},
    Row{"415", EndCode::srt_refused, "the kind of stream is not supported"},
    Row{"423", EndCode::srt_refused, "the stream ID is locked"},
    Row{"500", EndCode::srt_refused, "internal error"},
    Row{"503", EndCode::srt_refused, "unavailable"},
};

std::optional<std::string_view> behind(std::string_view line, std::string_view begin) {
    const auto at = line.find(begin);
    if (at == std::string_view::npos) return std::nullopt;
    return line.substr(at + begin.size());
}

}  // namespace

std::optional<std::string> srt_rejection_in(std::string_view line) {
    if (const auto ours = behind(line, "REJECT reported from HS processing: ")) {
        return std::string(ours->substr(0, ours->find(" - ")));
    }
    auto theirs = behind(line, "rejection HS response: ");
    if (!theirs) return std::nullopt;
    for (const std::string_view begin : {"ERROR:", "PREDEFINED:", "USERDEFINED:"}) {
        if (theirs->starts_with(begin)) theirs->remove_prefix(begin.size());
    }
    return std::string(theirs->substr(0, theirs->find_first_of(" \n")));
}

SessionEnd srt_rejection_end(std::string_view reason) {
    const auto* const row = std::ranges::find(rows, reason, &Row::reason);
    if (row == rows.end()) {
        return {EndCode::srt_refused, reason.empty() ? "" : fmt::format("SRT: {}", reason)};
    }
    return {row->code, fmt::format("{}; SRT: {}", row->words, reason)};
}

}  // namespace restream
