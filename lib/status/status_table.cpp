// The table of `status`: what to_table makes.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "status/media_words.hpp"
#include "status/status.hpp"

namespace restream {

namespace {

constexpr std::size_t columns = 6;
using Row = std::array<std::string, columns>;

std::string_view colour_of(const DestinationStatus& each) {
    switch (each.state) {
        case State::live:
            return "\x1b[32m";
        case State::waiting:
        case State::connecting:
        case State::holding:
        case State::backoff:
            return "\x1b[33m";
        case State::rejected:
            return "\x1b[31m";
        case State::stopped:
            return each.reason ? "\x1b[31m" : "\x1b[2m";
    }
    return "";
}

std::string state_words(const DestinationStatus& each) {
    if (each.state == State::live) return each.confirmed ? "live" : "live (new)";
    if (each.state == State::stopped && each.down) return "stopped";
    if (each.state == State::stopped && each.reason) return "dead";
    if (each.state == State::stopped) return "off";
    return std::string(state_name(each.state));
}

std::string bitrate(const DestinationStatus& each) {
    if (!each.session || each.session->bitrate_kbps == 0) return "-";
    return fmt::format("{} kbit/s", each.session->bitrate_kbps);
}

std::string losses(const DestinationStatus& each) {
    if (!each.session) return "-";
    return fmt::format("{}", each.session->dropped_messages);
}

Row to_row(const DestinationStatus& each, WallTime now) {
    const auto since =
        each.since
            ? describe_duration(std::chrono::duration_cast<std::chrono::seconds>(now - *each.since))
            : std::string("-");
    return {each.name,    state_words(each),
            since,        bitrate(each),
            losses(each), each.url.empty() ? "(not configured any more)" : each.url};
}

std::string reason_line(const DestinationStatus& each) {
    if (!each.reason) return {};
    std::string line = "  " + each.reason->message;
    if (!each.reason->remedy.empty()) line += "; " + each.reason->remedy;
    if (each.next_retry_in_s) {
        line += fmt::format("; next try in {}",
                            describe_duration(std::chrono::seconds(
                                static_cast<std::int64_t>(*each.next_retry_in_s + 0.5))));
    }
    return line;
}

/// Breaks at blanks, later lines indented by two.
std::string wrapped(const std::string& line, std::size_t width) {
    std::string out;
    std::size_t column = 0;
    std::size_t at = 0;
    while (at < line.size()) {
        const std::size_t end = std::min(line.find(' ', at + 1), line.size());
        const std::size_t length = end - at;
        if (column > 2 && column + length > width) {
            out += "\n ";
            column = 1;
        }
        out.append(line, at, length);
        column += length;
        at = end;
    }
    return out;
}

std::string_view ingest_words(IngestState state) {
    switch (state) {
        case IngestState::live:
            return "live";
        case IngestState::no_publisher:
            return "nobody publishes";
        case IngestState::down:
            return "down";
        case IngestState::unknown:
            break;
    }
    return "not known";
}

std::string ingest_lines(const IngestStatus& ingest, std::size_t width) {
    std::string text = fmt::format("ingest: {}, {} ({})\n", ingest_words(ingest.state), ingest.url,
                                   ingest_server_name(ingest.server));
    if (const auto words = media_words(ingest.media); !words.empty()) {
        text += wrapped("  " + words, width) + "\n";
    }
    if (ingest.on_air && ingest.on_air->role == EncoderRole::backup) {
        text += "  the backup is on the air, not the primary\n";
    }
    if (const auto& trouble = ingest.trouble) {
        text += wrapped(fmt::format("  {}; {}", trouble->message, trouble->remedy), width) + "\n";
    }
    return text;
}

}  // namespace

std::string to_table(const Status& status, int width, bool has_colour, WallTime now) {
    const auto room = static_cast<std::size_t>(std::max(width, 20));
    std::string out = ingest_lines(status.ingest, room);
    if (status.destinations.empty()) {
        return out + "no destinations; add one with 'restream add NAME --service ID'\n";
    }
    std::vector<Row> rows = {{"NAME", "STATE", "SINCE", "BITRATE", "DROPS", "URL"}};
    for (const auto& each : status.destinations) rows.push_back(to_row(each, now));
    std::array<std::size_t, columns> widths{};
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < columns; ++i) widths[i] = std::max(widths[i], row[i].size());
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
    for (std::size_t r = 0; r < rows.size(); ++r) {
        std::string line;
        for (std::size_t i = 0; i < shown; ++i) {
            std::string cell = fmt::format("{:<{}}", rows[r][i], i + 1 == shown ? 0 : widths[i]);
            if (has_colour && r > 0 && i == 1) {
                cell = fmt::format("{}{}\x1b[0m", colour_of(status.destinations[r - 1]), cell);
            }
            line += (i == 0 ? "" : "  ") + cell;
        }
        while (!line.empty() && line.back() == ' ') line.pop_back();
        out += line + "\n";
        if (r == 0) continue;
        if (const auto why = reason_line(status.destinations[r - 1]); !why.empty()) {
            out += wrapped(why, room) + "\n";
        }
    }
    return out;
}

}  // namespace restream
