// What nginx-rtmp says of itself: who publishes, who plays, what is carried.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/media_facts.hpp"
#include "base/secret.hpp"
#include "rtmp/endpoint.hpp"

namespace restream {

/// What the publisher's sequence headers say, as nginx-rtmp read them. 0 or empty: not known.
struct NginxVideo {
    std::string codec;
    int width = 0;
    int height = 0;
    double frame_rate = 0;
};
struct NginxAudio {
    std::string codec;
    int channels = 0;
    int sample_rate_hz = 0;
};

/// One name in one app that somebody publishes or plays.
struct NginxPublication {
    std::string app;
    Secret name;  ///< the playpath: it may be what keeps strangers from publishing
    bool has_publisher = false;
    int clients = 0;                   ///< players, and the publisher
    std::uint64_t bytes_received = 0;  ///< of picture and sound, since somebody was there
    std::optional<NginxVideo> video;
    std::optional<NginxAudio> audio;

    int players() const { return clients > 0 && has_publisher ? clients - 1 : clients; }
};

/// The same as facts, as they are known of other servers.
MediaFacts media_facts_of(const NginxPublication& publication);

/// One answer of its /stat page.
struct NginxStat {
    int worker_pid = 0;
    std::vector<NginxPublication> publications;

    /// What is there; nullptr where nobody publishes or plays there.
    const NginxPublication* find(const RtmpEndpoint& endpoint) const;
    /// Whether somebody publishes to the app under another name than the endpoint's.
    bool is_published_elsewhere(const RtmpEndpoint& endpoint) const;
};

/// Reads the /stat page's XML. Unknown elements are skipped; nothing for what is torn or no such
/// page.
std::optional<NginxStat> parse_nginx_stat(std::string_view xml);

/// The body of an HTTP response with status 200 that came as a whole; nothing for any other.
std::optional<std::string_view> http_body(std::string_view response);

/// Asks the server whose folder this is. Nothing where it does not answer in time or not as
/// expected.
/// **Blocks**: until the answer or the deadline.
std::optional<NginxStat> ask_nginx(const std::filesystem::path& nginx_directory,
                                   const Deadline& deadline);

/// How long a command asks: 1 ms is usual.
constexpr Milliseconds nginx_patience(200);

}  // namespace restream
