#include "media/hls_sink.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <utility>

#include "flv/flv.hpp"
#include "media/av_log.hpp"
#include "media/file_name.hpp"
#include "media/hls_folder.hpp"
#include "media/muxer.hpp"

namespace restream {

namespace {

/// A segment ends at the first keyframe behind this. **Source**: YouTube takes 1 to 4 s.
constexpr std::int32_t segment_ms = 4'000;
/// Where no keyframe comes for so long, it ends anyway: a player has to get something, and the
/// segment has to have an end. OBS's longest by default is 8.3 s.
constexpr std::int32_t longest_segment_ms = 12'000;

/// For a web server, which is another user.
constexpr unsigned web_mode = 0644;

constexpr int avio_buffer_bytes = 32768;

class HlsSink final : public BlockingSink {
  public:
    HlsSink(HlsPlace place, Tracks tracks)
        : store_(std::move(place.store)),
          playlist_(std::move(place.playlist)),
          unlisted_(place.unlisted.begin(), place.unlisted.end()),
          stamp_(hls_stamp(std::chrono::system_clock::now())),
          has_video_(bool(tracks.video)),
          is_discontinuous_(!playlist_.segments().empty()),
          avio_(make_avio()),
          muxer_(Container::mpegts_segments, *avio_, std::move(tracks)) {}

    std::optional<SessionEnd> begin();
    std::optional<SessionEnd> write(const Tag& tag) override;
    void finish(const Deadline& deadline) override;
    std::string file_name() const override { return store_->place(); }

  private:
    CustomAvioHandle make_avio();
    static int put(void* self, std::uint8_t* bytes, int size) noexcept;

    /// The first picture or sound in the segment, and the last one.
    struct Reach {
        RtmpTime first;
        RtmpTime last;
    };
    std::optional<Reach>& reach_of(TagType type) { return reach_[type == TagType::video ? 0 : 1]; }
    bool has_begun() const { return reach_[0] || reach_[1]; }
    std::int32_t age_ms(const Tag& tag);
    Milliseconds length() const;
    bool is_cut(const Tag& tag, bool is_keyframe);
    std::optional<SessionEnd> begin_segment();
    std::optional<SessionEnd> end_segment(Milliseconds duration);
    std::optional<SessionEnd> list(HlsSegment segment);
    std::optional<SessionEnd> hand_on();
    std::optional<SessionEnd> muxed(int result);

    std::unique_ptr<HlsStore> store_;
    HlsPlaylist playlist_;
    std::deque<std::string> unlisted_;
    std::string stamp_;
    std::uint32_t number_ = 0;  ///< of the segment that is open
    bool has_video_;
    bool is_discontinuous_;
    /// Of pictures and of sound: the two may be any time apart.
    std::array<std::optional<Reach>, 2> reach_;
    bool is_broken_ = false;
    AvTranscript transcript_;
    std::vector<std::uint8_t> made_;  ///< by the muxer, for the store
    CustomAvioHandle avio_;
    Muxer muxer_;
};

CustomAvioHandle HlsSink::make_avio() {
    auto* const buffer = static_cast<unsigned char*>(av_malloc(avio_buffer_bytes));
    CustomAvioHandle made(
        buffer ? avio_alloc_context(buffer, avio_buffer_bytes, 1, this, nullptr, put, nullptr)
               : nullptr);
    if (!made) {
        av_free(buffer);
        throw std::bad_alloc();
    }
    return made;
}

int HlsSink::put(void* self, std::uint8_t* bytes, int size) noexcept {
    try {
        auto& made = static_cast<HlsSink*>(self)->made_;
        made.insert(made.end(), bytes, bytes + size);
        return size;
    } catch (const std::bad_alloc&) {
        return AVERROR(ENOMEM);
    }
}

std::optional<SessionEnd> HlsSink::muxed(int result) {
    if (result >= 0) return hand_on();
    const std::string said = transcript_.detail();
    return SessionEnd{EndCode::failed, said.empty() ? av_error_text(result) : said};
}

std::optional<SessionEnd> HlsSink::hand_on() {
    if (made_.empty()) return std::nullopt;
    auto end = store_->append(made_);
    made_.clear();
    return end;
}

std::optional<SessionEnd> HlsSink::begin() {
    const AvTranscript::Listening listening(transcript_);
    if (auto end = begin_segment()) return end;
    return muxed(muxer_.begin());
}

std::optional<SessionEnd> HlsSink::begin_segment() {
    reach_ = {};
    return store_->begin_segment(hls_segment_name(playlist_.stem(), stamp_, number_));
}

/// How long the segment is in front of this tag, by the tag's own track.
std::int32_t HlsSink::age_ms(const Tag& tag) {
    const auto& reach = reach_of(tag.type);
    return reach ? tag.time.since(reach->first) : 0;
}

/// So far. By picture or sound, whichever is longer: the other may have stopped.
Milliseconds HlsSink::length() const {
    std::int32_t longest = 1;
    for (const auto& each : reach_) {
        if (each) longest = std::max(longest, each->last.since(each->first));
    }
    return Milliseconds(longest);
}

/// Whether a segment ends in front of this tag.
bool HlsSink::is_cut(const Tag& tag, bool is_keyframe) {
    const std::int32_t age = age_ms(tag);
    const bool may_begin = has_video_ ? is_keyframe : true;
    return (may_begin && age >= segment_ms) || age >= longest_segment_ms;
}

std::optional<SessionEnd> HlsSink::write(const Tag& tag) {
    const AvTranscript::Listening listening(transcript_);
    transcript_.clear_lines();
    const auto video = tag.type == TagType::video ? video_facts(tag.bytes()) : std::nullopt;
    const auto audio = tag.type == TagType::audio ? audio_facts(tag.bytes()) : std::nullopt;
    const bool is_picture = video && !video->is_sequence_header && !video->is_command;
    const bool is_media = is_picture || (audio && !audio->is_sequence_header);
    std::optional<SessionEnd> end;
    if (is_media && is_cut(tag, is_picture && video->is_keyframe)) {
        end = end_segment(Milliseconds(age_ms(tag)));
        if (!end) end = begin_segment();
    }
    const int result = end ? 0 : muxer_.write(tag);
    if (result == AVERROR_INPUT_CHANGED) {
        // What there is belongs into the list; what comes now begins another session.
        if (has_begun()) end = end_segment(length());
        if (!end) end = SessionEnd{EndCode::tracks_changed};
    } else if (!end) {
        end = muxed(result);
    }
    is_broken_ = end.has_value();
    if (end || !is_media) return end;
    auto& reach = reach_of(tag.type);
    reach = Reach{reach ? reach->first : tag.time, tag.time};
    return std::nullopt;
}

/// Ends the open segment, and lists it.
std::optional<SessionEnd> HlsSink::end_segment(Milliseconds duration) {
    if (auto end = muxed(muxer_.cut())) return end;
    if (auto end = store_->end_segment()) return end;
    const std::string name = hls_segment_name(playlist_.stem(), stamp_, number_);
    ++number_;
    reach_ = {};
    return list({name, duration, std::exchange(is_discontinuous_, false)});
}

std::optional<SessionEnd> HlsSink::list(HlsSegment segment) {
    if (auto gone = playlist_.add(std::move(segment))) unlisted_.push_back(std::move(gone->name));
    if (auto end = store_->put_playlist(playlist_.text())) return end;
    // **Source**: RFC 8216, 6.2.2: a segment stays as long as a playlist that lists it may be used.
    while (unlisted_.size() > HlsPlaylist::window) {
        store_->remove_segment(unlisted_.front());
        unlisted_.pop_front();
    }
    return std::nullopt;
}

void HlsSink::finish(const Deadline& deadline) {
    if (is_broken_) return;
    const AvTranscript::Listening listening(transcript_);
    store_->begin_goodbye(deadline);
    playlist_.end();
    is_broken_ = true;
    if (!has_begun()) {
        if (!playlist_.segments().empty()) (void)store_->put_playlist(playlist_.text());
        return;
    }
    if (muxed(muxer_.end()) || store_->end_segment()) return;
    (void)playlist_.add(
        {hls_segment_name(playlist_.stem(), stamp_, number_), length(), is_discontinuous_});
    playlist_.end();
    (void)store_->put_playlist(playlist_.text());
}

}  // namespace

OpenedSink open_hls_sink(const SinkRequest& request,
                         const std::function<std::variant<HlsPlace, SessionEnd>()>& find_place) {
    capture_av_log();
    auto learned = learn_tracks(request, Container::mpegts_segments);
    if (auto* end = std::get_if<SessionEnd>(&learned)) return std::move(*end);
    auto found = find_place();
    if (auto* end = std::get_if<SessionEnd>(&found)) return std::move(*end);
    auto sink = std::make_unique<HlsSink>(std::move(std::get<HlsPlace>(found)),
                                          std::move(std::get<Tracks>(learned)));
    if (auto end = sink->begin()) return std::move(*end);
    return sink;
}

OpenedSink open_hls_folder_sink(const SinkRequest& request, const Cancel&) {
    const auto pattern = path_of_file_url(request.url);
    if (!pattern) return SessionEnd{EndCode::config_invalid, "its URL is not file:PATH"};
    const WallTime now = std::chrono::system_clock::now();
    return open_hls_sink(request, [&]() -> std::variant<HlsPlace, SessionEnd> {
        auto opened = HlsFolder::open(expand_time(*pattern, now),
                                      NewMode::chosen(request.file_mode, web_mode), now);
        if (auto* end = std::get_if<SessionEnd>(&opened)) return std::move(*end);
        auto& found = std::get<HlsFolder::Found>(opened);
        return HlsPlace{std::move(found.folder), std::move(found.playlist),
                        std::move(found.unlisted)};
    });
}

}  // namespace restream
