#include "dashboard/metrics.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <vector>

namespace restream {

namespace {

constexpr double bytes_per_kbit = 125;

/// **Source**: Prometheus' text format, 0.0.4.
std::string escaped(std::string_view value) {
    std::string text;
    for (const char c : value) {
        if (c == '\\' || c == '"') text += '\\';
        text += c == '\n' ? std::string("\\n") : std::string(1, c);
    }
    return text;
}

enum class Kind { gauge, counter };

class Text {
  public:
    void family(std::string_view name, Kind kind, std::string_view help) {
        name_ = name;
        text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name,
                             kind == Kind::gauge ? "gauge" : "counter");
    }
    /// `labels`: written as they stand between the braces; empty: none.
    void sample(const std::string& labels, double value) {
        text_ += labels.empty() ? fmt::format("{} {}\n", name_, value)
                                : fmt::format("{}{{{}}} {}\n", name_, labels, value);
    }
    std::string take() { return std::move(text_); }

  private:
    std::string name_;
    std::string text_;
};

std::string label(std::string_view name, std::string_view value) {
    return fmt::format("{}=\"{}\"", name, escaped(value));
}

std::string of_destination(const DestinationStatus& each) {
    return label("destination", each.name) + "," + label("service", each.service);
}

/// A relay, and the labels that tell it from others.
struct Labelled {
    std::string labels;
    const RelayStatus& relay;
};

/// Of each destination its own, and its backup's.
std::vector<Labelled> relays_of(const Status& status) {
    std::vector<Labelled> all;
    for (const auto& each : status.destinations) {
        const std::string labels = of_destination(each);
        all.push_back({labels + "," + label("server", "primary"), each});
        if (each.backup) all.push_back({labels + "," + label("server", "backup"), *each.backup});
    }
    return all;
}

struct Family {
    const char* name;
    Kind kind;
    const char* help;
    std::optional<double> (*value)(const RelayStatus&);
};

std::optional<double> of_session(const RelayStatus& each, double (*value)(const SessionFigures&)) {
    if (!each.session) return std::nullopt;
    return value(*each.session);
}

constexpr Family families[] = {
    {"restream_destination_live", Kind::gauge,
     "Whether its session is live and the ingest is not silent (1) or not (0).",
     [](const RelayStatus& each) { return std::optional(is_carrying(each) ? 1.0 : 0.0); }},
    {"restream_destination_confirmed", Kind::gauge,
     "Whether media has flowed for 10 s in this session.",
     [](const RelayStatus& each) { return std::optional(each.confirmed ? 1.0 : 0.0); }},
    {"restream_destination_reconnects_total", Kind::counter,
     "Sessions begun after the first one, since the relay was started.",
     [](const RelayStatus& each) { return std::optional(double(each.reconnects)); }},
    {"restream_destination_worker_restarts_total", Kind::counter,
     "Crashes of the relay's worker, since the relay was started.",
     [](const RelayStatus& each) { return std::optional(double(each.worker_restarts)); }},
    {"restream_session_sent_bytes_total", Kind::counter, "Media sent in this session.",
     [](const RelayStatus& each) {
         return of_session(each, [](const SessionFigures& it) { return double(it.bytes_sent); });
     }},
    {"restream_session_sent_bytes_per_second", Kind::gauge, "Media sent lately.",
     [](const RelayStatus& each) {
         return of_session(each, [](const SessionFigures& it) {
             return double(it.bitrate_kbps) * bytes_per_kbit;
         });
     }},
    {"restream_session_video_messages_total", Kind::counter, "Pictures sent in this session.",
     [](const RelayStatus& each) {
         return of_session(each,
                           [](const SessionFigures& it) { return double(it.video_messages); });
     }},
    {"restream_session_audio_messages_total", Kind::counter, "Sound messages sent in this session.",
     [](const RelayStatus& each) {
         return of_session(each,
                           [](const SessionFigures& it) { return double(it.audio_messages); });
     }},
    {"restream_session_dropped_messages_total", Kind::counter,
     "Messages left out because the destination was too slow, in this session.",
     [](const RelayStatus& each) {
         return of_session(each,
                           [](const SessionFigures& it) { return double(it.dropped_messages); });
     }},
    {"restream_session_queue_seconds", Kind::gauge,
     "How long the oldest message waits for the destination.",
     [](const RelayStatus& each) {
         return of_session(each,
                           [](const SessionFigures& it) { return double(it.queue_ms) / 1000; });
     }},
    {"restream_session_rtt_seconds", Kind::gauge, "Round trip time to the destination.",
     [](const RelayStatus& each) -> std::optional<double> {
         if (!each.session || !each.session->rtt_ms) return std::nullopt;
         return double(*each.session->rtt_ms) / 1000;
     }},
};

void add_destinations(const Status& status, Text& text) {
    text.family("restream_destination_wanted", Kind::gauge,
                "Whether the user wants it (1) or not (0).");
    for (const auto& each : status.destinations) {
        text.sample(of_destination(each), each.wanted ? 1 : 0);
    }
    const auto relays = relays_of(status);
    text.family("restream_destination_state", Kind::gauge,
                "The state it is in is 1, the others are 0.");
    constexpr std::array states = {State::stopped, State::waiting, State::connecting, State::live,
                                   State::holding, State::backoff, State::rejected};
    for (const auto& each : relays) {
        for (const State state : states) {
            text.sample(each.labels + "," + label("state", state_name(state)),
                        each.relay.state == state ? 1 : 0);
        }
    }
    for (const Family& family : families) {
        text.family(family.name, family.kind, family.help);
        for (const auto& each : relays) {
            if (const auto value = family.value(each.relay)) text.sample(each.labels, *value);
        }
    }
}

void add_ingest(const Status& status, const IngestView& view, Text& text) {
    const auto one = [&](const char* name, const char* help, std::optional<double> value) {
        text.family(name, Kind::gauge, help);
        if (value) text.sample("", *value);
    };
    const auto& ingest = status.ingest;
    one("restream_ingest_up", "Whether the ingest server answers (1), is down (0); none: unknown.",
        ingest.state == IngestState::unknown
            ? std::nullopt
            : std::optional(ingest.state == IngestState::down ? 0.0 : 1.0));
    one("restream_ingest_live", "Whether somebody publishes what relays play, and it arrives.",
        ingest.state == IngestState::live ? 1 : 0);
    one("restream_ingest_silent", "Whether a publisher is connected and sends no picture.",
        ingest.state == IngestState::silent ? 1 : 0);
    const auto& video = ingest.media.video;
    const auto& audio = ingest.media.audio;
    const auto bytes = [](const auto& kbps) -> std::optional<double> {
        if (!kbps) return std::nullopt;
        return double(*kbps) * bytes_per_kbit;
    };
    one("restream_ingest_video_bytes_per_second", "The picture's, measured.",
        video ? bytes(video->bitrate_kbps) : std::nullopt);
    one("restream_ingest_audio_bytes_per_second", "The sound's, measured.",
        audio ? bytes(audio->bitrate_kbps) : std::nullopt);
    one("restream_ingest_frames_per_second", "Of the picture.",
        video && video->fps ? std::optional(double(*video->fps)) : std::nullopt);
    one("restream_ingest_keyframe_interval_seconds", "Of the picture.",
        video && video->keyframe_interval_s ? std::optional(double(*video->keyframe_interval_s))
                                            : std::nullopt);
    one("restream_ingest_players", "Relays and others that play it; of the embedded server.",
        view.played ? std::optional(double(view.played->players)) : std::nullopt);
    text.family("restream_ingest_server_restarts_total", Kind::counter,
                "Crashes of the ingest server, since it was started.");
    if (view.record) text.sample("", view.record->restarts);
}

}  // namespace

std::string to_prometheus(const Status& status, const IngestView& ingest,
                          std::string_view version) {
    Text text;
    text.family("restream_build_info", Kind::gauge, "Which restream this is.");
    text.sample(label("version", version), 1);
    add_ingest(status, ingest, text);
    add_destinations(status, text);
    return text.take();
}

}  // namespace restream
