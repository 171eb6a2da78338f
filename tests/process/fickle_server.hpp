// A platform that changes its mind.
#pragma once

#include <atomic>

#include "process/raw_server.hpp"

namespace restream::test {

/// Takes publishers, or treats them badly, until it is told otherwise.
class FickleServer {
  public:
    enum class Mood {
        good,
        refuses,      ///< at publish, as where the key is wrong
        closes_late,  ///< takes the key, and closes a second later
        stalls,       ///< takes the key, and reads nothing more
        crawls,       ///< reads 100 kbit/s
        silent,       ///< takes connections, and says nothing
    };

    std::string url() const { return server_.url(); }
    /// From the next connection on; those there are break.
    void change(Mood mood) {
        mood_ = mood;
        ++generation_;
    }
    Mood mood() const { return mood_; }
    /// Sessions that were accepted.
    int begun() const { return begun_; }

  private:
    void serve(RawConnection& peer);

    std::atomic<Mood> mood_ = Mood::good;
    std::atomic<int> generation_ = 0;
    std::atomic<int> begun_ = 0;
    RawServer server_{[this](RawConnection& peer) { serve(peer); }};
};

}  // namespace restream::test
