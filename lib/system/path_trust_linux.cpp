#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>

#include "system/fd_linux.hpp"
#include "system/path_trust.hpp"
#include "system/user_name.hpp"

namespace restream {

namespace fs = std::filesystem;

namespace {

/// Nobody can write to it, whoever owns it.
bool is_read_only(const Fd& file) {
    struct statvfs facts {};
    return ::fstatvfs(number(file), &facts) == 0 && (facts.f_flag & ST_RDONLY) != 0;
}

/// The name of a group that others are in; empty where none is known. By its name, as systems make
/// a private group for each user; a group without a name has no members that are known here.
/// **Source**: Debian's OpenSSH, user-group-modes.patch, looks at the members in the same way.
std::string shared_group(gid_t group, uid_t owner) {
    struct group facts {};
    struct group* found = nullptr;
    std::array<char, 16384> texts{};
    const int error = ::getgrgid_r(group, &facts, texts.data(), texts.size(), &found);
    // ERANGE: of more members than one. Where a server of groups does not answer, nothing is known.
    const bool is_nobodys = error == 0 || error == ENOENT || error == ESRCH || error == EBADF ||
                            error == EPERM;  // getgrgid_r(3)'s words for "no such group"
    if (found == nullptr) return is_nobodys ? std::string() : fmt::format("{}", group);
    const std::string names[] = {account_name(owner), account_name(::geteuid()), account_name(0)};
    const auto is_own = [&](std::string_view name) {
        return name == names[0] || name == names[1] || name == names[2];
    };
    // Of an account whose first group it is, nothing stands here: the name alone tells.
    bool is_private = group == 0 || is_own(found->gr_name);
    for (char** member = found->gr_mem; is_private && *member != nullptr; ++member) {
        is_private = is_own(*member);
    }
    return is_private ? std::string() : found->gr_name;
}

PathFault foreign(const fs::path& path, uid_t owner) {
    PathFault fault{PathFault::Kind::foreign, path, "", ""};
    fault.owner = account_name(owner);
    fault.message = fmt::format("{} belongs to {}, who could change what restream does as {}",
                                path.string(), fault.owner, account_name(::geteuid()));
    const std::string own =
        fmt::format("chown -R {} '{}'", account_name(::geteuid()), path.string());
    fault.remedy =
        ::geteuid() == 0
            ? fmt::format(
                  "run this as {}, without sudo; or, if nothing in it comes from others, "
                  "run: {}",
                  fault.owner, own)
            : fmt::format(
                  "if nothing in it comes from others, run: sudo {}; else choose other folders "
                  "with RESTREAM_CONFIG_DIR and RESTREAM_STATE_DIR",
                  own);
    return fault;
}

PathFault open_to_others(const fs::path& path, std::string_view who, uid_t owner) {
    return {PathFault::Kind::open_to_others, path,
            fmt::format("{} can be written by {}", path.string(), who),
            fmt::format("if nothing in it comes from others, run: {}chmod go-w '{}'",
                        owner == ::geteuid() ? "" : "sudo ", path.string())};
}

/// Whether an access control list names more users than the permissions do. The group's permissions
/// are the most of what any of them may do then.
bool has_access_list(const Fd& file) {
    // By the descriptor's link: a descriptor that is only a path has no attributes.
    const std::string path = fmt::format("/proc/self/fd/{}", number(file));
    return ::getxattr(path.c_str(), "system.posix_acl_access", nullptr, 0) > 0;
}

}  // namespace

std::optional<PathFault> trust_fault(const Fd& file, const fs::path& path) {
    struct stat facts {};
    if (::fstat(number(file), &facts) != 0) return std::nullopt;
    const bool is_ours = facts.st_uid == ::geteuid() || facts.st_uid == 0;
    if (is_ours && (facts.st_mode & (S_IWGRP | S_IWOTH)) == 0) return std::nullopt;
    if (is_read_only(file)) return std::nullopt;
    if (!is_ours) return foreign(path, facts.st_uid);
    if ((facts.st_mode & S_IWOTH) != 0) {
        return open_to_others(path, "every user of this machine", facts.st_uid);
    }
    if (has_access_list(file)) {
        return open_to_others(path, "users in its access control list", facts.st_uid);
    }
    const std::string group = shared_group(facts.st_gid, facts.st_uid);
    if (group.empty()) return std::nullopt;
    return open_to_others(path, fmt::format("the group {}, which may have other members", group),
                          facts.st_uid);
}

std::optional<PathFault> trust_fault(const fs::path& path) {
    const Fd found(::open(path.c_str(), O_PATH | O_CLOEXEC));
    if (!found.is_open()) return std::nullopt;
    return trust_fault(found, path);
}

}  // namespace restream
