// What the steps of the self-test have in common.
#pragma once

#include <string>

#include "selftest/report.hpp"
#include "system/process.hpp"

namespace restream::selftest {

/// The destination that has to stay well throughout.
inline const std::string good = "good";

Outcome failed(std::string words, std::string remedy = "");
/// "restream enable good ended with 5: …": its own words.
Outcome command_failed(const std::string& command, const Captured& captured);

}  // namespace restream::selftest
