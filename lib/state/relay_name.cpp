#include "state/relay_name.hpp"

namespace restream {

namespace {

constexpr std::string_view backup_ending = "+backup";

}  // namespace

std::string backup_relay(std::string_view destination) {
    return std::string(destination).append(backup_ending);
}

bool is_backup_relay(std::string_view relay) { return relay.ends_with(backup_ending); }

std::string_view destination_of(std::string_view relay) {
    if (is_backup_relay(relay)) relay.remove_suffix(backup_ending.size());
    return relay;
}

std::string relay_words(std::string_view relay) {
    std::string words(destination_of(relay));
    return is_backup_relay(relay) ? words + " (backup)" : words;
}

}  // namespace restream
