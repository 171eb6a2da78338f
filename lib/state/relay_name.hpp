// What the relays of a destination are called.
#pragma once

#include <string>
#include <string_view>

namespace restream {

/// A destination has one relay, of its own name, and where it has a backup server a second one,
/// NAME+backup: with a guardian, a worker, a lock, a record and logs of its own, so that neither
/// harms the other. No user can name a destination so. Whether it is wanted, and down, is the
/// destination's alone.

/// "youtube+backup"
std::string backup_relay(std::string_view destination);
bool is_backup_relay(std::string_view relay);
/// "youtube", of either.
std::string_view destination_of(std::string_view relay);
/// For people: "youtube", "youtube (backup)".
std::string relay_words(std::string_view relay);

}  // namespace restream
