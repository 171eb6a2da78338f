#include "process/canary.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "process/temporary_folder.hpp"
#include "system/random.hpp"

namespace restream::test {

namespace fs = std::filesystem;

namespace {

std::string random_word() {
    std::string word = "canary";
    for (const auto byte : random_bytes(4)) word += fmt::format("{:02x}", byte);
    return word;
}

}  // namespace

const std::string canary = random_word();

bool has_canary(std::string_view text) { return text.find(canary) != std::string_view::npos; }

std::string files_with_canary(const fs::path& folder) {
    std::string found;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        if (has_canary(entry.path().filename().string()))
            found += entry.path().string() + " (name)\n";
        if (entry.is_regular_file() && has_canary(content_of(entry.path()))) {
            found += entry.path().string() + "\n";
        }
    }
    return found;
}

MayHaveIt is_relay_of(const std::string& name) {
    return [name](const Descendant& process) {
        return process.command.starts_with("restream-relay") &&
               process.command.find(" " + name) != std::string::npos;
    };
}

void check_processes(const MayHaveIt& may_have_it) {
    const auto own = living_descendants();
    for (const auto& entry : fs::directory_iterator("/proc")) {
        const std::string name = entry.path().filename().string();
        int pid = 0;
        if (std::from_chars(name.data(), name.data() + name.size(), pid).ec != std::errc())
            continue;
        if (pid == ::getpid()) continue;
        CAPTURE(pid);
        CHECK_MESSAGE(!has_canary(content_of(entry.path() / "cmdline")),
                      content_of(entry.path() / "cmdline"));
        if (!has_canary(content_of(entry.path() / "environ"))) continue;
        const auto found = std::ranges::find(own, pid, &Descendant::pid);
        CHECK_MESSAGE((found != own.end() && may_have_it(*found)),
                      "has a key in its environment: " << content_of(entry.path() / "cmdline"));
    }
}

}  // namespace restream::test
