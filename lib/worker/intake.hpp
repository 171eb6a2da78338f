// The relay's side of the ingest, for one session: what it begins with, then tag after tag.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/media_facts.hpp"
#include "flv/media_meter.hpp"
#include "state/session_end.hpp"
#include "worker/arrivals.hpp"
#include "worker/readiness.hpp"
#include "worker/source.hpp"
#include "worker/tag_queue.hpp"

namespace restream {

/// Opens the ingest, waits until it is ready (see Readiness), and opens it again whenever it ends.
/// Lives for one session: a new connection is given what the ingest server has stored since the
/// last keyframe, so that a new session begins at once. Only where a session ends because the
/// publisher changes its tracks does the next one go on with the same intake: what was stored is of
/// the old tracks.
///
/// A session sees: Begun (metadata, sequence headers, the keyframe), tags, then Lost when the
/// ingest ends or its publisher leaves; and, if it stays, Begun again when there is a publisher
/// again. Lives on the loop of its sources, has no thread, never blocks: run the loop until
/// something happens or next_turn(), take(), then next() until there is nothing.
class Intake {
  public:
    struct Nothing {};
    struct Begun {
        std::vector<Tag> prefix;
        std::optional<Tag> sound = {};  ///< see SinkRequest::sound
        SteadyTime at{};                ///< when the last of the prefix arrived
    };
    using Arrived = TagQueue::Entry;
    struct Lost {
        SessionEnd why;
        SteadyTime last_picture{};  ///< or the last sound, where there were no pictures
    };
    using Event = std::variant<Nothing, Begun, Arrived, Lost>;

    struct Settings {
        std::string url;
        Milliseconds probe_duration{0};
        std::uint64_t probe_bytes = 0;
        /// The ingest was silent: what its server stored before that is no begin yet. A session
        /// begins once more comes than the server gives at once.
        bool awaits_flow = false;
        bool operator==(const Settings&) const = default;
    };

    /// Opens nothing yet. All references must outlive it.
    /// `only`: the publisher is known to send only pictures, or only sound.
    Intake(const OpenSource& open, Settings settings, Loop& loop,
           std::optional<TagType> only = std::nullopt);
    Intake(const Intake&) = delete;
    Intake& operator=(const Intake&) = delete;

    /// Takes in all that has arrived; opens the ingest where it is time to.
    void take(SteadyTime now);
    /// The session's next event.
    Event next();

    /// The session is over, and the next one begins with this tag and the headers as they are now;
    /// or with what the ingest came back with.
    void begin_next(Arrived first);
    void begin_next(Begun begun);
    /// The same, with the next tag with which one can begin.
    void begin_next_later();
    /// Whether the next session goes on with this intake.
    bool goes_on() const { return goes_on_; }
    bool is_of(const std::string& url, Milliseconds probe_duration,
               std::uint64_t probe_bytes) const {
        return settings_.url == url && settings_.probe_duration == probe_duration &&
               settings_.probe_bytes == probe_bytes;
    }
    /// The only kind of track that the publisher sends, where that is known.
    std::optional<TagType> only() const {
        return is_delivering_ ? readiness_.only() : std::nullopt;
    }
    /// When take() has something to do though nothing arrives.
    SteadyTime next_turn(SteadyTime now) const;

    /// The destination takes tags from now on: see TagQueue::start_clock.
    void start_clock(SteadyTime now) { queue_.start_clock(now); }
    /// Whether the ingest carries a track of this kind, as far as is known.
    bool carries(TagType type) const { return readiness_.has(type); }
    /// The times of the frames of a kind that have arrived and are to come: the first, the last.
    std::optional<RtmpTime> first_time(TagType type) const { return queue_.first_time(type); }
    std::optional<RtmpTime> last_time(TagType type) const { return queue_.last_time(type); }
    /// What the publisher does not send now; nothing is missing while there is no publisher.
    Silence silence(SteadyTime now) const { return meter_.pulse().silence(now); }
    /// The last picture that arrived, or the last sound where there were no pictures.
    SteadyTime last_picture() const { return meter_.pulse().since(); }
    /// Tags wait for the session.
    bool has_waiting() const { return !queue_.is_empty(); }
    /// REQUIRES: it has begun, and no tag waits. Drops what comes until a session could begin, and
    /// gives Begun then.
    void begin_again();
    /// A Lost is among the events to come.
    bool is_lost() const { return lost_.has_value(); }
    /// The session does not take even the audio in time.
    bool is_too_slow(SteadyTime now) const { return queue_.is_too_slow(now); }
    bool is_burst_over(SteadyTime now) const { return queue_.is_burst_over(now); }
    std::uint64_t dropped() const { return queue_.dropped(); }
    Milliseconds waited(SteadyTime now) const { return queue_.waited(now); }
    /// What keeps the ingest from being ready now; nothing once it is, and while that is not known.
    const std::optional<SessionEnd>& obstacle() const { return obstacle_; }
    /// What the publisher sends; nothing where there is none.
    std::optional<MediaFacts> media(SteadyTime now) const;
    /// What arrived since it was asked last.
    Arrivals take_arrivals(SteadyTime now) { return arrivals_.take(now); }
    /// How the connection to the ingest fares, where the system tells it.
    std::optional<TcpFacts> tcp() const { return source_ ? source_->tcp() : std::nullopt; }

  private:
    void open();
    void close(SessionEnd why, SteadyTime now);
    void take_tag(Tag tag, SteadyTime now);
    void note_publisher(const Tag& tag, SteadyTime now);
    void lose(SessionEnd why);

    const OpenSource& open_;
    Settings settings_;
    Loop& loop_;
    std::unique_ptr<TagSource> source_;
    std::optional<TagType> only_;        ///< for the next connection
    bool has_had_tag_ = false;           ///< from a publisher, by the source that is open
    std::optional<SteadyTime> open_at_;  ///< not before; nothing: at once
    Milliseconds retry_;

    Readiness readiness_;
    MediaMeter meter_;
    ArrivalCount arrivals_;
    TagQueue queue_;
    SetupTags passed_;  ///< as the session has them
    bool goes_on_ = false;
    std::optional<Begun> begun_;  ///< not fetched yet; comes before the queue
    std::optional<Lost> lost_;    ///< not fetched yet; comes after the queue
    std::optional<SessionEnd> obstacle_;
    bool has_more_ = false;  ///< the source may have events that were left until Lost is fetched
    bool is_delivering_ = false;  ///< it has begun, and the ingest has not been lost since
    bool begins_again_ = false;   ///< a session goes on, and waits for Begun or Lost
    bool awaits_flow_;            ///< what has begun is not given yet
    std::optional<SteadyTime> first_tag_at_;  ///< of the publisher, by the source that is open
    SteadyTime last_tag_at_{};                ///< likewise
};

}  // namespace restream
