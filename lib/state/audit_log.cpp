#include "state/audit_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/error.hpp"
#include "system/path_fault.hpp"
#include "system/paths.hpp"
#include "system/peer_user.hpp"
#include "system/user_name.hpp"

namespace restream {

namespace {

/// Lines that were written while a file was rotated make it a little longer.
constexpr std::uintmax_t longest_file_bytes = 2 * audit_bound.max_bytes;

/// Prepends the entries of one file, until there are `count`.
void take_last(const std::filesystem::path& file, std::size_t count,
               std::vector<AuditEntry>& newest_first) {
    const std::string text = try_read_file(file, longest_file_bytes).value_or("");
    std::string_view rest = text;
    while (!rest.empty() && newest_first.size() < count) {
        if (rest.back() == '\n') rest.remove_suffix(1);
        const auto end = rest.rfind('\n');
        const auto begin = end == std::string_view::npos ? 0 : end + 1;
        if (auto entry = audit_entry_from_json(rest.substr(begin))) {
            newest_first.push_back(std::move(*entry));
        }
        rest = rest.substr(0, begin);
    }
}

}  // namespace

Actor this_actor() {
    const std::uint32_t user = this_user();
    return {WayIn::command_line, user, login_name(user), ""};
}

std::optional<std::string> append_audit(const Layout& layout, const AuditEntry& entry) {
    try {
        make_private_directory(layout.log_directory());
    } catch (const Error& error) {
        return error.what();
    }
    const auto file = layout.audit_log();
    const auto error = append_line(file, to_json_line(entry) + "\n", audit_bound);
    if (!error) return std::nullopt;
    return file_fault(file, error).describe();
}

std::vector<AuditEntry> last_changes(const Layout& layout, std::size_t count) {
    std::vector<AuditEntry> found;
    for (int n = 0; n <= audit_bound.keep && found.size() < count; ++n) {
        take_last(rotated_path(layout.audit_log(), n), count, found);
    }
    std::ranges::reverse(found);
    return found;
}

}  // namespace restream
