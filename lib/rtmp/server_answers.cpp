#include "rtmp/server_answers.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace restream {

namespace {

// What Adobe's servers said when today's encoders were written, and every server since.
constexpr const char* software = "FMS/3,0,1,123";
constexpr double capabilities = 31;

constexpr double can_forward = 4;  // Enhanced RTMP v2, FourCcInfoMask
// Enhanced RTMP v2, CapsExMask: Multitrack, ModEx, TimestampNanoOffset. Not Reconnect (1), which a
// server would have to ask for.
constexpr unsigned passed_capabilities = 0x02 | 0x04 | 0x08;
constexpr std::size_t most_fourccs = 32;  // more than there are

bool is_fourcc(std::string_view text) {
    return text == "*" || (text.size() == 4 && std::ranges::all_of(text, [](char each) {
                               return each >= 0x20 && each < 0x7f;
                           }));
}

AmfValue same_list(const AmfValue& list) {
    std::vector<AmfValue> known;
    for (const AmfValue& each : list.items) {
        if (is_fourcc(each.as_string().value_or("")) && known.size() < most_fourccs) {
            known.push_back(each);
        }
    }
    return AmfValue::strict_array(std::move(known));
}

AmfValue forwarding_map(const AmfValue& map) {
    std::vector<AmfValue::Property> known;
    for (const auto& [name, value] : map.properties) {
        if (is_fourcc(name) && known.size() < most_fourccs) {
            known.emplace_back(name, AmfValue::of(can_forward));
        }
    }
    return AmfValue::object(std::move(known));
}

void add_enhanced(const AmfValue& asked, AmfValue& info) {
    if (const auto* list = asked.find("fourCcList")) {
        info.properties.emplace_back("fourCcList", same_list(*list));
    }
    for (const char* name : {"videoFourCcInfoMap", "audioFourCcInfoMap"}) {
        const auto* map = asked.find(name);
        if (map) info.properties.emplace_back(name, forwarding_map(*map));
    }
    const auto* caps = asked.find("capsEx");
    const auto number = caps ? caps->as_number() : std::nullopt;
    if (!number || !(*number >= 0 && *number <= 0xffff)) return;
    const unsigned passed = static_cast<unsigned>(*number) & passed_capabilities;
    info.properties.emplace_back("capsEx", AmfValue::of(double(passed)));
}

AmfValue status_object(Level level, std::string_view code, std::string_view description) {
    return AmfValue::object({{"level", AmfValue::of(level == Level::error ? "error" : "status")},
                             {"code", AmfValue::of(std::string(code))},
                             {"description", AmfValue::of(std::string(description))}});
}

}  // namespace

Command connect_result(const Command& connect) {
    AmfValue info = status_object(Level::status, "NetConnection.Connect.Success", "connected");
    info.properties.emplace_back("objectEncoding", AmfValue::of(0.0));
    add_enhanced(connect.object, info);
    return {"_result",
            connect.transaction,
            AmfValue::object(
                {{"fmsVer", AmfValue::of(software)}, {"capabilities", AmfValue::of(capabilities)}}),
            {std::move(info)}};
}

Command number_result(const Command& asked, double number) {
    return {"_result", asked.transaction, AmfValue::null(), {AmfValue::of(number)}};
}

Command empty_result(const Command& asked) {
    return {"_result", asked.transaction, AmfValue::null(), {}};
}

Command refusal(const Command& asked, std::string_view code, std::string_view description) {
    return {"_error",
            asked.transaction,
            AmfValue::null(),
            {status_object(Level::error, code, description)}};
}

Command status(std::string name, Level level, std::string_view code, std::string_view description) {
    return {std::move(name), 0, AmfValue::null(), {status_object(level, code, description)}};
}

}  // namespace restream
