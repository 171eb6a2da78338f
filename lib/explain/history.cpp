#include "explain/history.hpp"

#include <algorithm>
#include <functional>
#include <limits>

#include "config/url.hpp"
#include "state/flight_file.hpp"

namespace restream {

namespace {

/// A relay that is connected tells its flow at least every 10 s.
constexpr auto between_flows = std::chrono::seconds(12);
/// What is left over of a session that ends is shorter, and has no rate.
constexpr std::uint32_t least_rated_ms = 900;

template <typename Do>
void for_each_flow(const RelayHistory& history, WallTime begin, WallTime end, Do act) {
    for (const auto& event : history.events) {
        const auto* flow = std::get_if<Flow>(&event.what);
        if (flow == nullptr) continue;
        if (event.at >= begin && event.at - Milliseconds(flow->span_ms) <= end) act(*flow);
    }
}

/// A session begins with what the ingest has stored, as fast as it comes: the flows of its first
/// seconds say nothing about what is usual.
constexpr auto longest_burst = std::chrono::seconds(3);
/// From less, nobody knows what is usual.
constexpr std::uint32_t least_settled_ms = 10'000;

/// The flows that began well after their session did.
std::vector<Flow> settled_flows(const RelayHistory& history) {
    std::vector<Flow> settled;
    WallTime changed = WallTime::min();
    for (const auto& event : history.events) {
        if (const auto* flow = std::get_if<Flow>(&event.what)) {
            const WallTime begin = event.at - Milliseconds(flow->span_ms);
            const bool has_settled = changed == WallTime::min() || begin >= changed + longest_burst;
            if (has_settled) settled.push_back(*flow);
        } else if (!std::holds_alternative<Unwritten>(event.what)) {
            changed = event.at;
        }
    }
    return settled;
}

std::uint32_t added(std::uint32_t a, std::uint32_t b) {
    const std::uint64_t sum = std::uint64_t(a) + b;
    return static_cast<std::uint32_t>(
        std::min<std::uint64_t>(sum, std::numeric_limits<std::uint32_t>::max()));
}

std::uint32_t median(std::vector<std::uint32_t> values) {
    if (values.empty()) return 0;
    const auto middle = values.begin() + std::ssize(values) / 2;
    std::ranges::nth_element(values, middle);
    return *middle;
}

/// Messages of one second.
std::uint32_t message_rate(const Flow& flow) {
    if (flow.span_ms == 0) return 0;
    return static_cast<std::uint32_t>(std::uint64_t(flow.in_messages) * 1000 / flow.span_ms);
}

template <typename Value>
std::vector<std::uint32_t> values_of(const std::vector<Flow>& flows, Value value) {
    std::vector<std::uint32_t> values;
    for (const auto& each : flows) values.push_back(value(each));
    return values;
}

}  // namespace

Place place_of(std::string_view url) {
    const auto split = split_url(url);
    const auto* parts = std::get_if<UrlParts>(&split);
    if (parts == nullptr) return Place::remote;
    if (parts->scheme == "file") return Place::file;
    return is_loopback(parts->host) ? Place::this_machine : Place::remote;
}

RelayHistory read_history(const Registry& registry, const std::string& name, std::string_view url) {
    return {name, place_of(url), registry.is_alive(name),
            read_flight(registry.layout().flight(name))};
}

Flow worst_between(const RelayHistory& history, WallTime begin, WallTime end) {
    Flow worst;
    bool is_first = true;
    for_each_flow(history, begin, end, [&](const Flow& flow) {
        for (const auto member :
             {&Flow::gap_ms, &Flow::in_rtt_ms, &Flow::queue_ms, &Flow::rtt_ms, &Flow::unsent_bytes,
              &Flow::late_ms, &Flow::wait_ms, &Flow::busy_percent, &Flow::stolen_percent}) {
            worst.*member = std::max(worst.*member, flow.*member);
        }
        for (const auto member : {&Flow::drops, &Flow::retransmits, &Flow::in_retransmits}) {
            worst.*member = added(worst.*member, flow.*member);
        }
        if (flow.span_ms < least_rated_ms) return;
        worst.span_ms = added(worst.span_ms, flow.span_ms);
        Flow rated = flow;
        rated.in_messages = message_rate(flow);
        for (const auto member : {&Flow::in_kbps, &Flow::in_messages, &Flow::fps, &Flow::out_kbps,
                                  &Flow::delivery_kbps}) {
            worst.*member = is_first ? rated.*member : std::min(worst.*member, rated.*member);
        }
        is_first = false;
    });
    return worst;
}

Flow usual_of(const RelayHistory& history) {
    std::vector<Flow> flows = settled_flows(history);
    std::uint32_t settled_ms = 0;
    for (const auto& each : flows) settled_ms = added(settled_ms, each.span_ms);
    const bool is_settled = settled_ms >= least_settled_ms;
    if (!is_settled) flows.clear();
    // Before that, figures to show are better than none.
    Flow usual;
    for_each_flow(history, WallTime::min(), WallTime::max(), [&](const Flow& flow) {
        if (!is_settled) flows.push_back(flow);
        usual.span_ms = added(usual.span_ms, flow.span_ms);
    });
    for (const auto member :
         {&Flow::in_kbps, &Flow::gap_ms, &Flow::fps, &Flow::in_rtt_ms, &Flow::out_kbps,
          &Flow::queue_ms, &Flow::rtt_ms, &Flow::delivery_kbps, &Flow::busy_percent}) {
        usual.*member = median(values_of(flows, [&](const Flow& flow) { return flow.*member; }));
    }
    usual.in_messages = is_settled ? median(values_of(flows, message_rate)) : 0;
    if (!is_settled) usual.fps = 0;
    return usual;
}

bool was_connected(const RelayHistory& history, WallTime begin, WallTime end) {
    bool was = false;
    for_each_flow(history, begin - between_flows, end + between_flows,
                  [&](const Flow&) { was = true; });
    return was;
}

}  // namespace restream
