// Has the slate made that fits what is live, and keeps it at hand.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "system/fd.hpp"
#include "worker/slate.hpp"

namespace restream {

/// Encoding is done by `restream-slate`, a process of its own, so that no FFmpeg is loaded into a
/// relay, and none can take it down. What it made is a file that all relays share; each is made
/// once. What cannot be made is told once, and not tried again for the same picture.
class SlateKeeper {
  public:
    struct Means {
        std::filesystem::path folder;  ///< where slates are kept
        std::function<void(const std::string&)> log;
        /// Has restream-slate started, which writes `file` and complains to `words`; this process
        /// may run no program. Throws Error where that cannot be. Empty: nobody can start it.
        std::function<void(const SlateShape& shape, const std::filesystem::path& picture,
                           const std::filesystem::path& file, Fd words)>
            start = {};
    };
    explicit SlateKeeper(Means means) : means_(std::move(means)) {}

    /// To be called about once a second while the ingest is live; `picture` is the user's, or
    /// empty. Never waits for the process. Never throws.
    void look(const MediaFacts& live, const std::filesystem::path& picture);
    /// The one that fits what was live last; nullptr where it is not there (yet).
    bool has_one() const { return slate_.has_value(); }
    Slate* current() { return slate_ ? &*slate_ : nullptr; }

  private:
    struct Wish {
        SlateShape shape;
        std::filesystem::path picture;
        bool operator==(const Wish&) const = default;
    };
    void fetch();
    bool load();
    void make();
    void hear();
    void reap();

    Means means_;
    std::optional<Wish> wish_;
    std::filesystem::path file_;
    bool is_settled_ = false;  ///< loaded, or given up
    std::optional<Slate> slate_;
    Fd words_;  ///< what the maker complains of; open until it has ended
    std::string heard_;
};

}  // namespace restream
