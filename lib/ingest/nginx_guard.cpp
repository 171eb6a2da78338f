#include "ingest/nginx_guard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/error.hpp"
#include "ingest/address.hpp"
#include "ingest/listen_check.hpp"
#include "ingest/nginx_config.hpp"
#include "ingest/nginx_log.hpp"
#include "ingest/nginx_stat.hpp"
#include "ingest/strays.hpp"
#include "system/atomic_file.hpp"
#include "system/paths.hpp"
#include "system/tcp.hpp"

namespace restream {

namespace fs = std::filesystem;

namespace {

constexpr std::uintmax_t longest_template_bytes = 64 * 1024;
constexpr Milliseconds test_deadline = std::chrono::seconds(5);
constexpr Milliseconds reload_deadline = std::chrono::seconds(5);

/// `-e`: where nginx writes until it has read its configuration.
SpawnRequest nginx_request(const NginxInstallation& installation, const fs::path& folder,
                           const char* early_log) {
    SpawnRequest request;
    request.program = installation.program;
    // The prefix and the working directory are one: the socket's path is relative to the latter.
    request.arguments = {"-p", folder.string() + "/", "-c", "nginx.conf", "-e", early_log};
    request.working_directory = folder;
    request.without_variables = {"NGINX"};  // nginx would take it for sockets handed on to it
    return request;
}

void write_or_throw(const fs::path& path, std::string_view content) {
    if (const auto error = publish_file(path, content, Durability::survives_crash)) {
        throw Error(ErrorKind::refused, "writing " + path.string() + ": " + error.message(), error);
    }
}

/// Whether the second address can be had, or is nginx's own already.
BothFamilies both_families(const IngestConfig& config, PortIs port) {
    const ListenPlaces places = listen_places(config.listen_host);
    if (places.second.empty()) return BothFamilies::cannot;
    const auto& doubtful = places.first == "::" ? places.first : places.second;
    const auto problem = listen_problem(doubtful, config.listen_port);
    const bool is_taken = problem == std::errc::address_in_use;
    return !problem || (is_taken && port == PortIs::own) ? BothFamilies::can_be_had
                                                         : BothFamilies::cannot;
}

}  // namespace

NginxGuard::NginxGuard(IngestMeans means)
    : IngestGuard(IngestServer::nginx, std::move(means)), installation_(require_nginx()) {
    make_private_directory(layout().nginx_directory() / "test");
    ingest_ = load_own().ingest;
    require_free_port(ingest_);
    config_text_ = tested_config(ingest_, PortIs::free);
    publish();
}

std::string NginxGuard::tested_config(const IngestConfig& config, PortIs port) const {
    const std::string text =
        render_nginx_config(read_file(share_directory() / "nginx.conf.in", longest_template_bytes),
                            config, installation_.rtmp_module, both_families(config, port));
    // In a folder of its own: a test opens log, PID file and socket, too.
    const fs::path folder = layout().nginx_directory() / "test";
    make_private_directory(folder);
    write_or_throw(folder / "nginx.conf", text);
    SpawnRequest request = nginx_request(installation_, folder, "stderr");
    request.arguments.emplace_back("-t");
    const Captured result = run_captured(std::move(request), Deadline::after(test_deadline));
    if (result.status == 0) return text;
    const std::string why =
        result.timed_out ? "it did not end in time" : last_complaint(result.error);
    throw Error(ErrorKind::refused, fmt::format("nginx refuses its configuration, {}: {}",
                                                (folder / "nginx.conf").string(), why));
}

void NginxGuard::apply(const std::string& nginx_config) const {
    write_or_throw(layout().nginx_directory() / "nginx.conf", nginx_config);
}

ChildProcess NginxGuard::start(const FileLock& lock, const Fd&) {
    const fs::path folder = layout().nginx_directory();
    make_private_directory(folder);
    std::error_code ignored;
    // What a killed nginx leaves; it cannot listen where a file is.
    fs::remove(folder / "stat.sock", ignored);
    apply(config_text_);
    SpawnRequest request = nginx_request(installation_, folder, "error.log");
    request.inherited = {&lock.descriptor()};
    request.leads_group = true;
    if (const auto hook = ingest_.on_state.variable(); !hook.empty()) {
        request.without_variables.push_back(hook);
    }
    request.dies_with_parent = true;
    return ChildProcess::spawn(request);
}

std::string NginxGuard::last_words() {
    return last_complaint(log_end(layout().nginx_directory() / "error.log"));
}

bool NginxGuard::answers() const {
    return ask_nginx(layout().nginx_directory(), Deadline::after(nginx_patience)).has_value();
}

void NginxGuard::ask_stop(const ChildProcess& child) { child.ask(Ask::stop); }

Guarded::AfterReload NginxGuard::take(const Config& config, const ChildProcess* child) {
    const IngestConfig& next = config.ingest;
    const bool is_own_port = next.listen_port == ingest_.listen_port;
    if (!is_own_port) require_free_port(next);
    const std::string text = tested_config(next, is_own_port ? PortIs::own : PortIs::free);
    apply(text);
    if (child != nullptr) replace_worker(*child);
    ingest_ = next;
    config_text_ = text;
    return AfterReload::child_stays;
}

void NginxGuard::replace_worker(const ChildProcess& child) {
    const int master = child.id().pid;
    const auto before = children_of(master);
    if (!child.ask(Ask::reload)) return;  // it has ended: the guardian's loop sees to that
    const bool has_new = wait_until(
        Deadline::after(reload_deadline),
        [&] {
            return std::ranges::any_of(children_of(master), [&](const ProcessId& each) {
                return std::ranges::find(before, each) == before.end();
            });
        },
        Milliseconds(20));
    if (!has_new) {
        throw Error(ErrorKind::refused,
                    fmt::format("nginx did not take the new configuration ({}); 'restream ingest "
                                "restart' starts it anew",
                                last_words()));
    }
    end_processes(before);
}

void NginxGuard::look_at_publisher() {
    const auto stat = ask_nginx(layout().nginx_directory(), Deadline::after(nginx_patience));
    const SteadyTime now = SteadyClock::now();
    pulse_.look(stat ? stat->find(ingest_endpoint(ingest_)) : nullptr, now);
    if (!pulse_.is_silent()) return tell_silence(std::nullopt);
    const auto span = std::chrono::duration_cast<Milliseconds>(now - pulse_.since());
    tell_silence(std::chrono::system_clock::now() - span);
}

void NginxGuard::look_after() {
    IngestGuard::look_after();
    look_at_publisher();
    keep_short(layout().nginx_directory() / "error.log");
}

}  // namespace restream
