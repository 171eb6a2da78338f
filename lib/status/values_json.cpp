#include "status/values_json.hpp"

#include <cmath>

namespace restream {

namespace {

struct Content {
    Json operator()(const std::string& text) const { return text; }
    Json operator()(std::int64_t count) const { return count; }
    // As the words have it.
    Json operator()(double number) const { return std::round(number * 10) / 10; }
    Json operator()(std::chrono::seconds span) const { return span.count(); }
    Json operator()(const Term& term) const { return term.code; }
    Json operator()(const std::vector<std::string>& list) const { return list; }
};

}  // namespace

Json json_of(const Values& values) {
    Json document = Json::object();
    for (const auto& [name, value] : values) {
        document[name] = std::visit(Content(), value.content());
    }
    return document;
}

Json silence_json(const IngestStatus& ingest) {
    if (ingest.silence == Silence::none) return nullptr;
    Json value = {{"missing", silence_name(ingest.silence)}, {"since", nullptr}};
    if (ingest.silent_since) value["since"] = to_iso8601(*ingest.silent_since);
    return value;
}

}  // namespace restream
