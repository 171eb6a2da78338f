#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "system/path_fault.hpp"
#include "system/user_name.hpp"

namespace restream {

namespace fs = std::filesystem;

namespace {

using Kind = PathFault::Kind;

constexpr std::string_view elsewhere =
    "choose other folders with RESTREAM_CONFIG_DIR and RESTREAM_STATE_DIR";

int access_error(const fs::path& path, int mode) {
    return ::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0 ? 0 : errno;
}

std::string words(int error_number) { return std::generic_category().message(error_number); }

/// What gives this user access: a chmod of what is theirs. A command that opens another user's
/// folder is not ours to advise.
PathFault denied(Kind kind, const fs::path& path, std::string_view what, int error,
                 std::string_view bits) {
    PathFault fault{kind, path,
                    fmt::format("{} cannot be {}: {}", path.string(), what, words(error)),
                    fmt::format("run: chmod u+{} '{}'", bits, path.string())};
    struct stat facts {};
    if (::stat(path.c_str(), &facts) == 0 && facts.st_uid != ::geteuid()) {
        fault.owner = account_name(facts.st_uid);
        fault.remedy = fmt::format(
            "it belongs to {}, and this command runs as {}: make it yours with chown, or {}",
            fault.owner, account_name(::geteuid()), elsewhere);
    }
    return fault;
}

bool is_denial(int error) { return error == EACCES || error == EPERM; }

PathFault other(const fs::path& path, std::string message) {
    return {Kind::other, path, std::move(message), ""};
}

PathFault not_enterable(const fs::path& path) {
    return denied(Kind::not_enterable, path, "entered", EACCES, "rwx");
}

PathFault link_loop(const fs::path& path) {
    return {Kind::link_loop, path,
            fmt::format("{} is a link that leads back to itself", path.string()),
            fmt::format("delete the link: rm '{}'", path.string())};
}

PathFault broken_link(const fs::path& path) {
    std::error_code ignored;
    const fs::path target = fs::read_symlink(path, ignored);
    return {Kind::broken_link,
            path,
            fmt::format("{} is a link to {}, which is missing", path.string(), target.string()),
            fmt::format("make what it leads to, or delete the link: rm '{}'", path.string()),
            {},
            target};
}

PathFault not_a_folder(const fs::path& path) {
    return {Kind::not_a_folder, path,
            fmt::format("{} must be a folder, and is a file", path.string()),
            fmt::format("move it away: mv '{0}' '{0}.old'", path.string())};
}

PathFault unreadable(const fs::path& path, int error, std::string_view bits) {
    if (is_denial(error)) return denied(Kind::unreadable, path, "read", error, bits);
    return other(path, fmt::format("{} cannot be read: {}", path.string(), words(error)));
}

PathFault unwritable(const fs::path& path, int error, std::string_view bits) {
    if (is_denial(error)) return denied(Kind::unwritable, path, "written", error, bits);
    std::string message = fmt::format("{} cannot be written: {}", path.string(), words(error));
    if (error == EROFS) {
        return {Kind::read_only, path, std::move(message),
                fmt::format("mount that file system writable, or {}", elsewhere)};
    }
    if (error == ENOSPC || error == EDQUOT) {
        return {Kind::full, path, std::move(message), "free space on that disk"};
    }
    return other(path, std::move(message));
}

/// What keeps this process from getting as far as that path: a fault of it or of a parent. No
/// value if it can be looked at or is missing.
struct Reached {
    std::optional<PathFault> fault;
    bool is_missing = false;
    bool is_folder = false;
    fs::path last_there;  ///< the path itself, or its nearest parent that exists
};

Reached reach(const fs::path& path) {
    Reached reached;
    fs::path at;
    for (const auto& part : path) {
        const fs::path parent = at;
        at /= part;
        if (part.empty()) continue;  // a slash at the end
        struct stat facts {};
        if (::stat(at.c_str(), &facts) == 0) {
            reached.last_there = at;
            reached.is_folder = S_ISDIR(facts.st_mode);
            if (at == path || reached.is_folder) continue;
            reached.fault = not_a_folder(at);
        } else if (errno == EACCES) {
            reached.fault = not_enterable(parent.empty() ? fs::path(".") : parent);
        } else if (errno == ELOOP) {
            reached.fault = link_loop(at);
        } else if (errno == ENOTDIR) {
            reached.fault = not_a_folder(parent);
        } else if (errno == ENOENT && ::lstat(at.c_str(), &facts) == 0) {
            reached.fault = broken_link(at);
        } else if (errno == ENOENT) {
            reached.is_missing = true;
        } else {
            reached.fault = other(at, fmt::format("{}: {}", at.string(), words(errno)));
        }
        break;
    }
    return reached;
}

}  // namespace

std::string PathFault::describe() const {
    return remedy.empty() ? message : message + "; " + remedy;
}

std::optional<PathFault> folder_fault(const fs::path& folder, FolderUse use) {
    Reached reached = reach(folder);
    if (reached.fault) return std::move(reached.fault);
    if (reached.is_missing && use != FolderUse::write) return std::nullopt;
    const fs::path& there = reached.last_there;
    if (there.empty()) return std::nullopt;
    if (!reached.is_folder) return not_a_folder(there);
    if (access_error(there, X_OK) != 0) return not_enterable(there);
    if (use == FolderUse::enter || reached.is_missing) {
        // Of a folder that is to be made, what counts is whether its parent takes it.
    } else if (const int error = access_error(there, R_OK)) {
        return unreadable(there, error, "rwx");
    }
    if (use != FolderUse::write) return std::nullopt;
    if (const int error = access_error(there, W_OK)) return unwritable(there, error, "rwx");
    return std::nullopt;
}

PathFault file_fault(const fs::path& file, const std::error_code& error) {
    const bool is_of_system =
        error.category() == std::generic_category() || error.category() == std::system_category();
    const int number = is_of_system ? error.value() : 0;
    Reached reached = reach(file);
    if (reached.fault) return std::move(*reached.fault);
    switch (number) {
        case ENOSPC:
        case EDQUOT:
        case EROFS:
            return unwritable(file, number, "rw");
        case EISDIR:
            return {Kind::not_a_file, file,
                    fmt::format("{} must be a file, and is a folder", file.string()),
                    fmt::format("move it away: mv '{0}' '{0}.old'", file.string())};
        case ELOOP:  // it can be reached, but was to be no link
            return {Kind::link_loop, file,
                    fmt::format("{} must be a file, and is a link", file.string()),
                    fmt::format("delete the link: rm '{}'", file.string())};
        case EACCES:
        case EPERM:
            break;
        default:
            return other(file, fmt::format("{}: {}", file.string(), error.message()));
    }
    // The file itself, or the folder that holds it.
    if (!reached.is_missing && access_error(file, R_OK) != 0) return unreadable(file, number, "rw");
    if (auto fault = folder_fault(file.parent_path(), FolderUse::write)) return std::move(*fault);
    return unwritable(file, number, "rw");
}

void throw_path_fault(const std::string& attempted, const PathFault& fault, ErrorKind kind) {
    throw Error(kind, attempted + ": " + fault.describe());
}

bool is_writable(const fs::path& folder) { return access_error(folder, W_OK | X_OK) == 0; }

bool is_readable(const fs::path& path) { return access_error(path, R_OK) == 0; }

std::vector<fs::path> paths_in(const fs::path& folder) {
    std::vector<fs::path> found;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
        found.push_back(entry->path());
    }
    return found;
}

}  // namespace restream
