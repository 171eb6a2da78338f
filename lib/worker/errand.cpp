#include "worker/errand.hpp"

#include <array>
#include <utility>

#include "base/json_reader.hpp"

namespace restream {

namespace {

constexpr std::array<std::pair<SecretOf, const char*>, 3> secrets = {
    {{SecretOf::key, "key"},
     {SecretOf::passphrase, "passphrase"},
     {SecretOf::stream_id, "streamid"}}};

Json json_of(const LookErrand&) { return {{"do", "look"}}; }
Json json_of(const HookErrand&) { return {{"do", "hook"}}; }
Json json_of(const SlateErrand& errand) {
    return {{"channels", errand.shape.channels},
            {"do", "slate"},
            {"file", errand.file},
            {"fps", errand.shape.fps},
            {"height", errand.shape.height},
            {"picture", errand.picture.string()},
            {"sample_rate", errand.shape.sample_rate_hz},
            {"width", errand.shape.width}};
}
Json json_of(const SecretErrand& errand) {
    const char* which = "";
    for (const auto& [secret, name] : secrets) {
        if (secret == errand.which) which = name;
    }
    return {{"do", "secret"}, {"which", which}};
}

std::optional<Errand> slate_errand(JsonReader& reader) {
    SlateErrand errand;
    std::string picture;
    reader.read("width", errand.shape.width);
    reader.read("height", errand.shape.height);
    reader.read("fps", errand.shape.fps);
    reader.read("sample_rate", errand.shape.sample_rate_hz);
    reader.read("channels", errand.shape.channels);
    reader.read("picture", picture);
    reader.read("file", errand.file);
    if (!reader.is_good()) return std::nullopt;
    errand.picture = picture;
    return errand;
}

std::optional<Errand> secret_errand(JsonReader& reader) {
    std::string which;
    reader.read("which", which);
    for (const auto& [secret, name] : secrets) {
        if (which == name) return SecretErrand{secret};
    }
    return std::nullopt;
}

}  // namespace

std::string to_text(const Errand& errand) {
    return std::visit([](const auto& each) { return json_of(each).dump(); }, errand);
}

std::optional<Errand> errand_from_text(std::string_view text) {
    const auto from = parse_json(text);
    if (!from) return std::nullopt;
    JsonReader reader(*from);
    std::string what;
    reader.read("do", what);
    if (what == "look") return LookErrand{};
    if (what == "hook") return HookErrand{};
    if (what == "slate") return slate_errand(reader);
    if (what == "secret") return secret_errand(reader);
    return std::nullopt;
}

}  // namespace restream
