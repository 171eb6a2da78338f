#include "ingest/embedded_guard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/error.hpp"
#include "config/key.hpp"
#include "ingest/listen_check.hpp"
#include "ingest/server.hpp"
#include "system/paths.hpp"

namespace restream {

namespace fs = std::filesystem;

namespace {

/// For a key command. Half of what `ingest start` waits for all.
constexpr Milliseconds key_patience = std::chrono::seconds(5);
constexpr std::size_t most_heard_bytes = 4096;
constexpr const char* program = "restream-ingest-server";

/// A key that cannot be had is found here, where somebody is told, and not first by the server.
void require_key(const Config& config) {
    const auto key = resolve_publish_key(config, Deadline::after(key_patience));
    if (const auto* problem = std::get_if<KeyProblem>(&key)) {
        throw Error(ErrorKind::refused, problem->message);
    }
}

/// The last line, without the program's name before it.
std::string last_line(std::string_view text) {
    while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
    const auto begin = text.rfind('\n');
    if (begin != std::string_view::npos) text.remove_prefix(begin + 1);
    const std::string name = fmt::format("{}: ", program);
    if (text.starts_with(name)) text.remove_prefix(name.size());
    return std::string(text);
}

}  // namespace

EmbeddedGuard::EmbeddedGuard(IngestMeans means)
    : IngestGuard(IngestServer::embedded, std::move(means)) {
    const Config config = load_own();
    require_key(config);
    require_free_port(config.ingest);
    ingest_ = config.ingest;
    publish();
}

ChildProcess EmbeddedGuard::start(const FileLock& lock, const Fd& lifeline) {
    const Config config = load_own();
    ingest_ = config.ingest;
    std::error_code ignored;
    fs::remove(layout().publications_record(), ignored);
    Pipe error = make_pipe();
    SpawnRequest request;
    request.program = program_directory() / program;
    request.inherited = {&lock.descriptor(), &lifeline};
    request.error = &error.write_end;
    request.without_variables = key_variables_but_publish_key(config);
    request.dies_with_parent = true;
    ChildProcess child = ChildProcess::spawn(request);
    complaints_ = std::move(error.read_end);
    heard_.clear();
    return child;
}

Guarded::AfterReload EmbeddedGuard::take(const Config& next, const ChildProcess*) {
    require_key(next);
    const bool is_elsewhere = next.ingest.listen_port != ingest_.listen_port;
    if (is_elsewhere) require_free_port(next.ingest);
    return AfterReload::child_is_replaced;
}

void EmbeddedGuard::hear() {
    const Deadline now = Deadline::after(Milliseconds(0));
    char block[1024];
    while (complaints_.is_open() && wait_readable(complaints_, now)) {
        const std::size_t got = read_some(complaints_, block);
        if (got == 0) complaints_.close();
        heard_.append(block, got);
        if (heard_.size() > most_heard_bytes) heard_.erase(0, heard_.size() - most_heard_bytes);
    }
}

std::string EmbeddedGuard::last_words() {
    hear();
    std::error_code ignored;
    fs::remove(layout().publications_record(), ignored);
    return last_line(heard_);
}

bool EmbeddedGuard::answers() const { return says_who_publishes(IngestServer::embedded, layout()); }

void EmbeddedGuard::look_after() {
    IngestGuard::look_after();
    hear();
}

void EmbeddedGuard::stopped() {
    IngestGuard::stopped();
    std::error_code ignored;
    fs::remove(layout().publications_record(), ignored);
}

}  // namespace restream
