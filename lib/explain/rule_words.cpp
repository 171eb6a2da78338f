#include "explain/rule_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "state/relay_name.hpp"
#include "state/session_end.hpp"

namespace restream {

namespace {

using Kind = Trouble::Kind;

std::uint32_t largest(const std::vector<Witness>& witnesses, std::uint32_t Flow::*member) {
    std::uint32_t most = 0;
    for (const auto& each : witnesses) most = std::max(most, each.worst.*member);
    return most;
}

std::string seconds(std::uint32_t ms) {
    return ms < 1000 ? fmt::format("{} ms", ms) : fmt::format("{:.1f} s", ms / 1000.0);
}

/// "all 3 relays", "the only relay".
std::string all_relays(const Evidence& evidence) {
    const auto count = evidence.affected.size();
    if (count == 1) return "the only relay that was connected";
    return count == 2 ? "both relays" : fmt::format("all {} relays", count);
}

std::string relays(std::size_t count) {
    return count == 1 ? "1 relay" : fmt::format("{} relays", count);
}

/// "messages waited for up to 2.3 s, 120 were dropped, the round trip rose from 20 to 400 ms, …".
std::string way_figures(const Witness& each) {
    std::vector<std::string> parts;
    const Flow& worst = each.worst;
    if (worst.queue_ms >= noticeable_queue_ms) {
        parts.push_back(fmt::format("messages waited for up to {}", seconds(worst.queue_ms)));
    }
    if (worst.drops > 0) parts.push_back(fmt::format("{} were dropped", worst.drops));
    const bool is_far =
        worst.rtt_ms >= far_rtt_ms && worst.rtt_ms >= each.usual.rtt_ms * far_growth;
    if (is_far) {
        parts.push_back(
            fmt::format("the round trip rose from {} to {} ms", each.usual.rtt_ms, worst.rtt_ms));
    }
    if (worst.retransmits >= noticeable_retransmits) {
        parts.push_back(fmt::format("{} segments were sent again", worst.retransmits));
    }
    std::string text;
    for (const auto& part : parts) text += (text.empty() ? "" : ", ") + part;
    return text;
}

/// No session could be made, or it was refused: what a session that ran before had to carry has
/// nothing to do with it.
bool has_figures(const Witness& each) {
    const Kind kind = each.trouble->kind;
    return kind == Kind::slow || kind == Kind::closed || kind == Kind::late || kind == Kind::disk;
}

std::string what_befell(const Witness& each) {
    const std::string figures = has_figures(each) ? way_figures(each) : "";
    if (!each.trouble->message.empty()) {
        return each.trouble->message + (figures.empty() ? "" : "; " + figures);
    }
    return figures.empty() ? "it fell behind" : figures;
}

/// Together, in kbit/s.
std::uint64_t sum(const std::vector<Witness>& witnesses, std::uint32_t Flow::*member,
                  bool is_usual) {
    std::uint64_t total = 0;
    for (const auto& each : witnesses) total += (is_usual ? each.usual : each.worst).*member;
    return total;
}

std::string steady_words(const Evidence& evidence) {
    std::vector<Witness> others;
    std::ranges::copy_if(evidence.steady, std::back_inserter(others),
                         [](const Witness& each) { return each.place != Place::file; });
    if (others.empty()) return {};
    std::string text = fmt::format("; at the same time {} went on", names_of(others));
    if (!std::ranges::any_of(evidence.affected, has_figures)) return text;
    return text + fmt::format(", with messages waiting for {} at most",
                              seconds(largest(others, &Flow::queue_ms)));
}

std::string ingest_words(const Evidence& evidence) {
    const auto kbps = evidence.affected.front().usual.in_kbps;
    if (kbps == 0) return {};
    return fmt::format(" (usual: {} kbit/s)", kbps);
}

}  // namespace

std::string names_of(const std::vector<Witness>& witnesses) {
    std::string text;
    for (std::size_t i = 0; i < witnesses.size(); ++i) {
        if (i > 0) text += i + 1 == witnesses.size() ? " and " : ", ";
        text += relay_words(witnesses[i].relay);
    }
    return text;
}

std::string words_of_death(const Evidence& evidence) {
    const std::string& code = evidence.affected.front().trouble->code;
    if (code == "rebooted") return "the machine was restarted, or lost power";
    const std::string names = names_of(evidence.affected);
    if (code == "crashed")
        return fmt::format("the worker of {} crashed, and was started again", names);
    if (code == "killed") return fmt::format("the processes of {} were killed", names);
    if (code == "gone") {
        return fmt::format("the processes of {} are gone: they crashed, or were killed", names);
    }
    return words_of_reason(evidence);
}

std::string words_of_disk(const Evidence& evidence) {
    const Trouble& trouble = *evidence.affected.front().trouble;
    if (trouble.code != "unwritten") return words_of_reason(evidence);
    return fmt::format(
        "the state folder could not be written ({}): logs and records have gaps; "
        "the relays went on",
        trouble.message.empty() ? "no reason is known" : trouble.message);
}

std::string words_of_slow_disk(const Evidence& evidence) {
    return fmt::format("the disk did not take {} in time: {}", names_of(evidence.affected),
                       what_befell(evidence.affected.front()));
}

std::string words_of_reason(const Evidence& evidence) {
    const Trouble& trouble = *evidence.affected.front().trouble;
    return trouble.message.empty() ? trouble.code : trouble.message;
}

std::string words_of_delay(const Evidence& evidence, const Witness& delayed) {
    const Flow& worst = delayed.worst;
    std::string text = fmt::format(
        "it kept the relay of {} waiting: its turn came {} late, it waited {} "
        "for a processor",
        relay_words(delayed.relay), seconds(worst.late_ms), seconds(worst.wait_ms));
    if (worst.busy_percent > 0)
        text += fmt::format(", all processors were {} % busy", worst.busy_percent);
    if (worst.stolen_percent > 0) {
        text += fmt::format(", other virtual machines took {} %", worst.stolen_percent);
    }
    if (const auto drops = largest(evidence.affected, &Flow::drops); drops > 0) {
        text += fmt::format("; {} messages were dropped", drops);
    }
    return text;
}

std::string words_of_missed(const Evidence& evidence) {
    return fmt::format(
        "not the encoder: {} missed the ingest for {}, while {} had it all the time "
        "(longest gap {})",
        names_of(evidence.affected), seconds(largest(evidence.affected, &Flow::gap_ms)),
        names_of(evidence.steady), seconds(largest(evidence.steady, &Flow::gap_ms)));
}

std::string words_of_leaving(const Evidence& evidence) {
    return fmt::format(
        "it stopped publishing, or the way from it to the ingest broke: {} lost the "
        "ingest at the same time{}",
        all_relays(evidence), ingest_words(evidence));
}

std::string words_of_gap(const Evidence& evidence) {
    std::uint32_t gap_ms = largest(evidence.affected, &Flow::gap_ms);
    // What is measured ends with the second in which it was; that the ingest is silent lasts.
    for (const Witness& each : evidence.affected) {
        const auto lasted =
            std::chrono::duration_cast<Milliseconds>(each.trouble->end - each.trouble->begin);
        if (each.trouble->code == end_code_name(EndCode::ingest_silent)) {
            gap_ms = std::max(gap_ms, static_cast<std::uint32_t>(lasted.count()));
        }
    }
    return fmt::format(
        "nothing came from it for {}: {} saw the same gap, its connection stayed, and "
        "this machine was on time (at most {} late){}",
        seconds(gap_ms), all_relays(evidence), seconds(largest(evidence.affected, &Flow::late_ms)),
        ingest_words(evidence));
}

std::string words_of_thin(const Evidence& evidence) {
    const Witness& first = evidence.affected.front();
    return fmt::format(
        "it sent less: {} of {} messages/s, {} of {} frames/s, {} of {} kbit/s; seen by {}, "
        "and this machine was on time",
        first.worst.in_messages, first.usual.in_messages, first.worst.fps, first.usual.fps,
        first.worst.in_kbps, first.usual.in_kbps, all_relays(evidence));
}

std::string words_of_both(const Evidence& evidence) {
    return fmt::format(
        "{} fell behind, and the ingest itself came with gaps of {}: one network may "
        "carry both",
        names_of(evidence.affected), seconds(largest(evidence.affected, &Flow::gap_ms)));
}

std::string words_of_uplink(const Evidence& evidence) {
    std::string text = fmt::format(
        "{} remote destinations had trouble at the same time, while the ingest came steadily "
        "(longest gap {}); {}: {}",
        evidence.affected.size() == 2 ? "both" : fmt::format("all {}", evidence.affected.size()),
        seconds(largest(evidence.affected, &Flow::gap_ms)),
        relay_words(evidence.affected.front().relay), what_befell(evidence.affected.front()));
    const auto needed = sum(evidence.affected, &Flow::in_kbps, true);
    const auto carried = sum(evidence.affected, &Flow::out_kbps, false);
    // Of sessions that could not be made, nothing went out: that is no measure of the line.
    const bool is_measured = std::ranges::all_of(evidence.affected, [](const Witness& each) {
        return has_figures(each) && each.worst.span_ms > 0;
    });
    if (needed > 0 && is_measured) {
        text += fmt::format("; together they need {} kbit/s, and at the worst {} went out", needed,
                            carried);
    }
    return text;
}

std::string words_of_destination(const Evidence& evidence) {
    return what_befell(evidence.affected.front()) + steady_words(evidence);
}

std::string words_of_some(const Evidence& evidence) {
    return fmt::format(
        "{} had trouble at the same time ({}: {}), and others on the same uplink had none "
        "({}){}",
        names_of(evidence.affected), relay_words(evidence.affected.front().relay),
        what_befell(evidence.affected.front()), relays(evidence.steady.size()),
        steady_words(evidence));
}

std::string words_of_only(const Evidence& evidence) {
    const bool has_gap = largest(evidence.affected, &Flow::gap_ms) >= long_gap_ms;
    const std::string befell = what_befell(evidence.affected.front());
    if (!std::ranges::any_of(evidence.affected, has_figures)) {
        return befell + "; it is the uplink or that platform";
    }
    return fmt::format("{}; the ingest came {}, so it is the uplink or that platform", befell,
                       has_gap ? "with gaps" : "steadily");
}

std::string remedy_of_death(const Evidence& evidence) {
    const Trouble& trouble = *evidence.affected.front().trouble;
    if (trouble.code == "rebooted") return {};
    if (trouble.code == "gone")
        return fmt::format("run 'restream start {}'", destination_of(trouble.relay));
    return fmt::format("see 'restream logs {}', and the system's log for a lack of memory",
                       destination_of(trouble.relay));
}

std::string remedy_of_reason(const Evidence& evidence) {
    const Trouble& trouble = *evidence.affected.front().trouble;
    const auto code = parse_end_code(trouble.code);
    return code ? remedy(*code, trouble.relay) : std::string();
}

std::string remedy_of_uplink(const Evidence& evidence) {
    const bool is_full = std::ranges::any_of(
        evidence.affected, [](const Witness& each) { return each.trouble->kind == Kind::slow; });
    if (!is_full) {
        return "check this machine's network, the router and the line";
    }
    const auto needed = sum(evidence.affected, &Flow::in_kbps, true);
    const std::string rate = needed > 0 ? fmt::format(" (they need {} kbit/s)", needed) : "";
    return fmt::format(
        "lower the encoder's bitrate, or enable fewer destinations at once{}; see what "
        "else uses the line",
        rate);
}

std::string remedy_of_destination(const Evidence& evidence) {
    const Kind kind = evidence.affected.front().trouble->kind;
    const std::string own = remedy_of_reason(evidence);
    if (kind == Kind::unreachable && !own.empty()) return own;
    return "see the platform's status page; its backup or a nearer server may do better";
}

}  // namespace restream
