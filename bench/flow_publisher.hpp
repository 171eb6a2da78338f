// The publisher of the benchmarks: a clip in real time, its pictures marked.
#pragma once

#include <atomic>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "flow_wire.hpp"
#include "rtmp/client.hpp"

namespace restream::bench {

/// How a publisher goes: as OBS at its stop button, or as one that crashed.
enum class Farewell { goodbye, none };

/// Publishes to one server; goes away and comes back as often as it is told. Its numbers go on, its
/// times begin anew, with a keyframe: as OBS after a reconnect.
///
/// The first keyframe of each stay is told on standard output:
/// {"publisher": URL, "number": N, "at": SECONDS}
class Publisher {
  public:
    Publisher(const std::vector<Tag>& clip, std::string url);

    /// **Blocks**: until the server accepts. It publishes on a thread from then on.
    void come();
    /// **Blocks**: until the server has closed, too.
    void leave(Farewell farewell);
    bool is_there() const { return thread_.joinable(); }
    /// What was sent in all; of the sounds, those behind a stay's first picture.
    nlohmann::json sent() const;

  private:
    void connect();
    bool take(int flags);
    void publish();
    void send(Tag tag);

    const std::vector<Tag>& clip_;
    const std::string url_;
    std::optional<RtmpClient> client_;
    int socket_ = -1;
    std::atomic<std::uint64_t> pictures_{0};
    std::atomic<std::uint64_t> sounds_{0};
    bool has_sent_picture_ = false;  ///< in this stay
    std::atomic<bool> is_leaving_{false};
    std::thread thread_;
};

}  // namespace restream::bench
