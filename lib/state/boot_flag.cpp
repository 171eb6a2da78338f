#include "state/boot_flag.hpp"

#include "system/atomic_file.hpp"
#include "system/paths.hpp"
#include "system/process.hpp"

namespace restream {

bool is_set_in_this_boot(const std::filesystem::path& flag) {
    const auto boot = try_read_file(flag, 64);
    return boot && *boot == this_process().boot_id;
}

std::error_code set_in_this_boot(const std::filesystem::path& flag) {
    return publish_file(flag, this_process().boot_id, Durability::survives_crash);
}

}  // namespace restream
