// Why a folder or a file cannot be used: which path is at fault, and what the user can do about it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "base/error.hpp"

namespace restream {

/// What a command does with a folder. Each includes the one before it.
enum class FolderUse {
    enter,  ///< open files in it by name
    list,   ///< see which files it has
    write,  ///< make, replace and delete files in it
};

/// A value: what is wrong with one path.
struct PathFault {
    enum class Kind {
        not_enterable,
        unreadable,
        unwritable,
        not_a_folder,
        not_a_file,
        broken_link,  ///< a link to something that is missing
        link_loop,
        read_only,       ///< the whole file system
        full,            ///< the disk, or the user's share of it
        foreign,         ///< another user's, where it must be this one's or root's
        open_to_others,  ///< others can write to it, where they must not
        other,
    };
    Kind kind = Kind::other;
    std::filesystem::path path;      ///< at fault: a parent of the path that was asked about, say
    std::string message;             ///< with the path: "/x/y cannot be entered: Permission denied"
    std::string remedy;              ///< may be empty
    std::string owner{};             ///< who, if it is another user's: also where access is denied
    std::filesystem::path target{};  ///< of a broken link

    /// "MESSAGE; REMEDY".
    std::string describe() const;
};

/// Why this process cannot use the folder so. No value if it can. A missing folder is no fault,
/// except for FolderUse::write in a parent that cannot be written.
std::optional<PathFault> folder_fault(const std::filesystem::path& folder, FolderUse use);

/// What a failed operation on that file means: `error` is how it failed.
PathFault file_fault(const std::filesystem::path& file, const std::error_code& error);

/// Throws Error{kind}: "`attempted`: MESSAGE; REMEDY".
[[noreturn]] void throw_path_fault(const std::string& attempted, const PathFault& fault,
                                   ErrorKind kind = ErrorKind::refused);

/// The absolute path in an environment variable that names a folder; no value if it is unset.
/// **Throws**: Error{refused} for a relative path if the current folder was deleted.
std::optional<std::filesystem::path> chosen_folder(const char* variable);

/// Whether this process may make files in that folder. False if it is missing.
bool is_writable(const std::filesystem::path& folder);
/// Whether this process may read that file or list that folder.
bool is_readable(const std::filesystem::path& path);

/// The paths in a folder, in no order: what can be read of it. Never throws for what the system
/// says.
std::vector<std::filesystem::path> paths_in(const std::filesystem::path& folder);

}  // namespace restream
