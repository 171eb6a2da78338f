// Doctor's look at what the other users of this machine may do at the ingest.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "doctor/finding.hpp"

namespace restream {

/// The names of the people who may log in here, but for `user`: user IDs from 1000 on, with a
/// shell. `passwd`: as /etc/passwd. **Source**: passwd(5); login.defs(5), UID_MIN.
std::vector<std::string> other_people(std::string_view passwd, std::uint32_t user);
/// The same, of this machine and of the user who runs this. Users whom only a network knows are not
/// among them.
std::vector<std::string> other_people();

/// Where other people are: whether they may publish and play. `knows_users`: as
/// knows_peer_users().
std::vector<Diagnosis> check_other_users(const IngestConfig& config,
                                         const std::vector<std::string>& people, bool knows_users);

}  // namespace restream
