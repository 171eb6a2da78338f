// What one relay's flight recorder kept, ready to be compared with others'.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "state/flight_event.hpp"
#include "state/registry.hpp"

namespace restream {

/// Where a destination is: what lies between it and its relay.
enum class Place {
    remote,        ///< the uplink
    this_machine,  ///< nothing but this machine
    file,          ///< a disk
};

/// By a destination's URL. What is no URL is remote.
Place place_of(std::string_view url);

struct RelayHistory {
    std::string name;
    Place place = Place::remote;
    bool is_alive = false;
    std::vector<FlightEvent> events;  ///< by time
};

/// Reads what there is, of a relay that lives or does not.
RelayHistory read_history(const Registry& registry, const std::string& name, std::string_view url);

/// The worst of a relay's flows whose spans touch this time: the largest gap, wait, round trip …,
/// the smallest bitrates and frame rate, and the sums of drops and of what was sent again. Rates,
/// and `span_ms`, are of spans of about a second and more: 0 where there are none.
Flow worst_between(const RelayHistory& history, WallTime begin, WallTime end);

/// The medians of a relay's flows, but for the first seconds of its sessions. Bitrates and messages
/// are those of a second; span_ms is the sum. As long as less than 10 s are known, messages and
/// frames are 0: nothing is less than usual yet.
Flow usual_of(const RelayHistory& history);

/// The relay was connected at that time, or within seconds of it.
bool was_connected(const RelayHistory& history, WallTime begin, WallTime end);

}  // namespace restream
