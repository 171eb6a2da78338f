#include "ingest/nginx_server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/atomic_file.hpp"
#include "base/error.hpp"
#include "base/paths.hpp"
#include "config/key.hpp"
#include "ingest/address.hpp"
#include "ingest/nginx_config.hpp"
#include "ingest/nginx_log.hpp"
#include "ingest/nginx_stat.hpp"
#include "ingest/server.hpp"
#include "ingest/strays.hpp"
#include "ingest/tcp.hpp"

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

std::string who_holds(int port) {
    const auto holder = find_port_holder(port);
    if (!holder || holder->pid == 0) return "by another user's process";
    return fmt::format("by {} (PID {})", holder->name, holder->pid);
}

void require_free(const IngestConfig& config) {
    const auto problem = listen_problem(config.listen_host, config.listen_port);
    if (!problem) return;
    const std::string place = host_and_port(config.listen_host, config.listen_port);
    switch (*problem) {
        case ListenProblem::taken:
            throw Error(
                ErrorKind::refused,
                fmt::format("listening at {}: port {} is taken {}; end that program, or "
                            "change listen and url in the [ingest] section of restream.toml, "
                            "or set server = \"external\" to use the server that is there",
                            place, config.listen_port, who_holds(config.listen_port)));
        case ListenProblem::not_allowed:
            throw Error(ErrorKind::refused,
                        fmt::format("listening at {}: not allowed; ports below 1024 belong to the "
                                    "system: use 1935",
                                    place));
        case ListenProblem::no_such_address:
            throw Error(ErrorKind::refused,
                        fmt::format("listening at {}: this machine does not have that address; use "
                                    "127.0.0.1, or 0.0.0.0 for all of its addresses",
                                    place));
        case ListenProblem::other:
            break;  // nginx will say it
    }
}

}  // namespace

NginxServer::NginxServer(Layout layout, std::function<Config()> load, std::function<void()> upkeep)
    : layout_(std::move(layout)),
      load_(std::move(load)),
      upkeep_(std::move(upkeep)),
      installation_(require_nginx()) {
    make_private_directory(layout_.nginx_directory() / "test");
    ingest_ = load_managed().ingest;
    require_free(ingest_);
    config_text_ = tested_config(ingest_);
    record_.guardian = this_process();
    record_.since = std::chrono::system_clock::now();
    publish();
}

Config NginxServer::load_managed() const {
    Config config = load_();
    require_managed(config.ingest);
    return config;
}

std::string NginxServer::tested_config(const IngestConfig& config) const {
    const std::string text =
        render_nginx_config(read_file(share_directory() / "nginx.conf.in", longest_template_bytes),
                            config, installation_.rtmp_module);
    // In a folder of its own: a test opens log, PID file and socket, too.
    const fs::path folder = layout_.nginx_directory() / "test";
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

void NginxServer::apply(const std::string& nginx_config) const {
    write_or_throw(layout_.nginx_directory() / "nginx.conf", nginx_config);
}

ChildProcess NginxServer::start(const FileLock& lock, const Fd&) {
    const fs::path folder = layout_.nginx_directory();
    make_private_directory(folder);
    std::error_code ignored;
    // What a killed nginx leaves; it cannot listen where a file is.
    fs::remove(folder / "stat.sock", ignored);
    apply(config_text_);
    SpawnRequest request = nginx_request(installation_, folder, "error.log");
    request.inherited = {&lock.descriptor()};
    request.leads_group = true;
    request.dies_with_parent = true;
    return ChildProcess::spawn(request);
}

void NginxServer::started(const ProcessId& child, std::uint32_t restarts) {
    record_.server = child;
    record_.restarts = restarts;
    record_.since = std::chrono::system_clock::now();
    publish();
}

void NginxServer::crashed(const std::string& how, std::uint32_t restarts, Milliseconds wait) {
    end_strays(layout_.ingest_lock());
    const std::string complaint = last_complaint(log_end(layout_.nginx_directory() / "error.log"));
    has_crashed_ = true;
    record_.server.reset();
    record_.restarts = restarts;
    record_.problem = fmt::format("nginx ended by itself ({}{}{}); it is started again {}", how,
                                  complaint.empty() ? "" : ": ", complaint,
                                  wait.count() == 0 ? "at once" : "in " + format_duration(wait));
    publish();
}

void NginxServer::ask_stop(const ChildProcess& child) { child.ask(Ask::stop); }

void NginxServer::reload(const ChildProcess& child) {
    ++record_.reloads;
    record_.problem.clear();
    try {
        const IngestConfig next = load_managed().ingest;
        if (next.listen_port != ingest_.listen_port) require_free(next);
        const std::string text = tested_config(next);
        apply(text);
        replace_worker(child);
        ingest_ = next;
        config_text_ = text;
    } catch (const Error& error) {
        record_.problem = fmt::format("the ingest server goes on as it was: {}", error.what());
    }
    publish();
}

void NginxServer::replace_worker(const ChildProcess& child) {
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
                                last_complaint(log_end(layout_.nginx_directory() / "error.log"))));
    }
    end_processes(before);
}

void NginxServer::look_after() {
    upkeep_();
    keep_short(layout_.nginx_directory() / "error.log");
    // Somebody deleted the folder: without its record, commands would take this process for a
    // stray.
    std::error_code error;
    if (!fs::exists(layout_.ingest_record(), error)) publish();
    if (!has_crashed_) return;
    if (!ask_nginx(layout_.nginx_directory(), Deadline::after(nginx_patience))) return;
    has_crashed_ = false;
    record_.problem.clear();
    publish();
}

void NginxServer::stopped() {
    end_strays(layout_.ingest_lock());
    std::error_code ignored;
    fs::remove(layout_.ingest_record(), ignored);
}

void NginxServer::publish() const {
    // A full disk must not end the server: the lock says that it lives, and status asks nginx
    // itself.
    static_cast<void>(
        publish_file(layout_.ingest_record(), to_json(record_), Durability::survives_crash));
}

namespace {

FileLock take_lock(const Layout& layout) {
    make_private_directory(layout.run_directory());
    const fs::path path = layout.ingest_lock();
    auto lock = FileLock::acquire(path, Deadline::after(std::chrono::seconds(1)));
    // Held, but by no guardian: what is left of one that was killed together with nginx's master.
    if (!lock && !live_ingest_record(layout)) end_strays(path);
    if (!lock) lock = FileLock::acquire(path, Deadline::after(patience_with_predecessor));
    if (!lock) {
        throw Error(ErrorKind::busy,
                    "another ingest server of this state folder is running; see 'restream ingest "
                    "status'");
    }
    lock->note(fmt::format("{} ingest", this_process().pid));
    return std::move(*lock);
}

}  // namespace

void serve_nginx(const Layout& layout, const std::function<Config()>& load,
                 const std::function<void()>& upkeep, StartReport& report) {
    try {
        Inbox inbox;
        FileLock lock = take_lock(layout);
        NginxServer server(layout, load, upkeep);
        report.ready();
        guard(std::move(lock), server, inbox);
    } catch (const Error& error) {
        report.failed(error.what());
        throw;
    }
}

}  // namespace restream
