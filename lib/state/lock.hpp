// A lock on a file: who holds it is alive.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "system/fd.hpp"
#include "system/process.hpp"

namespace restream {

/// An exclusive lock on a file, held until this object and every inherited copy of its descriptor
/// are gone: also when their processes were killed.
///
/// The protocol. The file is never unlinked by us. Who has locked it compares the file behind the
/// descriptor with the one at the path; where they differ (somebody deleted the folder), the lock
/// is worth nothing and is taken anew. Asking does not take: a reader never gets in a writer's way.
/// What the file says is for people; nothing is decided by it.
///
/// On Linux it is an open-file-description lock: it belongs to the open file, not to the process,
/// so a child that inherits the descriptor keeps it held, and no close() of another descriptor
/// loses it.
class FileLock {
  public:
    /// Takes it if it is free. Makes the file (0600) where it is missing; its folder must exist.
    /// **Throws**: Error{refused} where the file cannot be opened.
    static std::optional<FileLock> try_acquire(const std::filesystem::path& path);
    /// The same, waiting for it. **Blocks**: until the deadline.
    static std::optional<FileLock> acquire(const std::filesystem::path& path,
                                           const Deadline& deadline);
    /// Whether anybody holds it, without taking it. False where there is no such file.
    static bool is_held(const std::filesystem::path& path);
    /// The processes that have the locked file open, as far as this user may see: how a holder is
    /// found that left no record. Looks through all processes: for the rare case only.
    static std::vector<ProcessId> holders(const std::filesystem::path& path);

    /// Gives it up without letting go: held until this process has ended, its last destructor
    /// included.
    void keep_to_the_end() noexcept { file_.leave_open(); }
    /// Whether the path still names the file that is locked.
    bool is_in_place() const;
    /// Replaces the file's text. What cannot be written is left out.
    void note(std::string_view text) noexcept;
    /// For a child to inherit: the lock is then free when both are gone.
    const Fd& descriptor() const { return file_; }
    const std::filesystem::path& path() const { return path_; }

  private:
    FileLock(Fd file, std::filesystem::path path)
        : file_(std::move(file)), path_(std::move(path)) {}
    Fd file_;
    std::filesystem::path path_;
};

/// Within this a guardian whose lock file was deleted has made it again, and holds it.
constexpr Milliseconds lock_return = std::chrono::seconds(1);

}  // namespace restream
