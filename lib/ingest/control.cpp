#include "ingest/control.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <optional>

#include "base/error.hpp"
#include "config/key.hpp"
#include "ingest/address.hpp"
#include "ingest/record.hpp"
#include "ingest/server.hpp"
#include "ingest/strays.hpp"
#include "state/boot_flag.hpp"
#include "state/command_lock.hpp"
#include "state/guardian.hpp"
#include "state/lock.hpp"
#include "system/atomic_file.hpp"
#include "system/path_fault.hpp"
#include "system/paths.hpp"
#include "system/process.hpp"
#include "system/tcp.hpp"

namespace restream {

namespace {

constexpr std::string_view verb = "ingest";

/// On this machine a connection is made at once, or not at all.
constexpr Milliseconds connect_patience(200);

/// The address to knock at: where a server listens on all addresses, loopback.
std::string door(const IngestConfig& config) {
    const std::string first = listen_places(config.listen_host).first;
    return first == "0.0.0.0" || first == "::" ? "127.0.0.1" : first;
}

void spawn_guardian(const Config& config, const Layout& layout, const Deadline& deadline) {
    Pipe line = make_pipe();
    SpawnRequest request;
    request.program = program_directory() / "restream-ingest";
    request.arguments = {"serve"};
    request.inherited = {&line.write_end};
    request.is_detached = true;
    request.with_variables = folder_variables(config.directory, layout.root());
    request.without_variables = key_variables_but_publish_key(config);
    std::erase(request.without_variables, config.ingest.on_state.variable());  // its hook's
    const ChildProcess guardian = ChildProcess::spawn(request);
    line.write_end.close();
    if (const auto problem = await_start_report(line.read_end, deadline)) {
        throw Error(ErrorKind::refused, "starting the ingest server: " + *problem);
    }
}

bool accepts(const IngestConfig& config) {
    return !connect_problem(door(config), config.listen_port, Deadline::after(connect_patience));
}

bool answers(const IngestConfig& config, const Layout& layout) {
    const auto record = live_ingest_record(layout);
    return record && record->server && accepts(config) && says_who_publishes(record->kind, layout);
}

/// Takes publishers already. Who publishes is not asked: it is not to be disturbed only because
/// somebody deleted its files.
bool is_up(const IngestConfig& config, const Layout& layout) {
    const auto record = live_ingest_record(layout);
    return record && record->server && accepts(config);
}

/// Why a server that lives does not answer.
std::string why_silent(const Layout& layout) {
    const auto record = live_ingest_record(layout);
    if (record && !record->problem.empty()) return record->problem;
    if (!record) {
        // A full disk, say: a restart would interrupt what is live, and not help.
        return fmt::format("its record {} is missing; see 'restream doctor'",
                           layout.ingest_record().string());
    }
    const std::string log =
        record->kind == IngestServer::nginx
            ? fmt::format("see {}, or ", (layout.nginx_directory() / "error.log").string())
            : "";
    return fmt::format(
        "it does not answer; {}run 'restream ingest restart', which interrupts every live "
        "destination",
        log);
}

/// Whether the reload has had its effect, or a problem says why it has none.
bool is_reloaded(const IngestRecord& before, const IngestRecord& now, const IngestConfig& config,
                 const Layout& layout) {
    if (now.reloads == before.reloads) return false;
    if (!now.problem.empty() || now.kind == IngestServer::nginx) return true;
    // The embedded server is replaced by another process.
    return now.server != before.server && answers(config, layout);
}

bool is_down(const Layout& layout) { return is_set_in_this_boot(layout.ingest_down()); }

/// Where it cannot be written (a full disk), the server is ended all the same; a healer may then
/// take it for one that died. REQUIRES: the CommandLock is held.
void set_down(const Layout& layout) { static_cast<void>(set_in_this_boot(layout.ingest_down())); }

void lift_down(const Layout& layout) {
    if (!is_down(layout)) return;
    const CommandLock lock(layout, verb);
    std::error_code ignored;
    std::filesystem::remove(layout.ingest_down(), ignored);
}

/// Spawns the guardian unless one lives; false where one did.
bool spawn_unless_alive(const Config& config, const Layout& layout, const Deadline& deadline,
                        const std::function<bool()>& may_start) {
    make_private_directory(layout.run_directory());
    // A server that cannot write its record runs unseen.
    if (const auto fault = folder_fault(layout.run_directory(), FolderUse::write)) {
        throw_path_fault("starting the ingest server", *fault);
    }
    const CommandLock lock(layout, verb);
    if (live_ingest_record(layout) || !may_start()) return false;
    spawn_guardian(config, layout, deadline);
    return true;
}

std::optional<ProcessHandle> open_guardian(const std::optional<IngestRecord>& record) {
    return record ? ProcessHandle::open(record->guardian) : std::nullopt;
}

}  // namespace

IngestStart start_ingest(const Config& config, const Layout& layout) {
    require_managed(config.ingest);
    lift_down(layout);
    auto result = IngestStart::was_running;
    if (other_running_server(config.ingest, layout)) {
        stop_ingest(layout, AfterStop::caller_starts_it);
        result = IngestStart::replaced;
    }
    const Deadline deadline = Deadline::after(ingest_start_deadline);
    if (is_up(config.ingest, layout)) return result;
    const bool is_spawned = spawn_unless_alive(config, layout, deadline, [] { return true; });
    if (is_spawned && result == IngestStart::was_running) result = IngestStart::started;
    const bool is_done = wait_until(
        deadline, [&] { return answers(config.ingest, layout); }, Milliseconds(10));
    if (!is_done && !is_up(config.ingest, layout)) {
        throw Error(ErrorKind::refused, "starting the ingest server: " + why_silent(layout));
    }
    return result;
}

bool is_ingest_dead(const Layout& layout) {
    std::error_code error;
    return std::filesystem::exists(layout.ingest_record(), error) && !is_down(layout) &&
           !live_ingest_record(layout);
}

bool heal_ingest(const Config& config, const Layout& layout) {
    if (config.ingest.server == IngestServer::external) {
        // Of a server that was managed before: nobody's any more.
        std::error_code ignored;
        if (is_ingest_dead(layout)) std::filesystem::remove(layout.ingest_record(), ignored);
        return false;
    }
    const auto is_ended = [&] { return is_down(layout); };
    if (is_ended() || live_ingest_record(layout)) return false;
    const Deadline deadline = Deadline::after(ingest_start_deadline);
    const bool is_spawned =
        spawn_unless_alive(config, layout, deadline, [&] { return !is_ended(); });
    if (!is_spawned) return false;
    wait_until(
        deadline, [&] { return answers(config.ingest, layout) || is_ended(); }, Milliseconds(10));
    if (!is_up(config.ingest, layout) && !is_ended()) {
        throw Error(ErrorKind::refused, "starting the ingest server: " + why_silent(layout));
    }
    return true;
}

std::optional<IngestServer> other_running_server(const IngestConfig& config, const Layout& layout) {
    const auto running = running_server(layout);
    return running == config.server ? std::nullopt : running;
}

bool stop_ingest(const Layout& layout, AfterStop after) {
    const auto is_free = [&] { return !FileLock::is_held(layout.ingest_lock()); };
    if (is_free() && after == AfterStop::caller_starts_it) return false;
    bool is_asked = false;
    {
        const CommandLock lock(layout, verb);
        if (after == AfterStop::stays_down) set_down(layout);
        if (is_free()) return false;
        const auto guardian = open_guardian(live_ingest_record(layout));
        is_asked = guardian && guardian->ask(Ask::stop);
    }
    // The guardian gives the server 2 s at most, then kills it.
    if (is_asked && wait_until(Deadline::after(std::chrono::seconds(5)), is_free)) return true;
    // No guardian, or one that hangs.
    end_ingest_strays(layout);
    if (wait_until(Deadline::after(std::chrono::seconds(1)), is_free)) return true;
    throw Error(ErrorKind::refused,
                "stopping the ingest server: its processes do not end; see 'restream doctor'");
}

void reload_ingest(const Config& config, const Layout& layout) {
    require_managed(config.ingest);
    std::optional<IngestRecord> before;
    {
        const CommandLock lock(layout, verb);
        before = live_ingest_record(layout);
        const auto guardian = open_guardian(before);
        if (!guardian || !guardian->ask(Ask::reload)) {
            throw Error(ErrorKind::refused,
                        "the ingest server is not running; start it with 'restream ingest start'");
        }
    }
    const Deadline deadline = Deadline::after(std::chrono::seconds(12));
    std::optional<IngestRecord> after;
    const bool is_done = wait_until(deadline, [&] {
        after = live_ingest_record(layout);
        return !after || is_reloaded(*before, *after, config.ingest, layout);
    });
    if (!after) throw Error(ErrorKind::refused, "the ingest server ended while it was reloaded");
    if (!after->problem.empty()) throw Error(ErrorKind::refused, after->problem);
    if (!is_done) throw Error(ErrorKind::refused, "reloading the ingest server took too long");
}

std::string obs_settings(const IngestConfig& config) {
    const RtmpEndpoint endpoint = ingest_endpoint(config);
    std::string key = "(leave it empty)";
    if (!endpoint.playpath.is_empty())
        key = "(what follows \"/" + endpoint.app + "/\" in [ingest] url)";
    std::string server = publish_url(config);
    if (config.has_publish_key()) {
        key = "(the value of publish_key in restream.toml)";
        if (!endpoint.playpath.is_empty()) server = "(the whole of [ingest] url)";
    }
    std::string text = fmt::format(
        "In OBS (Settings, Stream, Service \"Custom\"):\n"
        "  Server:      {}\n"
        "  Stream Key:  {}\n",
        server, key);
    if (!config.backup.empty()) {
        const bool has_key = config.has_publish_key() || !endpoint.playpath.is_empty();
        text += fmt::format("In the backup encoder, the same but:\n  Stream Key:  {}{}\n",
                            has_key ? "(the same)/" : "", config.backup);
    }
    if (config.listen_host == "0.0.0.0" || config.listen_host == "::") {
        text += "From another machine, put this one's address in the place of the server's.\n";
    }
    return text;
}

}  // namespace restream
