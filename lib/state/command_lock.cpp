#include "state/command_lock.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "system/paths.hpp"

namespace restream {

namespace {

std::string holder(const Layout& layout) {
    std::string text = try_read_file(layout.command_lock(), 200).value_or("");
    while (!text.empty() && text.back() == '\n') text.pop_back();
    const auto blank = text.find(' ');
    if (blank != std::string::npos) {
        return fmt::format("'restream {}' with PID {}", text.substr(blank + 1),
                           text.substr(0, blank));
    }
    const auto found = FileLock::holders(layout.command_lock());
    if (!found.empty()) return fmt::format("the process with PID {}", found.front().pid);
    return "another process";
}

FileLock take(const Layout& layout, std::string_view verb, Milliseconds longest) {
    make_private_directory(layout.run_directory());
    auto lock = FileLock::acquire(layout.command_lock(), Deadline::after(longest));
    if (!lock) {
        throw Error(ErrorKind::busy, fmt::format("{} holds the lock {}; try again when it is done",
                                                 holder(layout), layout.command_lock().string()));
    }
    lock->note(fmt::format("{} {}\n", this_process().pid, verb));
    return std::move(*lock);
}

}  // namespace

CommandLock::CommandLock(const Layout& layout, std::string_view verb, Milliseconds longest)
    : lock_(take(layout, verb, longest)) {}

}  // namespace restream
