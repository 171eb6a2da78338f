// restream probe [URL]: reads the ingest for a moment and says what it carries.
#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>

#include "base/error.hpp"
#include "base/json.hpp"
#include "command.hpp"
#include "config/config.hpp"
#include "config/url.hpp"
#include "state/media_json.hpp"
#include "status/media_words.hpp"
#include "system/inbox.hpp"
#include "system/paths.hpp"
#include "system/terminal.hpp"
#include "worker/probe.hpp"
#include "worker/rtmp_source.hpp"

namespace {

using namespace restream;

/// Above this a new session waits long for its first picture. DESIGN: platforms want 2, at most 4.
constexpr double longest_keyframe_interval_s = 4;

struct Options {
    std::string url;
    double seconds = 2;
    bool is_json = false;
};

/// One line on a terminal while we wait; nothing anywhere else.
class Progress {
  public:
    explicit Progress(bool is_quiet) : is_shown_(!is_quiet && is_terminal(StandardHandle::error)) {}
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    ~Progress() {
        if (is_shown_) fmt::print(stderr, "\r\x1b[K");
    }
    void say(const std::string& text) const {
        if (!is_shown_) return;
        const auto columns = std::max<std::size_t>(line_width(StandardHandle::error), 20) - 1;
        fmt::print(stderr, "\r\x1b[K{}", cut_to(text, columns));
        std::fflush(stderr);
    }

  private:
    bool is_shown_;
};

std::string_view state_name(const std::variant<Probe, SessionEnd>& found) {
    const auto* const end = std::get_if<SessionEnd>(&found);
    if (!end) return "live";
    return end->code == EndCode::no_publisher ? "no_publisher" : "down";
}

/// Why it is not what one wants; nothing where video or audio was seen.
std::optional<SessionEnd> reason_of(const std::variant<Probe, SessionEnd>& found) {
    if (const auto* const end = std::get_if<SessionEnd>(&found)) return *end;
    const Probe& probe = std::get<Probe>(found);
    if (probe.media.video || probe.media.audio) return std::nullopt;
    return SessionEnd{EndCode::waiting_for_keyframe, "no video and no audio yet"};
}

/// To the members that `status --json` has of a track: how many messages were seen.
void add_messages(Json& track, std::uint64_t messages) {
    if (!track.is_null()) track["messages"] = messages;
}

void print_json(const std::string& url, const std::variant<Probe, SessionEnd>& found) {
    const auto* const seen = std::get_if<Probe>(&found);
    Json reason;
    if (const auto end = reason_of(found)) {
        reason = {{"code", end_code_name(end->code)},
                  {"message", describe(*end)},
                  {"remedy", remedy(end->code, "")}};
    }
    Json document = {{"schema", 1},
                     {"url", url},
                     {"state", state_name(found)},
                     {"reason", reason},
                     {"watched_ms", seen ? seen->watched.count() : 0},
                     {"messages", seen ? seen->messages : 0},
                     {"first_keyframe_ms", nullptr},
                     {"video", nullptr},
                     {"audio", nullptr}};
    if (seen && seen->to_keyframe) document["first_keyframe_ms"] = seen->to_keyframe->count();
    if (seen) {
        document.update(json_of(seen->media));
        add_messages(document["video"], seen->video_messages);
        add_messages(document["audio"], seen->audio_messages);
    }
    document.sort_members();
    fmt::print("{}\n", document.dump(2));
}

std::string video_text(const VideoTrack& video) {
    std::string text = media_words(video);
    if (!video.keyframe_interval_s) text += ", fewer than two keyframes seen";
    if (video.b_frames) text += *video.b_frames ? ", B-frames" : ", no B-frames";
    return text;
}

std::string to_text(const std::string& url, const Probe& probe) {
    const auto& [video, audio] = probe.media;
    const double watched_s = static_cast<double>(probe.watched.count()) / 1000;
    std::string text =
        fmt::format("{} is live\n  video  {}\n  audio  {}\n  {} messages in {:.1f} s", url,
                    video ? video_text(*video) : "none", audio ? media_words(*audio) : "none",
                    probe.messages, watched_s);
    if (probe.to_keyframe) {
        text += fmt::format("; the first keyframe came after {:.2f} s",
                            static_cast<double>(probe.to_keyframe->count()) / 1000);
    }
    const bool is_slow = video && video->keyframe_interval_s &&
                         *video->keyframe_interval_s > longest_keyframe_interval_s;
    return text + (is_slow ? "\n  set the encoder's keyframe interval to 2 s\n" : "\n");
}

/// Runs the probe, ended early by Ctrl-C. The inbox comes first: signals go to it from then on.
std::variant<Probe, SessionEnd> run_probe(const ProbeRequest& request) {
    Inbox inbox;
    Cancel cancel;
    Loop loop;
    Pipe finished = make_pipe();
    std::thread watch([&] {
        if (inbox.wait(Deadline::never(), nullptr, &finished.read_end) == Inbox::What::stop) {
            cancel.request();
            loop.wake();
        }
    });
    auto found = probe_ingest(open_rtmp_source, request, loop, cancel);
    finished.write_end.close();
    watch.join();
    return found;
}

std::string checked_url(const std::string& given) {
    if (given.empty()) return load_config(config_directory()).ingest.url;
    const auto checked = check_ingest_url(given);
    if (const auto* const problem = std::get_if<UrlProblem>(&checked)) {
        throw Error(ErrorKind::usage, problem->message);
    }
    return std::get<std::string>(checked);
}

int probe(const Options& options) {
    ProbeRequest request;
    request.url = checked_url(options.url);
    request.span = Milliseconds(std::lround(options.seconds * 1000));
    const std::string shown = masked_url(request.url, Playpath::is_after_first);
    std::variant<Probe, SessionEnd> found = SessionEnd{};
    {
        const Progress progress(options.is_json);
        progress.say(fmt::format("reading {} for {:.3g} s …", shown, options.seconds));
        request.on_no_publisher = [&] {
            progress.say(fmt::format("{}: nobody publishes yet …", shown));
        };
        found = run_probe(request);
    }
    const auto reason = reason_of(found);
    if (reason && reason->code == EndCode::stopped) throw Error(ErrorKind::no, "cancelled");
    if (options.is_json) {
        print_json(shown, found);
    } else if (!reason) {
        print_lines(StandardHandle::output, to_text(shown, std::get<Probe>(found)));
    } else {
        complain("probe",
                 fmt::format("{}: {}; {}", shown, describe(*reason), remedy(reason->code, "")));
    }
    if (!reason) return 0;
    return static_cast<int>(state_name(found) == "down" ? ErrorKind::refused : ErrorKind::no);
}

}  // namespace

int main(int argc, char** argv) {
    return run_command("probe", "Reads the ingest for 2 seconds and shows what it carries.", argc,
                       argv, [](Arguments& arguments) -> CommandBody {
                           auto options = std::make_shared<Options>();
                           arguments.value("URL", options->url,
                                           "the URL to read; default: the ingest");
                           arguments.value("--seconds", options->seconds,
                                           "for how long; default: 2", {0.1, 600.0});
                           arguments.flag("--json", options->is_json, "one JSON document");
                           return [options] { return probe(*options); };
                       });
}
