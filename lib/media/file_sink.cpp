#include "media/file_sink.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "flv/flv.hpp"
#include "flv/setup_tags.hpp"
#include "media/av_log.hpp"
#include "media/file_end.hpp"
#include "media/file_name.hpp"
#include "media/hls_sink.hpp"
#include "media/muxer.hpp"
#include "system/new_file.hpp"

namespace restream {

namespace fs = std::filesystem;

namespace {

constexpr int avio_buffer_bytes = 32768;
constexpr int most_numbers = 10'000;
/// What was on the air, and what was not meant to be.
constexpr unsigned recording_mode = 0600;

/// A file that does not exist yet, under the first free number.
std::variant<std::pair<NewFile, fs::path>, SessionEnd> create_file(const fs::path& wanted,
                                                                   const NewMode& mode) {
    std::error_code error = make_folders(wanted.parent_path(), mode);
    if (error) return file_end(wanted.parent_path(), error);
    for (int number = 0; number < most_numbers; ++number) {
        fs::path path = numbered(wanted, number);
        NewFile file = NewFile::create(path, mode, error);
        if (file.is_open()) return std::pair(std::move(file), std::move(path));
        if (error != std::errc::file_exists) return file_end(path, error);
    }
    return file_end(wanted, std::make_error_code(std::errc::file_exists));
}

/// A file that this session has made. Without a picture or sound in it, it goes with the session:
/// each try to write to a full disk would leave one.
class OwnFile {
  public:
    OwnFile(NewFile file, fs::path path) : file_(std::move(file)), path_(std::move(path)) {}
    OwnFile(const OwnFile&) = delete;
    OwnFile& operator=(const OwnFile&) = delete;
    ~OwnFile() { close(); }

    NewFile* operator->() { return &file_; }
    const fs::path& path() const { return path_; }
    /// There is something in it to be played.
    void keep() { is_kept_ = true; }
    void close() {
        if (is_kept_) {
            (void)file_.close();
        } else {
            file_.remove(path_);
        }
    }

  private:
    NewFile file_;
    fs::path path_;
    bool is_kept_ = false;
};

/// A picture or sound, of whatever codec: neither metadata nor what sets a decoder up.
bool is_media(const Tag& tag) {
    return tag.type != TagType::script && !tag.bytes().empty() && !SetupTags::is_one(tag);
}

/// FLV: the tags as they are, of any codec. A file that ends anywhere is playable up to its last
/// whole tag.
class FlvFileSink final : public BlockingSink {
  public:
    FlvFileSink(NewFile file, fs::path path) : file_(std::move(file), std::move(path)) {}

    std::optional<SessionEnd> begin(const SinkRequest& request) {
        bool has_audio = request.sound.has_value();
        bool has_video = false;
        for (const Tag& tag : request.prefix) {
            has_audio |= tag.type == TagType::audio;
            has_video |= tag.type == TagType::video;
        }
        return put(flv_file_header(has_audio, has_video));
    }

    std::optional<SessionEnd> write(const Tag& tag) override {
        bytes_.clear();
        append_flv_tag(without_set_data_frame(tag), bytes_);
        auto end = put(bytes_);
        if (!end && is_media(tag)) file_.keep();
        return end;
    }

    void finish(const Deadline&) override { file_.close(); }
    std::string file_name() const override { return file_.path().string(); }

  private:
    /// `@setDataFrame` is for servers; in a file the metadata begins with its own name.
    static Tag without_set_data_frame(const Tag& tag) {
        constexpr std::string_view command("\x02\x00\x0d@setDataFrame", 16);
        const auto bytes = tag.bytes();
        const bool has_command =
            tag.type == TagType::script && bytes.size() > command.size() &&
            std::equal(command.begin(), command.end(), bytes.begin(),
                       [](char one, std::uint8_t other) { return std::uint8_t(one) == other; });
        return has_command ? make_tag(tag.type, tag.time, bytes.subspan(command.size())) : tag;
    }

    std::optional<SessionEnd> put(std::span<const std::uint8_t> bytes) {
        if (const auto error = file_->write(bytes)) return file_end(file_.path(), error);
        return std::nullopt;
    }

    OwnFile file_;
    std::vector<std::uint8_t> bytes_;
};

/// Everything else: a container of FFmpeg's, into a file of ours.
class MuxedFileSink final : public BlockingSink {
  public:
    MuxedFileSink(NewFile file, fs::path path, Container container, Tracks tracks)
        : file_(std::move(file), std::move(path)),
          container_(container),
          avio_(make_avio()),
          muxer_(container, *avio_, std::move(tracks)) {}

    std::optional<SessionEnd> begin() {
        const AvTranscript::Listening listening(transcript_);
        auto end = ended(muxer_.begin());
        header_bytes_ = file_->size_bytes();
        return end;
    }

    std::optional<SessionEnd> write(const Tag& tag) override {
        const AvTranscript::Listening listening(transcript_);
        transcript_.clear_lines();
        const int result = muxer_.write(tag);
        if (result == AVERROR_INPUT_CHANGED) {
            // The file is whole as it is; what comes now belongs into another one.
            finish(Deadline::never());
            return SessionEnd{EndCode::tracks_changed, file_.path().string()};
        }
        return ended(result);
    }

    /// A file on a local disk does not block for long: there is nothing to bound.
    void finish(const Deadline&) override {
        const AvTranscript::Listening listening(transcript_);
        (void)muxer_.end();
        file_.close();
    }
    std::string file_name() const override { return file_.path().string(); }

  private:
    CustomAvioHandle make_avio();
    bool has_part();
    static int put(void* self, std::uint8_t* bytes, int size) noexcept;
    static std::int64_t seek(void* self, std::int64_t offset, int whence) noexcept;

    std::optional<SessionEnd> ended(int result) const {
        if (result >= 0) return std::nullopt;
        if (error_) return file_end(file_.path(), error_);
        const std::string said = transcript_.detail();
        return SessionEnd{EndCode::file_failed,
                          fmt::format("{}: {}", file_.path().string(),
                                      said.empty() ? av_error_text(result) : said)};
    }

    OwnFile file_;
    Container container_;
    std::uint64_t header_bytes_ = 0;
    std::error_code error_;
    AvTranscript transcript_;
    CustomAvioHandle avio_;
    Muxer muxer_;
};

CustomAvioHandle MuxedFileSink::make_avio() {
    auto* const buffer = static_cast<unsigned char*>(av_malloc(avio_buffer_bytes));
    CustomAvioHandle made(
        buffer ? avio_alloc_context(buffer, avio_buffer_bytes, 1, this, nullptr, put, seek)
               : nullptr);
    if (!made) {
        av_free(buffer);
        throw std::bad_alloc();
    }
    return made;
}

/// Whether a write that failed has left something to be played: what these two hold can be cut
/// anywhere.
bool MuxedFileSink::has_part() {
    constexpr std::uint64_t least_bytes = 4096;
    const bool can_be_cut = container_ == Container::matroska || container_ == Container::mpegts;
    return can_be_cut && file_->size_bytes() >= header_bytes_ + least_bytes;
}

int MuxedFileSink::put(void* self, std::uint8_t* bytes, int size) noexcept {
    auto& sink = *static_cast<MuxedFileSink*>(self);
    const auto error = sink.file_->write({bytes, static_cast<std::size_t>(size)});
    if (sink.muxer_.has_media() && (!error || sink.has_part())) sink.file_.keep();
    if (!error) return size;
    sink.error_ = error;
    return AVERROR(error.value());
}

std::int64_t MuxedFileSink::seek(void* self, std::int64_t offset, int whence) noexcept {
    OwnFile& file = static_cast<MuxedFileSink*>(self)->file_;
    std::int64_t base = 0;
    switch (whence & ~AVSEEK_FORCE) {
        case AVSEEK_SIZE:
            return static_cast<std::int64_t>(file->size_bytes());
        case SEEK_SET:
            break;
        case SEEK_CUR:
            base = static_cast<std::int64_t>(file->position());
            break;
        case SEEK_END:
            base = static_cast<std::int64_t>(file->size_bytes());
            break;
        default:
            return AVERROR(EINVAL);
    }
    if (base + offset < 0) return AVERROR(EINVAL);
    file->seek(static_cast<std::uint64_t>(base + offset));
    return base + offset;
}

std::optional<Container> container_of(const fs::path& path) {
    const std::string extension = path.extension().string();
    if (extension == ".mkv") return Container::matroska;
    if (extension == ".mp4") return Container::mp4;
    if (extension == ".ts") return Container::mpegts;
    return std::nullopt;
}

template <typename Made>
OpenedSink begun(std::unique_ptr<Made> sink, std::optional<SessionEnd> end) {
    if (end) return std::move(*end);
    return sink;
}

}  // namespace

OpenedSink open_file_sink(const SinkRequest& request, const Cancel& cancel) {
    const auto pattern = path_of_file_url(request.url);
    if (!pattern) return SessionEnd{EndCode::config_invalid, "its URL is not file:PATH"};
    const fs::path wanted = expand_time(*pattern, std::chrono::system_clock::now());
    if (wanted.extension() == ".m3u8") return open_hls_folder_sink(request, cancel);
    const auto container = container_of(wanted);
    const bool is_flv = wanted.extension() == ".flv";
    if (!container && !is_flv) {
        return SessionEnd{EndCode::config_invalid,
                          fmt::format("{}: the name must end in .flv, .m3u8, .mkv, .mp4 or .ts",
                                      wanted.string())};
    }
    // The tracks first: what cannot be written leaves no empty file behind.
    std::variant<Tracks, SessionEnd> learned;
    if (container) learned = learn_tracks(request, *container);
    if (auto* end = std::get_if<SessionEnd>(&learned)) return std::move(*end);
    auto created = create_file(wanted, NewMode::chosen(request.file_mode, recording_mode));
    if (auto* end = std::get_if<SessionEnd>(&created)) return std::move(*end);
    auto& [file, path] = std::get<0>(created);
    if (is_flv) {
        auto sink = std::make_unique<FlvFileSink>(std::move(file), std::move(path));
        auto end = sink->begin(request);
        return begun(std::move(sink), std::move(end));
    }
    auto sink = std::make_unique<MuxedFileSink>(std::move(file), std::move(path), *container,
                                                std::move(std::get<Tracks>(learned)));
    auto end = sink->begin();
    return begun(std::move(sink), std::move(end));
}

}  // namespace restream
