#include "status/values_json.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

namespace restream {

using nlohmann::ordered_json;

namespace {

struct Content {
    ordered_json operator()(const std::string& text) const { return text; }
    ordered_json operator()(std::int64_t count) const { return count; }
    // As the words have it.
    ordered_json operator()(double number) const { return std::round(number * 10) / 10; }
    ordered_json operator()(std::chrono::seconds span) const { return span.count(); }
    ordered_json operator()(const Term& term) const { return term.code; }
    ordered_json operator()(const std::vector<std::string>& list) const { return list; }
};

}  // namespace

std::string to_json(const Values& values) {
    ordered_json document = ordered_json::object();
    for (const auto& [name, value] : values) {
        document[name] = std::visit(Content(), value.content());
    }
    return document.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::string silence_json(const IngestStatus& ingest) {
    if (ingest.silence == Silence::none) return "null";
    ordered_json document = {{"missing", silence_name(ingest.silence)}, {"since", nullptr}};
    if (ingest.silent_since) document["since"] = to_iso8601(*ingest.silent_since);
    return document.dump();
}

}  // namespace restream
