// Why the embedded server ended a connection, in words and by code.
#pragma once

#include <array>
#include <string_view>

namespace restream {

struct CutOffWords {
    std::string_view code;   ///< never renamed
    std::string_view words;  ///< the subject is the client: "sent nothing for too long"
};

inline constexpr std::array cut_off_words = {
    CutOffWords{"tls", "spoke TLS, but the server takes rtmp://, not rtmps://"},
    CutOffWords{"http", "spoke HTTP or another protocol of text, not RTMP"},
    CutOffWords{"rtmpe", "spoke RTMPE, the encryption of Flash, which the server does not take"},
    CutOffWords{"other_protocol", "did not speak RTMP"},
    CutOffWords{"bad_rtmp", "sent bytes that are not valid RTMP"},
    CutOffWords{"handshake_timed_out", "did not finish the RTMP handshake in time"},
    CutOffWords{"nothing_asked", "connected, but asked neither to publish nor to play in time"},
    CutOffWords{"silent", "sent nothing for too long"},
    CutOffWords{"too_slow", "sent a message too slowly"},
    CutOffWords{"took_nothing", "took nothing for too long"},
    CutOffWords{"too_far_behind", "took what it played too slowly"},
    CutOffWords{"memory_short",
                "had the most unread data when the data waiting for players took too much memory"},
    CutOffWords{"did_not_read", "did not read the server's answers"},
    CutOffWords{"replaced", "was silent, and another publisher took its place"},
    CutOffWords{"too_many_connections", "gave way, because there were too many connections"},
};

/// Empty where a newer server has other codes.
constexpr std::string_view words_of_cut_off(std::string_view code) {
    for (const auto& each : cut_off_words) {
        if (each.code == code) return each.words;
    }
    return {};
}

}  // namespace restream
