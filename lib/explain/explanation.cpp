// The document of `explain --json`: what to_json makes.
#include "base/json.hpp"
#include "explain/explain.hpp"
#include "state/relay_name.hpp"

namespace restream {

namespace {

Json flow_json(const Flow& flow) {
    return {{"ingest_kbps", flow.in_kbps},
            {"ingest_messages_per_s", flow.in_messages},
            {"ingest_gap_ms", flow.gap_ms},
            {"fps", flow.fps},
            {"ingest_rtt_ms", flow.in_rtt_ms},
            {"sent_kbps", flow.out_kbps},
            {"queue_ms", flow.queue_ms},
            {"dropped_messages", flow.drops},
            {"rtt_ms", flow.rtt_ms},
            {"retransmits", flow.retransmits},
            {"unsent_bytes", flow.unsent_bytes},
            {"delivery_kbps", flow.delivery_kbps},
            {"late_ms", flow.late_ms},
            {"cpu_wait_ms", flow.wait_ms},
            {"cpu_busy_percent", flow.busy_percent},
            {"cpu_stolen_percent", flow.stolen_percent}};
}

Json or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json names_json(const std::vector<Witness>& witnesses) {
    Json names = Json::array();
    for (const auto& each : witnesses) names.push_back(relay_words(each.relay));
    return names;
}

void add_figures(Json& figures, const std::vector<Witness>& witnesses) {
    for (const auto& each : witnesses) {
        figures.push_back({{"name", relay_words(each.relay)},
                           {"code", each.trouble ? or_null(each.trouble->code) : nullptr},
                           {"message", each.trouble ? or_null(each.trouble->message) : nullptr},
                           {"worst", flow_json(each.worst)},
                           {"usual", flow_json(each.usual)}});
    }
}

Json incident_json(const Incident& incident) {
    const auto& [evidence, verdict] = incident;
    const std::chrono::duration<double> lasted = evidence.end - evidence.begin;
    Json figures = Json::array();
    add_figures(figures, evidence.affected);
    add_figures(figures, evidence.steady);
    return {{"begin", to_iso8601(evidence.begin)},
            {"end", evidence.is_ongoing ? Json() : Json(to_iso8601(evidence.end))},
            {"duration_s", lasted.count()},
            {"culprit", culprit_name(verdict.culprit)},
            {"rule", verdict.rule},
            {"affected", names_json(evidence.affected)},
            {"steady", names_json(evidence.steady)},
            {"words", verdict.words},
            {"needs", or_null(verdict.needs)},
            {"remedy", or_null(verdict.remedy)},
            {"figures", figures}};
}

}  // namespace

std::string to_json(const Explanation& explanation,
                    const std::optional<ConfigProblem>& config_problem) {
    Json relays = Json::array();
    for (const auto& each : explanation.relays) {
        relays.push_back({{"name", relay_words(each.name)},
                          {"is_alive", each.is_alive},
                          {"events", each.events},
                          {"first", each.events > 0 ? Json(to_iso8601(each.first)) : Json()},
                          {"usual", flow_json(each.usual)},
                          {"worst", flow_json(each.worst)}});
    }
    Json incidents = Json::array();
    for (const auto& each : explanation.incidents) incidents.push_back(incident_json(each));
    const Json document = {{"schema", 1},
                           {"config_error", json_of(config_problem)},
                           {"since", to_iso8601(explanation.since)},
                           {"now", to_iso8601(explanation.now)},
                           {"relays", relays},
                           {"incidents", incidents}};
    return document.dump(2) + "\n";
}

}  // namespace restream
