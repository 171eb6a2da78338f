// All paths of the embedded server, and who may come and go there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "base/clock.hpp"
#include "base/rate_limit.hpp"
#include "flv/media_meter.hpp"
#include "ingest/publications_record.hpp"
#include "server/admission.hpp"
#include "server/broadcast.hpp"
#include "server/key_guard.hpp"
#include "server/publication.hpp"

namespace restream {

/// A publisher, as the publications see it.
class Publisher {
  public:
    virtual ~Publisher() = default;
    virtual SteadyTime last_heard() const = 0;
    /// Looks whether its connection still stands. Where it does not, it has left when this returns.
    virtual void look_again() = 0;
    /// Another one takes its place: it has been put out already, and is to be told.
    virtual void replaced() = 0;
};

/// Decides who publishes and plays what, hands tags on, and tells about it. Knows no socket; the
/// clock is passed in.
class Publications {
  public:
    struct Rules {
        std::optional<Milliseconds> takeover_after = std::chrono::seconds(3);
        /// Paths beside the ingest's own that may be published at the same time.
        std::size_t most_other_paths = 8;
        GopCache::Limits gop;
        /// Of the primary: how long it sends without a gap before it is on the air again.
        Milliseconds backup_return_after = std::chrono::seconds(10);
        /// From one place (see place_of()) at the same time: of this machine, where relays come
        /// from, and of another.
        std::size_t most_players_here = 256;
        std::size_t most_players_elsewhere = 32;
    };
    /// Who asks, for what is told about him.
    struct Guest {
        Visitor visitor;
        std::string software;
        std::size_t players = 0;  ///< that play already, from the same place
    };
    class Path;
    using Answer = std::variant<Secret, AdmissionRefusal>;

    Publications(Admission admission, Rules rules);
    ~Publications();

    /// Whether he may publish, and where. One who is there already is put out where he must give
    /// way. A refusal is remembered.
    Answer ask_to_publish(const Guest& guest, const Secret& app, const Secret& name, SteadyTime now,
                          WallTime wall);
    Answer ask_to_play(const Guest& guest, const Secret& app, const Secret& name, SteadyTime now,
                       WallTime wall);

    /// REQUIRES: ask_to_publish() has just admitted him. The path is his until leave().
    Path& begin(Publisher& publisher, const Guest& guest, const Secret& path, WallTime wall);
    void publish(Path& path, const Tag& tag, SteadyTime now);
    void leave(Path& path, const Publisher& publisher);

    /// REQUIRES: ask_to_play() has admitted him. `burst_bytes`: what he was sent at once.
    Path& join(PublicationPlayer& player, const Secret& path, std::size_t& burst_bytes);
    void leave(Path& path, const PublicationPlayer& player);

    bool is_owners(const Guest& guest) const { return admission_.is_own(guest.visitor); }
    bool has_publisher() const;
    /// As it may be shown: no stream key.
    std::string shown(const Path& path) const;
    /// Notes which publishers are silent, and which are not any more; see MediaPulse.
    void look_for_silence(SteadyTime now);
    /// When that is the next to tell something new, unless something arrives before.
    SteadyTime next_silence() const { return next_silence_; }
    /// Of the publications and refusals; takes the bitrates since the last time it was asked.
    PublicationsRecord record(SteadyTime now, WallTime wall);
    /// Grows with each change that who reads the record wants to know at once.
    std::uint64_t changes() const { return changes_; }

  private:
    KeyTry key_try(const Guest& guest, bool shows_key, SteadyTime now);
    void note_key(const Guest& guest, bool was_right, SteadyTime now);
    std::optional<AdmissionRefusal> make_room(const Secret& path, SteadyTime now);
    AdmissionRefusal refused(IngestRefusal::Wish wish, const Guest& guest, AdmissionRefusal why,
                             WallTime wall);
    Path& path_at(const Secret& path);
    void forget_if_empty(Path& path);
    std::size_t players_of(const Path& path) const;
    bool is_base(const Path& path) const;
    void note_on_air();
    void note_silence(Path& path, SteadyTime now);
    void tell_on_air(PublicationsRecord& record, SteadyTime now, WallTime wall);
    static std::optional<WallTime> silent_since(Path& path, SteadyTime now, WallTime wall);

    Admission admission_;
    Rules rules_;
    KeyGuard key_guard_;
    RateLimit told_;  ///< of refusals, by place and problem
    std::map<std::string, std::unique_ptr<Path>, std::less<>> paths_;
    /// Where there is a backup: it has the players of the base path, whose publication has none.
    std::optional<Broadcast> broadcast_;
    std::optional<EncoderRole> noted_on_air_;
    std::optional<WallTime> on_air_since_;  ///< as told last; nothing after a change
    SteadyTime now_{};                      ///< the latest time that was passed in
    SteadyTime next_silence_ = SteadyTime::max();
    std::deque<IngestRefusal> refusals_;
    std::uint64_t changes_ = 0;
};

}  // namespace restream
