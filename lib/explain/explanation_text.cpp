// What `explain` prints for people: what to_text makes.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "explain/explain.hpp"
#include "explain/rule_words.hpp"
#include "state/relay_name.hpp"

namespace restream {

namespace {

std::chrono::seconds whole_seconds(WallTime::duration span) {
    return std::chrono::round<std::chrono::seconds>(span);
}

/// Breaks at blanks; each line is indented, later ones by two more.
std::string wrapped(std::string_view indent, const std::string& text, std::size_t width) {
    std::string out(indent);
    std::size_t column = indent.size();
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t end = std::min(text.find(' ', at + 1), text.size());
        std::string_view word(text.data() + at, end - at);
        if (column > indent.size() + 2 && column + word.size() > width) {
            out += "\n" + std::string(indent) + "  ";
            column = indent.size() + 2;
            while (word.starts_with(' ')) word.remove_prefix(1);
        }
        out += word;
        column += word.size();
        at = end;
    }
    return out + "\n";
}

std::string culprit_words(const Incident& incident) {
    switch (incident.verdict.culprit) {
        case Culprit::encoder:
            return "the encoder";
        case Culprit::machine:
            return "this machine";
        case Culprit::uplink:
            return "the uplink";
        case Culprit::destination:
            return names_of(incident.evidence.affected);
        case Culprit::unknown:
            break;
    }
    return "not certain";
}

std::string_view colour_of(Culprit culprit) {
    return culprit == Culprit::unknown ? "\x1b[33m" : "\x1b[31m";
}

/// "20:14:03 CET"; with the day if it is not today.
std::string moment(WallTime at, WallTime now, Zone zone) {
    const ShownTime shown = shown_time(at, zone);
    const std::string time = fmt::format("{} {}", shown.time, shown.zone);
    return shown.day == shown_time(now, zone).day ? time : fmt::format("{} {}", shown.day, time);
}

std::string length_of(const Evidence& evidence) {
    const std::chrono::duration<double> lasted = evidence.end - evidence.begin;
    const std::string span = lasted.count() < 10
                                 ? fmt::format("{:.1f} s", lasted.count())
                                 : describe_duration(whole_seconds(evidence.end - evidence.begin));
    return evidence.is_ongoing ? fmt::format("for {} and still", span)
                               : fmt::format("for {}", span);
}

std::string incident_text(const Incident& incident, WallTime now, const TextStyle& style,
                          std::size_t width) {
    const auto& [evidence, verdict] = incident;
    std::string head =
        fmt::format("{}, {}: ", moment(evidence.begin, now, style.zone), length_of(evidence));
    const std::string who = culprit_words(incident);
    std::string text = wrapped("", head + who, width);
    if (style.has_colour) {
        // After the wrapping, which counts columns; a name that was broken stays plain.
        const auto at = text.rfind(who);
        if (at != std::string::npos) {
            text.insert(at + who.size(), "\x1b[0m");
            text.insert(at, colour_of(verdict.culprit));
        }
    }
    text += wrapped("  ", visible_text(verdict.words), width);
    if (verdict.culprit != Culprit::destination) {
        text += wrapped("  ", "seen by: " + names_of(evidence.affected), width);
    }
    if (!verdict.needs.empty()) text += wrapped("  ", "to be certain: " + verdict.needs, width);
    if (!verdict.remedy.empty()) text += wrapped("  ", "what helps: " + verdict.remedy, width);
    return text;
}

std::string summary_text(const RelaySummary& each, WallTime now, Zone zone) {
    if (each.events == 0) return fmt::format("{}: nothing recorded", relay_words(each.name));
    std::string text =
        fmt::format("{}: since {}", relay_words(each.name), moment(each.first, now, zone));
    const Flow& worst = each.worst;
    if (worst.span_ms == 0) return text + ", not connected";
    text += fmt::format(
        ", {} kbit/s from the ingest, longest gap {} ms; messages waited for {} ms at most, "
        "{} dropped; round trip {} ms at most, {} segments sent again",
        each.usual.in_kbps, worst.gap_ms, worst.queue_ms, worst.drops, worst.rtt_ms,
        worst.retransmits);
    return text;
}

}  // namespace

std::string to_text(const Explanation& explanation, const TextStyle& style) {
    const auto room = static_cast<std::size_t>(std::max(style.width, 20));
    const std::string span = describe_duration(whole_seconds(explanation.now - explanation.since));
    std::string text;
    for (const auto& each : explanation.incidents) {
        text += incident_text(each, explanation.now, style, room) + "\n";
    }
    const bool has_events = std::ranges::any_of(
        explanation.relays, [](const RelaySummary& each) { return each.events > 0; });
    if (!has_events) {
        return text + wrapped("",
                              fmt::format("nothing was recorded in the last {}; recording begins "
                                          "with 'restream enable NAME'",
                                          span),
                              room);
    }
    text += wrapped("",
                    explanation.incidents.empty()
                        ? fmt::format("nothing went wrong in the last {}:", span)
                        : fmt::format("in the last {}:", span),
                    room);
    for (const auto& each : explanation.relays) {
        text += wrapped("  ", summary_text(each, explanation.now, style.zone), room);
    }
    return text;
}

}  // namespace restream
