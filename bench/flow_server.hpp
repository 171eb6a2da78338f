// The destinations of the benchmarks: one server that counts, and treats some badly.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "flow_wire.hpp"
#include "rtmp/server.hpp"

namespace restream::bench {

/// What is done to a publisher: its app says it.
enum class Treatment {
    good,    ///< any other app
    stalls,  ///< accepts and reads nothing more
    slow,    ///< reads 100 kbit/s
    closes,  ///< 3 s after it accepted
    refuses  ///< the stream key
};
Treatment treatment_of(const std::string& app);

/// What arrived of one destination since the last report.
struct Arrived {
    std::uint64_t pictures = 0;
    std::uint64_t lost_pictures = 0;
    std::uint64_t sounds = 0;
    std::uint64_t lost_sounds = 0;
    std::uint64_t bytes = 0;
    std::uint64_t sessions = 0;
    std::uint64_t backward = 0;       ///< frames that are not later than their track's last
    std::int64_t longest_gap_ns = 0;  ///< from a picture to the next, marked or not
    std::int64_t worst_clock_ms = 0;  ///< how far a step of the times is from what passed
};

/// Takes all destinations on one thread. The stream key is the destination's name; only the good
/// ones are counted. Lives as long as the program.
class Server {
  public:
    /// On loopback.
    explicit Server(int port);
    ~Server();
    nlohmann::json report();

  private:
    struct Session;

    void run();
    SteadyTime next_turn() const;
    void take_turns(SteadyTime now);
    void accept_all();
    void drop(Session& session);
    bool take(Session& session, std::size_t most_bytes);
    bool handle_events(Session& session, std::int64_t now);
    bool answer(Session& session, const RtmpServer::PublishWish& wish);
    void count(Session& session, const Tag& tag, std::int64_t now);
    void count_sound(Session& session, Arrived& arrived, const Tag& tag, std::int64_t now);
    void count_picture(Session& session, Arrived& arrived, const Tag& tag, std::int64_t now);
    void count_mark(Session& session, Arrived& arrived, const Tag& tag, std::int64_t now);

    int epoll_;
    int listener_ = -1;
    std::map<Session*, std::unique_ptr<Session>> sessions_;
    std::mutex mutex_;  ///< of what follows
    std::map<std::string, std::uint64_t> begun_;
    std::map<std::string, Arrived> arrived_;
    std::vector<std::int64_t> latencies_;
    std::thread thread_;
};

}  // namespace restream::bench
