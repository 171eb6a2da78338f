// The table of `status`: what to_table makes.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "state/session_end.hpp"
#include "status/media_words.hpp"
#include "status/status.hpp"

namespace restream {

namespace {

constexpr std::size_t columns = 6;
using Cells = std::array<std::string, columns>;

/// A line of the table, and what stands below it.
struct Row {
    Cells cells;
    std::string_view colour;
    std::string reason;
    std::string note = {};  ///< what is not amiss, but good to know
};

/// A backup that is not needed now: nothing is amiss.
bool stands_by(const RelayStatus& each) {
    return each.state == State::waiting && is_code(each.reason, EndCode::standby);
}

bool is_not_started(const RelayStatus& each) {
    return each.reason && each.reason->code == not_started_code;
}

std::string_view colour_of(const RelayStatus& each) {
    if (stands_by(each)) return "\x1b[2m";
    switch (each.state) {
        case State::live:
            return is_carrying(each) ? "\x1b[32m" : "\x1b[33m";
        case State::waiting:
        case State::connecting:
        case State::holding:
        case State::backoff:
            return "\x1b[33m";
        case State::rejected:
            return "\x1b[31m";
        case State::stopped:
            if (!each.reason) return "\x1b[2m";
            return is_not_started(each) ? "\x1b[33m" : "\x1b[31m";
    }
    return "";
}

std::string state_words(const RelayStatus& each, bool is_down) {
    if (each.state == State::live && !is_carrying(each)) return "live, silent";
    if (each.state == State::live) return each.confirmed ? "live" : "live (new)";
    if (stands_by(each)) return "standby";
    if (each.state == State::stopped && is_down) return "stopped";
    if (each.state == State::stopped && is_not_started(each)) return "not started";
    if (each.state == State::stopped && each.reason) return "dead";
    if (each.state == State::stopped) return "off";
    return std::string(state_name(each.state));
}

std::string bitrate(const RelayStatus& each) {
    if (!each.session || each.session->bitrate_kbps == 0) return "-";
    return fmt::format("{} kbit/s", each.session->bitrate_kbps);
}

std::string losses(const RelayStatus& each) {
    if (!each.session) return "-";
    return fmt::format("{}", each.session->dropped_messages);
}

Cells to_cells(const std::string& name, const RelayStatus& each, bool is_down, WallTime now) {
    const auto since =
        each.since
            ? describe_duration(std::chrono::duration_cast<std::chrono::seconds>(now - *each.since))
            : std::string("-");
    return {name,         state_words(each, is_down),
            since,        bitrate(each),
            losses(each), each.url.empty() ? "(URL not known)" : each.url};
}

/// "next try in 4 s (3 failed)", "try 4 is under way"; empty where no try is due.
std::string retry_words(const RelayStatus& each) {
    if (!each.next_retry_in_s) return {};
    const bool is_trying = each.state == State::connecting || each.state == State::waiting;
    if (is_trying) {
        return each.state == State::connecting ? fmt::format("try {} is under way", each.attempts)
                                               : "the next try is under way";
    }
    const auto left = std::chrono::seconds(static_cast<std::int64_t>(*each.next_retry_in_s + 0.5));
    const std::string failed =
        each.attempts > 1 ? fmt::format(" ({} failed)", each.attempts) : std::string();
    return fmt::format("next try in {}{}", describe_duration(left), failed);
}

std::string reason_line(const std::string& destination, const RelayStatus& each) {
    std::vector<std::string> parts;
    const auto add = [&](const std::string& words) {
        if (!words.empty()) parts.push_back(words);
    };
    if (each.reason && !stands_by(each)) {
        add(each.reason->message);
        add(each.reason->remedy);
        add(retry_words(each));
    }
    if (each.restart_pending) {
        add(
            fmt::format("restart pending: its settings or its key have changed; 'restream restart "
                        "{}' interrupts it and uses them",
                        destination));
    }
    return parts.empty() ? "" : fmt::format("  {}", fmt::join(parts, "; "));
}

/// What a backup costs that always gets the picture, too.
std::string both_line(const DestinationStatus& each) {
    if (!each.backup || each.backup->mode != Backup::both || !each.backup->is_alive) return {};
    const auto rate = [](const RelayStatus& one) {
        return one.session ? std::uint64_t{one.session->bitrate_kbps} : std::uint64_t{0};
    };
    std::string line = "  both servers get the picture: twice the upload";
    if (rate(each) > 0 && rate(*each.backup) > 0) {
        line += fmt::format(", {} kbit/s together", rate(each) + rate(*each.backup));
    }
    return line;
}

std::vector<Row> to_rows(const Status& status, WallTime now) {
    std::vector<Row> rows = {{{"NAME", "STATE", "SINCE", "BITRATE", "DROPS", "URL"}, {}, {}}};
    for (const auto& each : status.destinations) {
        const auto add = [&](const std::string& name, const RelayStatus& relay) {
            rows.push_back({to_cells(name, relay, each.down, now),
                            colour_of(relay),
                            reason_line(each.name, relay),
                            {}});
        };
        add(each.name, each);
        if (!each.backup) continue;
        add("  backup", *each.backup);
        rows.back().note = both_line(each);
    }
    return rows;
}

/// Between columns, one blank.
std::string one_blank(std::string_view line) {
    std::string out;
    for (const char c : line) {
        if (c != ' ' || (!out.empty() && out.back() != ' ')) out += c;
    }
    return out;
}

std::string_view ingest_words(IngestState state) {
    switch (state) {
        case IngestState::live:
            return "live";
        case IngestState::silent:
            return "silent";
        case IngestState::no_publisher:
            return "nobody publishes";
        case IngestState::down:
            return "down";
        case IngestState::unknown:
            break;
    }
    return "not known";
}

std::string ingest_lines(const IngestStatus& ingest, std::size_t width, WallTime now) {
    std::string text = fmt::format("ingest: {}", ingest_words(ingest.state));
    if (!ingest.url.empty()) {
        text += fmt::format(", {} ({})", ingest.url, ingest_server_name(ingest.server));
    }
    text += "\n";
    if (const auto words = media_words(ingest.media); !words.empty()) {
        text += "  " + words + "\n";
    }
    if (const auto words = silence_words(ingest.silence, ingest.silent_since, now);
        !words.empty()) {
        text += "  " + words + "\n";
    }
    if (ingest.on_air && ingest.on_air->role == EncoderRole::backup) {
        text += "  the backup is on the air, not the primary\n";
    }
    if (const auto& trouble = ingest.trouble) {
        text += fmt::format("  {}; {}\n", trouble->message, trouble->remedy);
    }
    return wrapped_lines(text, width);
}

}  // namespace

std::string to_table(const Status& status, int width, bool has_colour, WallTime now) {
    const auto room = static_cast<std::size_t>(std::max(width, 20));
    std::string out;
    if (status.config_problem) {
        out = wrapped("",
                      fmt::format("the configuration is broken: {}; what runs goes on",
                                  status.config_problem->message),
                      room, 2);
    }
    out += ingest_lines(status.ingest, room, now);
    if (status.destinations.empty()) {
        return out + wrapped("", "no destinations; add one with 'restream add NAME --service ID'",
                             room, 2);
    }
    const std::vector<Row> rows = to_rows(status, now);
    std::array<std::size_t, columns> widths{};
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < columns; ++i) {
            widths[i] = std::max(widths[i], columns_of(row.cells[i]));
        }
    }
    // What does not fit is left out from the right: the URL first, then drops, then the bitrate.
    std::size_t shown = columns;
    const auto total = [&] {
        std::size_t sum = 0;
        for (std::size_t i = 0; i < shown; ++i) sum += widths[i] + (i == 0 ? 0 : 2);
        return sum;
    };
    while (shown > 2 && total() > room) --shown;
    out += "\n";
    for (const auto& [cells, colour, reason, note] : rows) {
        std::string line;
        for (std::size_t i = 0; i < shown; ++i) {
            std::string cell = fmt::format("{:<{}}", cells[i], i + 1 == shown ? 0 : widths[i]);
            if (has_colour && !colour.empty() && i == 1) {
                cell = fmt::format("{}{}\x1b[0m", colour, cell);
            }
            line += (i == 0 ? "" : "  ") + cell;
        }
        while (!line.empty() && line.back() == ' ') line.pop_back();
        // A name and a state that do not fit beside each other stand below each other.
        out += shown == 2 && total() > room ? wrapped("", one_blank(line), room, 2) : line + "\n";
        if (!reason.empty()) out += wrapped_lines(reason + "\n", room);
        if (!note.empty()) out += wrapped_lines(note + "\n", room);
    }
    return out;
}

}  // namespace restream
