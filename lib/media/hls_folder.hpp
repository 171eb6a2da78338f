// A live playlist in a folder of this machine.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "media/hls_playlist.hpp"
#include "media/hls_store.hpp"
#include "system/new_file.hpp"

namespace restream {

/// Every file is written under a name that begins with a dot and ends in .tmp, and then renamed: a
/// web server that serves the folder never has a part of one. A crash leaves at most such a file,
/// which the next session deletes.
class HlsFolder final : public HlsStore {
  public:
    /// What is there already.
    struct Found {
        std::unique_ptr<HlsFolder> folder;
        HlsPlaylist playlist;  ///< to go on with
        /// Segments by our names that are not listed, the oldest first: a player may still want the
        /// last of them.
        std::vector<std::string> unlisted;
    };
    /// Makes the folder where it is missing. `file_failed` also where a playlist is there that is
    /// not ours: nothing of others is overwritten.
    static std::variant<Found, SessionEnd> open(const std::filesystem::path& playlist,
                                                const NewMode& mode, WallTime now);

    HlsFolder(std::filesystem::path playlist, const NewMode& mode);
    ~HlsFolder() override;

    std::optional<SessionEnd> begin_segment(const std::string& name) override;
    std::optional<SessionEnd> append(std::span<const std::uint8_t> bytes) override;
    std::optional<SessionEnd> end_segment() override;
    std::optional<SessionEnd> put_playlist(const std::string& text) override;
    void remove_segment(const std::string& name) override;
    /// A local disk does not block for long: there is nothing to bound.
    void begin_goodbye(const Deadline&) override {}
    std::string place() const override { return playlist_.string(); }

  private:
    std::filesystem::path temporary(const std::string& name) const;
    std::optional<SessionEnd> publish(const std::string& name, NewFile& file);

    std::filesystem::path playlist_;
    NewMode mode_;
    std::string segment_name_;  ///< empty: none is open
    NewFile segment_;
};

}  // namespace restream
