#include "worker/errand.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

namespace restream {

namespace {

using nlohmann::json;

constexpr std::array<std::pair<SecretOf, const char*>, 3> secrets = {
    {{SecretOf::key, "key"},
     {SecretOf::passphrase, "passphrase"},
     {SecretOf::stream_id, "streamid"}}};

json to_json(const LookErrand&) { return {{"do", "look"}}; }
json to_json(const HookErrand&) { return {{"do", "hook"}}; }
json to_json(const SlateErrand& errand) {
    return {{"do", "slate"},
            {"width", errand.shape.width},
            {"height", errand.shape.height},
            {"fps", errand.shape.fps},
            {"sample_rate", errand.shape.sample_rate_hz},
            {"channels", errand.shape.channels},
            {"picture", errand.picture.string()},
            {"file", errand.file}};
}
json to_json(const SecretErrand& errand) {
    const char* which = "";
    for (const auto& [secret, name] : secrets) {
        if (secret == errand.which) which = name;
    }
    return {{"do", "secret"}, {"which", which}};
}

/// Throws json's own where a value is missing or of another type.
SlateErrand slate_errand(const json& from) {
    SlateErrand errand;
    errand.shape.width = from.at("width").get<int>();
    errand.shape.height = from.at("height").get<int>();
    errand.shape.fps = from.at("fps").get<double>();
    errand.shape.sample_rate_hz = from.at("sample_rate").get<int>();
    errand.shape.channels = from.at("channels").get<int>();
    errand.picture = from.at("picture").get<std::string>();
    errand.file = from.at("file").get<std::string>();
    return errand;
}

}  // namespace

std::string to_text(const Errand& errand) {
    return std::visit(
        [](const auto& each) {
            return to_json(each).dump(-1, ' ', false, json::error_handler_t::replace);
        },
        errand);
}

std::optional<Errand> errand_from_text(std::string_view text) {
    try {
        const json from = json::parse(text);
        const auto what = from.at("do").get<std::string>();
        if (what == "look") return LookErrand{};
        if (what == "hook") return HookErrand{};
        if (what == "slate") return slate_errand(from);
        if (what != "secret") return std::nullopt;
        const auto which = from.at("which").get<std::string>();
        for (const auto& [secret, name] : secrets) {
            if (which == name) return SecretErrand{secret};
        }
    } catch (const json::exception&) {
        // None of ours.
    }
    return std::nullopt;
}

}  // namespace restream
