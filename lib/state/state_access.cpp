#include "state/state_access.hpp"

#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "system/path_trust.hpp"
#include "system/paths.hpp"

namespace restream {

namespace fs = std::filesystem;

Layout trusted_state() {
    Layout layout(state_directory());
    if (const auto fault = trust_fault(layout)) throw_path_fault("using the state folder", *fault);
    return layout;
}

std::optional<PathFault> trust_fault(const Layout& layout) {
    for (const auto& folder : {layout.root(), layout.run_directory(), layout.relay_directory(),
                               layout.wanted_directory(), layout.log_directory(),
                               layout.nginx_directory(), layout.slate_directory()}) {
        if (auto fault = trust_fault(folder)) return fault;
    }
    return std::nullopt;
}

std::optional<PathFault> read_fault(const Layout& layout) {
    if (auto fault = trust_fault(layout)) return fault;
    const std::pair<fs::path, FolderUse> folders[] = {
        {layout.run_directory(), FolderUse::enter},
        {layout.relay_directory(), FolderUse::list},
        {layout.wanted_directory(), FolderUse::list},
    };
    for (const auto& [folder, use] : folders) {
        if (auto fault = folder_fault(folder, use)) return fault;
    }
    std::vector<fs::path> locks = paths_in(layout.relay_directory());
    std::erase_if(locks, [](const fs::path& path) { return path.extension() != ".lock"; });
    locks.push_back(layout.ingest_lock());
    constexpr auto denied = std::errc::permission_denied;
    for (const auto& lock : locks) {
        std::error_code error;
        if (!is_readable(lock) && fs::exists(lock, error)) {
            return file_fault(lock, std::make_error_code(denied));
        }
    }
    return std::nullopt;
}

void require_readable(const Layout& layout) {
    if (const auto fault = read_fault(layout)) throw_path_fault("reading the state folder", *fault);
}

}  // namespace restream
