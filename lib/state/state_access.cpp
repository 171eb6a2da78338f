#include "state/state_access.hpp"

#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

namespace restream {

namespace fs = std::filesystem;

std::optional<PathFault> read_fault(const Layout& layout) {
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
