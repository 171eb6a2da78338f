#include "state/flight_event.hpp"

#include <array>

#include "base/json_reader.hpp"

namespace restream {

namespace {

struct Field {
    const char* name;
    std::uint32_t Flow::*member;
};

constexpr std::array fields = {
    Field{"ms", &Flow::span_ms},
    Field{"in_kbps", &Flow::in_kbps},
    Field{"in_msgs", &Flow::in_messages},
    Field{"gap_ms", &Flow::gap_ms},
    Field{"fps", &Flow::fps},
    Field{"in_rtt_ms", &Flow::in_rtt_ms},
    Field{"in_resent", &Flow::in_retransmits},
    Field{"out_kbps", &Flow::out_kbps},
    Field{"queue_ms", &Flow::queue_ms},
    Field{"drops", &Flow::drops},
    Field{"rtt_ms", &Flow::rtt_ms},
    Field{"resent", &Flow::retransmits},
    Field{"unsent", &Flow::unsent_bytes},
    Field{"rate_kbps", &Flow::delivery_kbps},
    Field{"late_ms", &Flow::late_ms},
    Field{"wait_ms", &Flow::wait_ms},
    Field{"busy", &Flow::busy_percent},
    Field{"stolen", &Flow::stolen_percent},
};

/// Adds what an event has beyond its time.
struct Writer {
    Json& line;

    void operator()(const Began& event) {
        line["e"] = "began";
        add("restarts", event.restarts);
        add("boot", event.boot_id);
    }
    void operator()(const Entered& event) {
        line["e"] = "state";
        line["state"] = state_name(event.state);
        add("code", event.code);
        add("message", event.message);
    }
    void operator()(const SessionEnded& event) {
        line["e"] = "ended";
        add("code", event.code);
        add("message", event.message);
    }
    void operator()(const Unwritten& event) {
        line["e"] = "unwritten";
        add("events", event.events);
        add("message", event.message);
    }
    void operator()(const Flow& event) {
        line["e"] = "flow";
        for (const Field& each : fields) add(each.name, event.*each.member);
    }
    void add(const char* name, std::uint32_t value) {
        if (value != 0) line[name] = value;
    }
    void add(const char* name, const std::string& value) {
        if (!value.empty()) line[name] = value;
    }
};

/// A member that is missing leaves what is there.
std::optional<decltype(FlightEvent::what)> read_kind(const std::string& kind, JsonReader& reader) {
    if (kind == "began") {
        Began event;
        reader.read_if_there("restarts", event.restarts);
        reader.read_if_there("boot", event.boot_id);
        return event;
    }
    if (kind == "state") {
        Entered event;
        reader.read("state", event.state);
        reader.read_if_there("code", event.code);
        reader.read_if_there("message", event.message);
        return event;
    }
    if (kind == "ended") {
        SessionEnded event;
        reader.read_if_there("code", event.code);
        reader.read_if_there("message", event.message);
        return event;
    }
    if (kind == "unwritten") {
        Unwritten event;
        reader.read_if_there("events", event.events);
        reader.read_if_there("message", event.message);
        return event;
    }
    if (kind == "flow") {
        Flow event;
        for (const Field& each : fields) reader.read_if_there(each.name, event.*each.member);
        return event;
    }
    return std::nullopt;
}

}  // namespace

std::string to_json_line(const FlightEvent& event) {
    Json line = {{"t", to_iso8601(event.at)}};
    std::visit(Writer{line}, event.what);
    return line.dump() + "\n";
}

std::optional<FlightEvent> flight_event_from_json(std::string_view line) {
    const auto object = parse_json(line);
    if (!object) return std::nullopt;
    JsonReader reader(*object);
    std::string time;
    std::string kind;
    reader.read("t", time);
    reader.read("e", kind);
    // Of another century is no time of ours.
    const auto at = time.starts_with("20") ? from_iso8601(time) : std::nullopt;
    if (!at) return std::nullopt;
    auto what = read_kind(kind, reader);
    if (!what || !reader.is_good()) return std::nullopt;
    return FlightEvent{*at, std::move(*what)};
}

}  // namespace restream
