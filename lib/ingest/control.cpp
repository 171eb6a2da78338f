#include "ingest/control.hpp"

#include <fmt/format.h>

#include <optional>

#include "base/error.hpp"
#include "base/paths.hpp"
#include "base/process.hpp"
#include "config/key.hpp"
#include "ingest/address.hpp"
#include "ingest/nginx_stat.hpp"
#include "ingest/record.hpp"
#include "ingest/server.hpp"
#include "ingest/strays.hpp"
#include "ingest/tcp.hpp"
#include "state/command_lock.hpp"
#include "state/guardian.hpp"
#include "state/lock.hpp"

namespace restream {

namespace {

constexpr std::string_view verb = "ingest";

/// The address to knock at: where a server listens on all addresses, loopback.
std::string door(const IngestConfig& config) {
    if (config.listen_host == "0.0.0.0") return "127.0.0.1";
    if (config.listen_host == "::") return "::1";
    return config.listen_host;
}

void spawn_guardian(const Config& config, const Layout& layout, const Deadline& deadline) {
    Pipe line = make_pipe();
    SpawnRequest request;
    request.program = program_directory() / "restream-ingest";
    request.arguments = {"serve"};
    request.inherited = {&line.write_end};
    request.is_detached = true;
    request.with_variables = {{"RESTREAM_CONFIG_DIR", config.directory.string()},
                              {"RESTREAM_STATE_DIR", layout.root().string()}};
    request.without_variables = key_variables(config);
    const ChildProcess guardian = ChildProcess::spawn(request);
    line.write_end.close();
    if (const auto problem = await_start_report(line.read_end, deadline)) {
        throw Error(ErrorKind::refused, "starting the ingest server: " + *problem);
    }
}

bool accepts(const IngestConfig& config) {
    return !connect_problem(door(config), config.listen_port, Deadline::after(nginx_patience));
}

bool answers(const IngestConfig& config, const Layout& layout) {
    return accepts(config) &&
           ask_nginx(layout.nginx_directory(), Deadline::after(nginx_patience)).has_value();
}

/// Takes publishers already. Its statistics are not asked: it is not to be disturbed only because
/// somebody deleted its socket.
bool is_up(const IngestConfig& config, const Layout& layout) {
    const auto record = live_ingest_record(layout);
    return record && record->server && accepts(config);
}

/// Why a server that lives does not answer.
std::string why_silent(const Layout& layout) {
    const auto record = live_ingest_record(layout);
    if (record && !record->problem.empty()) return record->problem;
    return fmt::format("it does not answer; see {}, or run 'restream ingest restart'",
                       (layout.nginx_directory() / "error.log").string());
}

std::optional<ProcessHandle> open_guardian(const std::optional<IngestRecord>& record) {
    return record ? ProcessHandle::open(record->guardian) : std::nullopt;
}

}  // namespace

IngestStart start_ingest(const Config& config, const Layout& layout) {
    require_managed(config.ingest);
    const Deadline deadline = Deadline::after(ingest_start_deadline);
    if (is_up(config.ingest, layout)) return IngestStart::was_running;
    make_private_directory(layout.run_directory());
    auto result = IngestStart::was_running;
    {
        const CommandLock lock(layout, verb);
        if (!live_ingest_record(layout)) {
            spawn_guardian(config, layout, deadline);
            result = IngestStart::started;
        }
    }
    const bool is_done = wait_until(
        deadline, [&] { return answers(config.ingest, layout); }, Milliseconds(10));
    if (!is_done && !is_up(config.ingest, layout)) {
        throw Error(ErrorKind::refused, "starting the ingest server: " + why_silent(layout));
    }
    return result;
}

bool stop_ingest(const Layout& layout) {
    const auto is_free = [&] { return !FileLock::is_held(layout.ingest_lock()); };
    if (is_free()) return false;
    bool is_asked = false;
    {
        const CommandLock lock(layout, verb);
        const auto guardian = open_guardian(live_ingest_record(layout));
        is_asked = guardian && guardian->ask(Ask::stop);
    }
    // The guardian gives nginx 2 s, then kills it.
    if (is_asked && wait_until(Deadline::after(std::chrono::seconds(5)), is_free)) return true;
    // No guardian, or one that hangs.
    end_strays(layout.ingest_lock());
    if (wait_until(Deadline::after(std::chrono::seconds(1)), is_free)) return true;
    throw Error(ErrorKind::refused,
                "stopping the ingest server: its processes do not end; see 'restream doctor'");
}

void reload_ingest(const Config& config, const Layout& layout) {
    require_managed(config.ingest);
    std::uint32_t reloads = 0;
    {
        const CommandLock lock(layout, verb);
        const auto record = live_ingest_record(layout);
        const auto guardian = open_guardian(record);
        if (!guardian || !guardian->ask(Ask::reload)) {
            throw Error(ErrorKind::refused,
                        "the ingest server is not running; start it with 'restream ingest start'");
        }
        reloads = record->reloads;
    }
    std::optional<IngestRecord> after;
    const bool is_done = wait_until(Deadline::after(std::chrono::seconds(12)), [&] {
        after = live_ingest_record(layout);
        return !after || after->reloads != reloads;
    });
    if (!after) throw Error(ErrorKind::refused, "the ingest server ended while it was reloaded");
    if (!is_done) throw Error(ErrorKind::refused, "reloading the ingest server took too long");
    if (!after->problem.empty()) throw Error(ErrorKind::refused, after->problem);
}

std::string obs_settings(const IngestConfig& config) {
    const RtmpEndpoint endpoint = ingest_endpoint(config);
    const std::string key = endpoint.playpath.is_empty()
                                ? "(leave it empty)"
                                : "(what follows \"/" + endpoint.app + "/\" in [ingest] url)";
    std::string text = fmt::format(
        "In OBS (Settings, Stream, Service \"Custom\"):\n"
        "  Server:      {}\n"
        "  Stream Key:  {}\n",
        publish_url(config), key);
    if (config.listen_host == "0.0.0.0" || config.listen_host == "::") {
        text += "From another machine, put this one's address in the place of the server's.\n";
    }
    return text;
}

}  // namespace restream
