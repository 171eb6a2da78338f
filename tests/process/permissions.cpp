#include "process/permissions.hpp"

#include <unistd.h>

#include <filesystem>

#include "process/temporary_folder.hpp"

namespace restream::test {

namespace fs = std::filesystem;

CommandLine bound_by_permissions(CommandLine line) {
    if (::geteuid() != 0) return line;
    // util-linux; the two capabilities by which root reads and writes everything.
    const std::string power = "-dac_override,-dac_read_search";
    line.arguments.insert(line.arguments.begin(),
                          {"--bounding-set", power, "--inh-caps", power, line.program.string()});
    line.program = "/usr/bin/setpriv";
    return line;
}

bool can_be_bound_by_permissions() {
    const TemporaryFolder folder;
    const fs::path closed = folder.path() / "closed";
    fs::create_directory(closed);
    fs::permissions(closed, fs::perms::none);
    CommandLine list{"/bin/ls", {closed.string()}};
    const bool is_refused = run_command_line(bound_by_permissions(std::move(list))).status != 0;
    fs::permissions(closed, fs::perms::owner_all);
    return is_refused;
}

}  // namespace restream::test
