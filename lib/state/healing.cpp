#include "state/healing.hpp"

#include "base/json_reader.hpp"
#include "system/atomic_file.hpp"
#include "system/paths.hpp"

namespace restream {

namespace {

constexpr int schema = 1;
constexpr std::uintmax_t longest_record_bytes = 64 * 1024;

}  // namespace

std::string to_json(const Healing& healing) {
    const Json document = {{"at", to_iso8601(healing.at)},
                           {"ingest", healing.ingest},
                           {"problem", healing.problem},
                           {"relays", healing.relays},
                           {"schema", schema}};
    return document.dump() + "\n";
}

std::optional<Healing> healing_from_json(std::string_view text) {
    const auto document = parse_json(text);
    if (!document) return std::nullopt;
    JsonReader reader(*document);
    Healing healing;
    int found_schema = 0;
    reader.read("schema", found_schema);
    reader.read("at", healing.at);
    reader.read("ingest", healing.ingest);
    reader.read("relays", healing.relays);
    reader.read("problem", healing.problem);
    if (!reader.is_good() || found_schema != schema) return std::nullopt;
    return healing;
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
