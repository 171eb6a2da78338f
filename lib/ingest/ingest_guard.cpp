#include "ingest/ingest_guard.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "base/error.hpp"
#include "ingest/embedded_guard.hpp"
#include "ingest/nginx_guard.hpp"
#include "ingest/server.hpp"
#include "ingest/strays.hpp"
#include "system/atomic_file.hpp"
#include "system/paths.hpp"

namespace restream {

namespace fs = std::filesystem;

IngestGuard::IngestGuard(IngestServer kind, IngestMeans means) : means_(std::move(means)) {
    record_.kind = kind;
    record_.guardian = this_process();
    record_.since = std::chrono::system_clock::now();
}

Config IngestGuard::load_own() {
    Config config = means_.load();
    require_managed(config.ingest);
    if (config.ingest.server != record_.kind) {
        throw Error(
            ErrorKind::refused,
            fmt::format("restream.toml wants {} now, and {} runs; 'restream ingest restart' "
                        "replaces one with the other, which interrupts every live destination",
                        describe_server(config.ingest.server), describe_server(record_.kind)));
    }
    record_.url = config.ingest.display_url();
    return config;
}

void IngestGuard::started(const ProcessId& child, std::uint32_t restarts) {
    record_.server = child;
    record_.restarts = restarts;
    record_.since = std::chrono::system_clock::now();
    publish();
}

void IngestGuard::crashed(const std::string& how, std::uint32_t restarts, Milliseconds wait) {
    end_ingest_strays(layout());
    const std::string words = last_words();
    has_crashed_ = true;
    record_.server.reset();
    record_.restarts = restarts;
    record_.problem =
        fmt::format("{} ended by itself ({}{}{}); it is started again {}",
                    describe_server(record_.kind), how, words.empty() ? "" : ": ", words,
                    wait.count() == 0 ? "at once" : "in " + format_duration(wait));
    publish();
}

Guarded::AfterReload IngestGuard::reload(const ChildProcess* child) {
    ++record_.reloads;
    record_.problem.clear();
    // From here on the problem is the reload's: an answer of the server does not mend that.
    has_crashed_ = false;
    auto result = AfterReload::child_stays;
    try {
        result = take(load_own(), child);
    } catch (const Error& error) {
        record_.problem = fmt::format("the ingest server goes on as it was: {}", error.what());
    }
    publish();
    return result;
}

void IngestGuard::look_after() {
    means_.upkeep();
    // Somebody deleted the folder: without its record, commands would take this process for a
    // stray.
    std::error_code error;
    if (!fs::exists(layout().ingest_record(), error)) publish();
    if (!has_crashed_ || !answers()) return;
    has_crashed_ = false;
    record_.problem.clear();
    publish();
}

void IngestGuard::stopped() {
    end_ingest_strays(layout());
    std::error_code ignored;
    fs::remove(layout().ingest_record(), ignored);
}

void IngestGuard::tell_silence(std::optional<WallTime> since) {
    if (record_.silent_since.has_value() == since.has_value()) return;
    record_.silent_since = since;
    publish();
}

void IngestGuard::publish() const {
    // A full disk must not end the server: the lock says that it lives.
    static_cast<void>(
        publish_file(layout().ingest_record(), to_json(record_), Durability::survives_crash));
}

namespace {

FileLock take_lock(const Layout& layout) {
    make_private_directory(layout.run_directory());
    const fs::path path = layout.ingest_lock();
    auto lock = FileLock::acquire(path, Deadline::after(std::chrono::seconds(1)));
    // Held, but by no guardian: what is left of one that was killed together with its server.
    if (!lock && !live_ingest_record(layout)) end_ingest_strays(layout);
    if (!lock) lock = FileLock::acquire(path, Deadline::after(patience_with_predecessor));
    if (!lock) {
        throw Error(ErrorKind::busy,
                    "another ingest server of this state folder is running; see 'restream ingest "
                    "status'");
    }
    lock->note(fmt::format("{} ingest", this_process().pid));
    return std::move(*lock);
}

std::unique_ptr<Guarded> make_guard(const IngestMeans& means) {
    const IngestConfig ingest = means.load().ingest;
    require_managed(ingest);
    if (ingest.server == IngestServer::nginx) return std::make_unique<NginxGuard>(means);
    return std::make_unique<EmbeddedGuard>(means);
}

}  // namespace

void serve_ingest(const IngestMeans& means, StartReport& report) {
    try {
        Inbox inbox;
        FileLock lock = take_lock(means.layout);
        const auto server = make_guard(means);
        report.ready();
        guard(std::move(lock), *server, inbox);
    } catch (const Error& error) {
        report.failed(error.what());
        throw;
    }
}

}  // namespace restream
