#include "media/hls_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "media/file_end.hpp"

namespace restream {

namespace fs = std::filesystem;

namespace {

/// One of ours has less than 1 kB.
constexpr std::size_t longest_playlist_bytes = 64 * 1024;
constexpr std::string_view temporary_extension = ".tmp";

std::string temporary_name(std::string_view name) {
    return fmt::format(".{}{}", name, temporary_extension);
}

/// The start of a file; nothing where it cannot be read.
std::optional<std::string> read_start(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text(longest_playlist_bytes + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (file.bad() || !file.is_open()) return std::nullopt;
    text.resize(static_cast<std::size_t>(file.gcount()));
    return text;
}

/// The playlist that is there, or a new one.
std::variant<HlsPlaylist, SessionEnd> find_playlist(const fs::path& path, WallTime now) {
    const std::string stem = path.stem().string();
    std::error_code error;
    const auto status = fs::symlink_status(path, error);
    if (status.type() == fs::file_type::not_found) return HlsPlaylist(stem, now);
    if (error) return file_end(path, error);
    const auto text = fs::is_regular_file(status) ? read_start(path) : std::nullopt;
    // A power cut leaves an empty file, in which there is nothing to lose.
    if (text && text->empty()) return HlsPlaylist(stem, now);
    auto read = text ? HlsPlaylist::parse(stem, *text) : std::nullopt;
    if (read) return std::move(*read);
    return SessionEnd{EndCode::file_failed,
                      fmt::format("{} is there already, and no playlist of restream's: move it "
                                  "away, or give the destination another name",
                                  path.string())};
}

/// Without the segments whose files are gone.
HlsPlaylist with_what_is_there(const HlsPlaylist& read, const fs::path& folder, WallTime now) {
    std::error_code error;
    const bool is_whole = std::ranges::all_of(read.segments(), [&](const HlsSegment& each) {
        return fs::is_regular_file(folder / each.name, error);
    });
    // Numbers and segments belong together: one that is missing would move all behind it.
    return is_whole ? read : read.emptied(now);
}

}  // namespace

HlsFolder::HlsFolder(fs::path playlist, const NewMode& mode)
    : playlist_(std::move(playlist)), mode_(mode) {}

HlsFolder::~HlsFolder() {
    if (segment_name_.empty()) return;
    std::error_code ignored;
    (void)segment_.close();
    fs::remove(temporary(segment_name_), ignored);
}

std::variant<HlsFolder::Found, SessionEnd> HlsFolder::open(const fs::path& playlist,
                                                           const NewMode& mode, WallTime now) {
    const fs::path place = playlist.parent_path();
    std::error_code error = make_folders(place, mode);
    if (error) return file_end(place, error);
    auto read = find_playlist(playlist, now);
    if (auto* end = std::get_if<SessionEnd>(&read)) return std::move(*end);
    Found found{std::make_unique<HlsFolder>(playlist, mode),
                with_what_is_there(std::get<HlsPlaylist>(read), place, now),
                {}};
    const std::string stem = found.playlist.stem();
    for (fs::directory_iterator entry(place, error); !error && entry != fs::directory_iterator();
         entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        const bool is_listed = std::ranges::any_of(
            found.playlist.segments(), [&](const HlsSegment& each) { return each.name == name; });
        if (hls_segment_suffix(stem, name)) {
            if (!is_listed) found.unlisted.push_back(name);
        } else if (name.starts_with('.') && name.ends_with(temporary_extension)) {
            const auto inside =
                std::string_view(name).substr(1, name.size() - 1 - temporary_extension.size());
            std::error_code ignored;
            if (hls_segment_suffix(stem, inside)) fs::remove(entry->path(), ignored);
        }
    }
    if (error) return file_end(place, error);
    std::ranges::sort(found.unlisted, is_hls_name_before);
    return found;
}

fs::path HlsFolder::temporary(const std::string& name) const {
    return playlist_.parent_path() / temporary_name(name);
}

std::optional<SessionEnd> HlsFolder::begin_segment(const std::string& name) {
    std::error_code error;
    segment_ = NewFile::create(temporary(name), mode_, error);
    if (error) return file_end(temporary(name), error);
    segment_name_ = name;
    return std::nullopt;
}

std::optional<SessionEnd> HlsFolder::append(std::span<const std::uint8_t> bytes) {
    const auto error = segment_.write(bytes);
    if (error) return file_end(playlist_.parent_path() / segment_name_, error);
    return std::nullopt;
}

std::optional<SessionEnd> HlsFolder::end_segment() {
    auto end = publish(segment_name_, segment_);
    if (!end) segment_name_.clear();
    return end;
}

std::optional<SessionEnd> HlsFolder::put_playlist(const std::string& text) {
    const std::string name = playlist_.filename().string();
    std::error_code error;
    fs::remove(temporary(name), error);  // what a crash has left
    NewFile file = NewFile::create(temporary(name), mode_, error);
    if (!error) {
        error = file.write({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    }
    if (!error) return publish(name, file);
    std::error_code ignored;
    fs::remove(temporary(name), ignored);
    return file_end(playlist_, error);
}

std::optional<SessionEnd> HlsFolder::publish(const std::string& name, NewFile& file) {
    const fs::path place = playlist_.parent_path() / name;
    std::error_code error = file.close();
    if (!error) fs::rename(temporary(name), place, error);
    if (!error) return std::nullopt;
    std::error_code ignored;
    fs::remove(temporary(name), ignored);
    return file_end(place, error);
}

void HlsFolder::remove_segment(const std::string& name) {
    std::error_code ignored;
    fs::remove(playlist_.parent_path() / name, ignored);
}

}  // namespace restream
