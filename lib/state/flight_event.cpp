#include "state/flight_event.hpp"

#include <array>
#include <limits>
#include <nlohmann/json.hpp>

namespace restream {

using nlohmann::ordered_json;

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
    ordered_json& line;

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

/// Reads members of a line; one that is missing leaves what is there.
class Members {
  public:
    explicit Members(const ordered_json& object) : object_(object) {}

    void read(const char* name, std::uint32_t& into) {
        const auto found = object_.find(name);
        if (found == object_.end()) return;
        is_good_ = is_good_ && found->is_number_unsigned() &&
                   found->get<std::uint64_t>() <= std::numeric_limits<std::uint32_t>::max();
        if (is_good_) into = found->get<std::uint32_t>();
    }
    void read(const char* name, std::string& into) {
        const auto found = object_.find(name);
        if (found == object_.end()) return;
        is_good_ = is_good_ && found->is_string();
        if (is_good_) into = found->get<std::string>();
    }
    void fail() { is_good_ = false; }
    bool is_good() const { return is_good_; }

  private:
    const ordered_json& object_;
    bool is_good_ = true;
};

std::optional<decltype(FlightEvent::what)> read_kind(const std::string& kind, Members& members) {
    if (kind == "began") {
        Began event;
        members.read("restarts", event.restarts);
        members.read("boot", event.boot_id);
        return event;
    }
    if (kind == "state") {
        Entered event;
        std::string name;
        members.read("state", name);
        if (const auto state = parse_state(name)) {
            event.state = *state;
        } else {
            members.fail();
        }
        members.read("code", event.code);
        members.read("message", event.message);
        return event;
    }
    if (kind == "ended") {
        SessionEnded event;
        members.read("code", event.code);
        members.read("message", event.message);
        return event;
    }
    if (kind == "unwritten") {
        Unwritten event;
        members.read("events", event.events);
        members.read("message", event.message);
        return event;
    }
    if (kind == "flow") {
        Flow event;
        for (const Field& each : fields) members.read(each.name, event.*each.member);
        return event;
    }
    return std::nullopt;
}

}  // namespace

std::string to_json_line(const FlightEvent& event) {
    ordered_json line = {{"t", to_iso8601(event.at)}};
    std::visit(Writer{line}, event.what);
    // What is not UTF-8 (a server's own words may be anything) becomes U+FFFD.
    return line.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::optional<FlightEvent> flight_event_from_json(std::string_view line) {
    const auto object = ordered_json::parse(line, nullptr, false);
    if (!object.is_object()) return std::nullopt;
    Members members(object);
    std::string time;
    std::string kind;
    members.read("t", time);
    members.read("e", kind);
    // Of another century is no time of ours.
    const auto at = time.starts_with("20") ? from_iso8601(time) : std::nullopt;
    if (!at) return std::nullopt;
    auto what = read_kind(kind, members);
    if (!what || !members.is_good()) return std::nullopt;
    return FlightEvent{*at, std::move(*what)};
}

}  // namespace restream
