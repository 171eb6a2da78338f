// What a relay's flight recorder keeps: an event is a line of JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.hpp"
#include "state/record.hpp"

namespace restream {

/// How picture and sound flowed, and what this machine did meanwhile, over a span of time while the
/// relay was connected. What is not known is 0.
struct Flow {
    std::uint32_t span_ms = 0;  ///< up to the event's time
    // the ingest
    std::uint32_t in_kbps = 0;
    std::uint32_t in_messages = 0;
    std::uint32_t gap_ms = 0;  ///< the longest time in which nothing arrived, also from before
    std::uint32_t fps = 0;     ///< of the picture, measured
    std::uint32_t in_rtt_ms = 0;
    std::uint32_t in_retransmits = 0;
    // the destination
    std::uint32_t out_kbps = 0;
    std::uint32_t queue_ms = 0;  ///< the longest that a message waited
    std::uint32_t drops = 0;
    std::uint32_t rtt_ms = 0;        ///< the longest
    std::uint32_t retransmits = 0;   ///< segments sent again
    std::uint32_t unsent_bytes = 0;  ///< given to the kernel and not sent, at most
    std::uint32_t delivery_kbps = 0;
    // this machine
    std::uint32_t late_ms = 0;  ///< how late the relay's turn of once a second came, at most
    std::uint32_t wait_ms = 0;  ///< the relay could run and had no processor, in all
    std::uint32_t busy_percent = 0;
    std::uint32_t stolen_percent = 0;  ///< by other virtual machines

    bool operator==(const Flow&) const = default;
};

/// A worker began. Where no "stopped" stands before it, the one before it did not end in order.
struct Began {
    std::uint32_t restarts = 0;  ///< after crashes, by the guardian that it has
    std::string boot_id;
    bool operator==(const Began&) const = default;
};

/// The relay entered a state.
struct Entered {
    State state = State::waiting;
    std::string code;  ///< of the reason (end_code_name), or empty
    std::string message;
    bool operator==(const Entered&) const = default;
};

/// A session ended.
struct SessionEnded {
    std::string code;
    std::string message;
    bool operator==(const SessionEnded&) const = default;
};

/// Events before this one could not be written.
struct Unwritten {
    std::uint32_t events = 0;
    std::string message;  ///< why
    bool operator==(const Unwritten&) const = default;
};

struct FlightEvent {
    WallTime at{};
    std::variant<Began, Entered, SessionEnded, Unwritten, Flow> what;
    bool operator==(const FlightEvent&) const = default;
};

/// One line with its end. Members that are 0 or empty are left out.
std::string to_json_line(const FlightEvent& event);
/// Nothing for what is torn, foreign, of an unknown kind, or has a member of another type or out
/// of range.
std::optional<FlightEvent> flight_event_from_json(std::string_view line);

}  // namespace restream
