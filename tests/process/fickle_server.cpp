#include "process/fickle_server.hpp"

#include "base/clock.hpp"
#include "system/random.hpp"

namespace restream::test {

void FickleServer::serve(RawConnection& peer) {
    const int born = generation_;
    const Mood mood = mood_;
    const auto is_over = [&] { return generation_ != born; };
    RtmpServer rtmp({.random = random_bytes(1528)});
    if (mood == Mood::silent) {
        peer.stall(is_over);
        return;
    }
    if (mood == Mood::refuses) {
        if (peer.refuse_publisher(rtmp, "NetStream.Publish.BadName")) peer.drain();
        return;
    }
    if (!peer.serve_until(rtmp, RtmpServer::Step::publishing)) return;
    ++begun_;
    const Deadline late = Deadline::after(std::chrono::seconds(1));
    switch (mood) {
        case Mood::closes_late:
            peer.drain_until([&] { return late.has_passed() || is_over(); });
            break;
        case Mood::stalls:
            peer.stall(is_over);
            break;
        case Mood::crawls:
            peer.drain_slowly(100'000 / 8, is_over);
            break;
        default:
            peer.drain_until(is_over);
    }
    if (is_over()) peer.reset();
}

}  // namespace restream::test
