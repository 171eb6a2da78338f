// Both ends of a relay, as a test plays them: an ingest and a destination without sockets.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/cancel.hpp"
#include "net/loop.hpp"
#include "worker/sink.hpp"
#include "worker/source.hpp"

namespace restream::test {

/// What the ingest does: each turn of the loop that polls it performs the next act, until it says
/// that it is done.
struct FakeIngest {
    using Act = std::function<bool()>;

    std::deque<TagSource::Event> arriving;  ///< given to whoever polls, as long as there are any
    std::deque<Act> acts;
    bool has_no_publisher = false;
    std::atomic<int> opened = 0;
    std::atomic<int> open = 0;  ///< connections that are open now

    OpenSource opener();
    /// An act that is done at once.
    void then(std::function<void()> act);
    /// An act that lasts until this is true.
    void until(std::function<bool()> is_true) { acts.push_back(std::move(is_true)); }
    void arrive(std::vector<Tag> tags);
    void end(EndCode code) { arriving.emplace_back(SessionEnd{code}); }
};

/// What a destination does, and what it was given.
struct FakeDestination {
    bool accepts = true;
    bool is_ready = true;
    int most_writes_a_turn = 1'000'000;  ///< then it is not ready until the loop has run
    std::optional<SessionEnd> end;
    std::vector<Tag> written;
    std::vector<SinkRequest> requests;
    int goodbyes = 0;
    std::atomic<int> open = 0;

    OpenSink opener();
    std::vector<std::uint32_t> times() const;
};

}  // namespace restream::test
