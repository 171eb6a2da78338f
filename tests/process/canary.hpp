// Secrets that are known words, and a search for them everywhere they must not be.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "process/descendants.hpp"

namespace restream::test {

/// Every key of such a test has this in it, so that one search finds them all. Another word in each
/// run: what is searched are all processes of the machine, those of a test beside this one, too.
extern const std::string canary;

bool has_canary(std::string_view text);

/// Files below a folder whose name or content has it, one a line.
std::string files_with_canary(const std::filesystem::path& folder);

using MayHaveIt = std::function<bool(const Descendant&)>;

/// Guardian and worker of that destination, which gets its key in a variable.
MayHaveIt is_relay_of(const std::string& name);

/// Looks at argv and environment of every process on this machine that this user may look at; the
/// test fails where one has it, but for descendants that may have it in their environment.
void check_processes(const MayHaveIt& may_have_it = [](const Descendant&) { return false; });

}  // namespace restream::test
