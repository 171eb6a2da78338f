#include "state/healing.hpp"

#include <nlohmann/json.hpp>

#include "system/atomic_file.hpp"
#include "system/paths.hpp"

namespace restream {

using nlohmann::json;

namespace {

constexpr int schema = 1;
constexpr std::uintmax_t longest_record_bytes = 64 * 1024;

}  // namespace

std::string to_json(const Healing& healing) {
    const json document = {{"schema", schema},
                           {"at", to_iso8601(healing.at)},
                           {"ingest", healing.ingest},
                           {"relays", healing.relays},
                           {"problem", healing.problem}};
    return document.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

std::optional<Healing> healing_from_json(std::string_view text) {
    try {
        const json document = json::parse(text);
        if (document.at("schema") != schema) return std::nullopt;
        const auto at = from_iso8601(document.at("at").get<std::string>());
        if (!at) return std::nullopt;
        return Healing{*at, document.at("ingest").get<bool>(),
                       document.at("relays").get<std::vector<std::string>>(),
                       document.at("problem").get<std::string>()};
    } catch (const json::exception&) {
        return std::nullopt;
    }
}

std::optional<Healing> last_healing(const Layout& layout) {
    const auto text = try_read_file(layout.healing_record(), longest_record_bytes);
    return text ? healing_from_json(*text) : std::nullopt;
}

void note_healing(const Layout& layout, const Healing& healing) {
    static_cast<void>(
        publish_file(layout.healing_record(), to_json(healing), Durability::survives_crash));
}

}  // namespace restream
