#include "doctor/finding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/json.hpp"
#include "doctor/remedy_action.hpp"
#include "status/values_json.hpp"

namespace restream {

namespace {

std::ptrdiff_t count(std::span<const Diagnosis> diagnoses, Severity severity) {
    return std::ranges::count_if(
        diagnoses, [&](const Diagnosis& each) { return each.finding.severity == severity; });
}

struct Mark {
    std::string_view sign;
    std::string_view colour;
};

Mark mark_of(Severity severity) {
    switch (severity) {
        case Severity::ok:
            return {"✓", "\x1b[32m"};
        case Severity::warning:
            return {"!", "\x1b[33m"};
        case Severity::failure:
            return {"✗", "\x1b[31m"};
    }
    return {"?", ""};
}

Json action_value(const std::optional<RemedyAction>& action) {
    if (!action) return nullptr;
    return {{"command", action->command}, {"names", action->names}};
}

}  // namespace

std::string_view severity_name(Severity severity) {
    switch (severity) {
        case Severity::ok:
            return "ok";
        case Severity::warning:
            return "warning";
        case Severity::failure:
            return "failure";
    }
    return "failure";
}

Finding to_finding(Severity severity, const Sentence& sentence, std::vector<Value> values) {
    Told told = tell(sentence, std::move(values));
    return {severity,
            std::string(sentence.area),
            std::move(told.message),
            std::move(told.cause),
            std::move(told.remedy),
            std::move(told.code),
            std::move(told.values)};
}

void mend_all(std::span<Diagnosis> diagnoses) {
    for (auto& each : diagnoses) {
        if (!each.mend || each.finding.severity == Severity::ok || !each.mend()) continue;
        each.finding.severity = Severity::ok;
        each.finding.message += ": mended";
        each.finding.cause.clear();
        each.finding.remedy.clear();
    }
}

std::string to_json(std::span<const Diagnosis> diagnoses) {
    Json findings = Json::array();
    for (const auto& each : diagnoses) {
        const Finding& finding = each.finding;
        findings.push_back({{"severity", severity_name(finding.severity)},
                            {"area", finding.area},
                            {"code", finding.code},
                            {"message", finding.message},
                            {"cause", finding.cause},
                            {"remedy", finding.remedy},
                            {"values", json_of(finding.values)},
                            {"can_be_mended", static_cast<bool>(each.mend)},
                            {"action", action_value(remedy_action(each))}});
    }
    const Json document = {{"schema", 1},
                           {"failures", count(diagnoses, Severity::failure)},
                           {"warnings", count(diagnoses, Severity::warning)},
                           {"findings", findings}};
    return document.dump(2) + "\n";
}

std::string to_text(std::span<const Diagnosis> diagnoses, Colour colour) {
    std::string text;
    bool can_be_mended = false;
    for (const auto& [finding, mend] : diagnoses) {
        const Mark mark = mark_of(finding.severity);
        const bool is_coloured = colour == Colour::on;
        text += fmt::format("{}{}{} {}: {}\n", is_coloured ? mark.colour : "", mark.sign,
                            is_coloured ? "\x1b[0m" : "", finding.area, finding.message);
        if (!finding.cause.empty()) text += fmt::format("    because {}\n", finding.cause);
        if (!finding.remedy.empty()) text += fmt::format("    {}\n", finding.remedy);
        if (mend && finding.severity != Severity::ok) can_be_mended = true;
    }
    const auto failures = count(diagnoses, Severity::failure);
    const auto warnings = count(diagnoses, Severity::warning);
    if (failures == 0 && warnings == 0) return text + "all is well\n";
    text += fmt::format("{} failure{}, {} warning{}\n", failures, failures == 1 ? "" : "s",
                        warnings, warnings == 1 ? "" : "s");
    if (can_be_mended) text += "'restream doctor --fix' mends some of it\n";
    return text;
}

}  // namespace restream
