#include "server/publications.hpp"

#include <algorithm>

#include "base/byte_rate.hpp"
#include "ingest/refusal_words.hpp"

namespace restream {

namespace {

constexpr std::size_t most_refusals = 8;
/// Whoever hammers at the door is a line a minute in the log.
constexpr RateLimit::Rate most_told{1.0 / 60, 1};

}  // namespace

/// One path with somebody at it.
class Publications::Path {
  public:
    Path(Secret its_name, GopCache::Limits limits)
        : name(std::move(its_name)), publication(limits) {}

    Secret name;
    Publication publication;
    Publisher* publisher = nullptr;
    std::optional<EncoderRole> role;  ///< where there is a backup, of the two
    Guest guest;
    WallTime since{};
    MediaMeter meter;
    bool has_video = false;
    bool has_audio = false;
    ByteRate rate;
    Silence silence = Silence::none;
    std::optional<WallTime> silent_since;  ///< as told last; nothing after a change
};

Publications::Publications(Admission admission, Rules rules)
    : admission_(std::move(admission)), rules_(rules), told_(most_told) {
    if (!admission_.backup_path().empty()) broadcast_.emplace(rules_.backup_return_after);
}

Publications::~Publications() = default;

Publications::Answer Publications::ask_to_publish(const Guest& guest, const Secret& app,
                                                  const Secret& name, SteadyTime now,
                                                  WallTime wall) {
    now_ = now;
    const bool shows_key = admission_.shows_key(app, name);
    Answer answer = admission_.publish(guest.visitor, app, name, key_try(guest, shows_key, now));
    const auto* const why_not = std::get_if<AdmissionRefusal>(&answer);
    if (shows_key && (why_not == nullptr || why_not->is_wrong_key)) {
        note_key(guest, why_not == nullptr, now);
    }
    if (const auto* path = std::get_if<Secret>(&answer)) {
        if (auto occupied = make_room(*path, now)) answer = std::move(*occupied);
    }
    if (auto* refusal = std::get_if<AdmissionRefusal>(&answer)) {
        return refused(IngestRefusal::Wish::publish, guest, std::move(*refusal), wall);
    }
    return answer;
}

std::optional<AdmissionRefusal> Publications::make_room(const Secret& path, SteadyTime now) {
    const auto found = paths_.find(path.reveal());
    if (found != paths_.end() && found->second->publisher != nullptr) {
        found->second->publisher->look_again();
    }
    // Who looked may have left, and his path with him.
    const auto again = paths_.find(path.reveal());
    if (again != paths_.end() && again->second->publisher != nullptr) {
        Publisher& first = *again->second->publisher;
        if (!may_take_over(rules_.takeover_after, now - first.last_heard())) {
            return AdmissionRefusal{"NetStream.Publish.BadName",
                                    words_of_refusal("already_publishing")};
        }
        leave(*again->second, first);
        first.replaced();
        return std::nullopt;
    }
    const auto is_own = [&](const std::string& name) {
        return name == admission_.base_path() || name == admission_.backup_path();
    };
    if (is_own(path.reveal())) return std::nullopt;
    const auto others = std::ranges::count_if(paths_, [&](const auto& each) {
        return each.second->publisher != nullptr && !is_own(each.first);
    });
    if (static_cast<std::size_t>(others) < rules_.most_other_paths) return std::nullopt;
    return AdmissionRefusal{"NetStream.Publish.BadName", words_of_refusal("too_many_publications")};
}

Publications::Answer Publications::ask_to_play(const Guest& guest, const Secret& app,
                                               const Secret& name, SteadyTime now, WallTime wall) {
    now_ = now;
    const bool shows_key = admission_.shows_key(app, name);
    Answer answer = admission_.play(guest.visitor, app, name, key_try(guest, shows_key, now));
    const std::size_t most =
        guest.visitor.is_local ? rules_.most_players_here : rules_.most_players_elsewhere;
    // All relays are the owner's; what bounds them is the number of connections.
    if (guest.players >= most && !admission_.is_own(guest.visitor) &&
        std::holds_alternative<Secret>(answer)) {
        answer = AdmissionRefusal{"NetStream.Play.Failed", words_of_refusal("too_many_players")};
    }
    if (auto* refusal = std::get_if<AdmissionRefusal>(&answer)) {
        return refused(IngestRefusal::Wish::play, guest, std::move(*refusal), wall);
    }
    // The right one leads elsewhere. A wrong one is answered like any path that nobody publishes,
    // and counts: who plays could else try them all.
    if (shows_key) {
        note_key(guest, std::get<Secret>(answer) != publication_path(app, name), now);
    }
    return answer;
}

KeyTry Publications::key_try(const Guest& guest, bool shows_key, SteadyTime now) {
    if (!shows_key || admission_.is_own(guest.visitor)) return KeyTry::allowed;
    // Who it is on this machine, nobody knows: then one user could keep the owner out.
    if (guest.visitor.is_local && !admission_.knows_owner()) return KeyTry::allowed;
    return key_guard_.may_try(guest.visitor, now) ? KeyTry::allowed : KeyTry::withheld;
}

void Publications::note_key(const Guest& guest, bool was_right, SteadyTime now) {
    if (admission_.is_own(guest.visitor)) return;
    if (was_right) return key_guard_.was_right(guest.visitor);
    key_guard_.was_wrong(guest.visitor, now);
}

AdmissionRefusal Publications::refused(IngestRefusal::Wish wish, const Guest& guest,
                                       AdmissionRefusal why, WallTime wall) {
    IngestRefusal refusal{wish, wall, guest.visitor.address.text(), guest.software, why.problem, 1};
    // An encoder that tries again and again is one line.
    const auto same = std::ranges::find_if(refusals_, [&](const IngestRefusal& each) {
        return each.wish == wish && each.address == refusal.address &&
               each.software == refusal.software && each.problem == refusal.problem;
    });
    if (same != refusals_.end()) {
        refusal.times = same->times + 1;
        refusals_.erase(same);
    }
    why.times = refusal.times;
    why.is_news = told_.take(place_of(guest.visitor) + why.problem, now_);
    refusals_.push_front(std::move(refusal));
    if (refusals_.size() > most_refusals) refusals_.pop_back();
    ++changes_;
    return why;
}

Publications::Path& Publications::path_at(const Secret& path) {
    auto& place = paths_[path.reveal()];
    if (place) return *place;
    place = std::make_unique<Path>(path, rules_.gop);
    if (!broadcast_) return *place;
    if (path.reveal() == admission_.base_path()) place->role = EncoderRole::primary;
    if (path.reveal() == admission_.backup_path()) place->role = EncoderRole::backup;
    return *place;
}

std::size_t Publications::players_of(const Path& path) const {
    return is_base(path) ? broadcast_->players() : path.publication.players();
}

/// Of a broadcast: its players are there.
bool Publications::is_base(const Path& path) const { return path.role == EncoderRole::primary; }

void Publications::note_on_air() {
    if (broadcast_->on_air() == noted_on_air_) return;
    noted_on_air_ = broadcast_->on_air();
    on_air_since_.reset();
    ++changes_;
}

void Publications::forget_if_empty(Path& path) {
    if (path.publisher != nullptr || players_of(path) > 0) return;
    paths_.erase(paths_.find(path.name.reveal()));
}

Publications::Path& Publications::begin(Publisher& publisher, const Guest& guest,
                                        const Secret& path, WallTime wall) {
    Path& place = path_at(path);
    place.publisher = &publisher;
    place.guest = guest;
    place.since = wall;
    place.meter.reset();
    place.meter.begin(now_);
    place.silence = Silence::none;
    next_silence_ = std::min(next_silence_, place.meter.pulse().silent_at(now_));
    place.has_video = place.has_audio = false;
    place.rate = {};
    place.publication.begin();
    if (place.role) {
        broadcast_->came(*place.role, place.publication.cache(), now_);
        note_on_air();
    }
    ++changes_;
    return place;
}

void Publications::publish(Path& path, const Tag& tag, SteadyTime now) {
    now_ = now;
    const GopCache::Part part = path.publication.publish(tag);
    if (path.role) {
        broadcast_->sent(*path.role, tag, part, now);
        note_on_air();
    }
    path.meter.observe(tag, now);
    if (path.silence != Silence::none) note_silence(path, now);
    // That there is a picture, or a sound, is news.
    if (tag.type == TagType::video && !path.has_video) {
        path.has_video = true;
        ++changes_;
    }
    if (tag.type == TagType::audio && !path.has_audio) {
        path.has_audio = true;
        ++changes_;
    }
}

void Publications::leave(Path& path, const Publisher& publisher) {
    if (path.publisher != &publisher) return;
    path.publisher = nullptr;
    if (path.role) {
        broadcast_->left(*path.role, now_);
        note_on_air();
    }
    path.publication.end();
    ++changes_;
    forget_if_empty(path);
}

Publications::Path& Publications::join(PublicationPlayer& player, const Secret& path,
                                       std::size_t& burst_bytes) {
    Path& place = path_at(path);
    burst_bytes = is_base(place) ? broadcast_->join(player) : place.publication.join(player);
    ++changes_;
    return place;
}

void Publications::leave(Path& path, const PublicationPlayer& player) {
    if (is_base(path))
        broadcast_->leave(player);
    else
        path.publication.leave(player);
    ++changes_;
    forget_if_empty(path);
}

bool Publications::has_publisher() const {
    return std::ranges::any_of(paths_,
                               [](const auto& each) { return each.second->publisher != nullptr; });
}

std::string Publications::shown(const Path& path) const { return admission_.shown(path.name); }

void Publications::note_silence(Path& path, SteadyTime now) {
    const Silence silence = path.meter.pulse().silence(now);
    next_silence_ = std::min(next_silence_, path.meter.pulse().silent_at(now));
    if (silence == path.silence) return;
    path.silence = silence;
    path.silent_since.reset();
    ++changes_;
}

void Publications::look_for_silence(SteadyTime now) {
    next_silence_ = SteadyTime::max();
    for (const auto& [name, path] : paths_) {
        if (path->publisher != nullptr) note_silence(*path, now);
    }
}

PublicationsRecord Publications::record(SteadyTime now, WallTime wall) {
    PublicationsRecord record;
    record.written = wall;
    record.refusals.assign(refusals_.begin(), refusals_.end());
    for (const auto& [name, path] : paths_) {
        if (path->publisher == nullptr) continue;
        const std::uint64_t bytes = path->publication.bytes_received();
        path->rate.add(now, bytes);
        std::size_t players = path->publication.players();
        if (path->role && path->role == broadcast_->on_air()) players += broadcast_->players();
        record.publications.push_back(
            {admission_.shown(path->name), path->since, path->guest.visitor.address.text(),
             path->guest.software, path->meter.facts(now), bytes, path->rate.kbps(),
             static_cast<std::uint32_t>(players), path->publication.cache().span(), path->role,
             path->silence, silent_since(*path, now, wall)});
    }
    tell_on_air(record, now, wall);
    return record;
}

std::optional<WallTime> Publications::silent_since(Path& path, SteadyTime now, WallTime wall) {
    if (path.silence != Silence::none && !path.silent_since) {
        const auto span = now - path.meter.pulse().since();
        path.silent_since = wall - std::chrono::duration_cast<Milliseconds>(span);
    }
    return path.silent_since;
}

void Publications::tell_on_air(PublicationsRecord& record, SteadyTime now, WallTime wall) {
    if (!broadcast_ || !broadcast_->on_air()) return;
    if (!on_air_since_) {
        on_air_since_ = wall - std::chrono::duration_cast<Milliseconds>(now - broadcast_->since());
    }
    record.on_air = OnAirRecord{*broadcast_->on_air(), *on_air_since_};
}

}  // namespace restream
