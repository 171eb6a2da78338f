// The embedded ingest server: started by its guardian, restream-ingest.
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "base/error.hpp"
#include "command.hpp"
#include "config/config.hpp"
#include "config/key.hpp"
#include "contain/contain.hpp"
#include "server/embedded_settings.hpp"
#include "server/publications_writer.hpp"
#include "state/layout.hpp"
#include "state/log_tail.hpp"
#include "system/inbox.hpp"
#include "system/log.hpp"
#include "system/paths.hpp"

namespace {

using namespace restream;

/// From the stop to the end of the process, whatever hangs.
constexpr Milliseconds longest_goodbye = std::chrono::seconds(1);
/// For a key command.
constexpr Milliseconds key_patience = std::chrono::seconds(5);

/// Until the guardian is gone or says stop.
void await_stop(Inbox& inbox, const Fd& lifeline) {
    for (;;) {
        const auto what = inbox.wait(Deadline::never(), nullptr, &lifeline);
        char byte = 0;
        if (what == Inbox::What::stop) return;
        if (what == Inbox::What::line_changed && read_some(lifeline, {&byte, 1}) == 0) return;
    }
}

EmbeddedSettings settings_of(const Config& config, LogFile& log) {
    const auto key = resolve_publish_key(config, Deadline::after(key_patience));
    if (const auto* problem = std::get_if<KeyProblem>(&key)) {
        throw Error(ErrorKind::refused, problem->message);
    }
    log.hide(std::get<Secret>(key));
    return embedded_settings(config.ingest, std::get<Secret>(key));
}

/// Where there can be none, its lines are dropped: the picture goes on without.
std::unique_ptr<LogFile> open_log(const Layout& layout, const LogConfig& bounds) {
    try {
        make_private_directory(layout.log_directory());
    } catch (const Error&) {
        // 'restream doctor' reports a state folder that cannot be written.
    }
    return std::make_unique<LogFile>(ingest_log(layout), bounds.max_bytes, bounds.keep);
}

/// What all players' queues may take is bounded below this.
constexpr std::uint64_t memory_bytes = std::uint64_t(8) << 30;

/// From here on only the state folder is read and written, and no connection made: those that come
/// in are all there are.
void contain_server(const Layout& layout) {
    Containment rest;
    rest.calls = SystemCalls::of_a_listener;
    rest.readable = {layout.root()};
    rest.writable = {layout.root()};
    rest.ports.emplace();
    rest.memory_bytes = memory_bytes;
    contain(rest);
}

int serve() {
    Fd lock = inherited_descriptor(0);
    const Fd lifeline = inherited_descriptor(1);
    if (!lock.is_open() || !lifeline.is_open()) {
        throw Error(ErrorKind::usage, "is started by its guardian; use 'restream ingest start'");
    }
    lock.leave_open();  // free when this process is gone, not when it is about to go
    forbid_core_dumps();
    Inbox inbox;
    const Layout layout(state_directory());
    const Config config = load_config(config_directory());
    auto log = open_log(layout, config.log);
    EmbeddedSettings settings = settings_of(config, *log);
    std::optional<PublicationsWriter> record(std::in_place, layout.publications_record(),
                                             std::move(log));
    EmbeddedServer server(
        std::move(settings), [&record](const PublicationsRecord& news) { record->write(news); },
        [&record](std::string line) { record->log(std::move(line)); });
    Pipe finished = make_pipe();
    contain_server(layout);
    record->begin();
    std::thread watch([&] {
        await_stop(inbox, lifeline);
        server.stop();
        // Whatever hangs: not for longer than the goodbye may take.
        if (!wait_readable(finished.read_end, Deadline::after(longest_goodbye))) std::_Exit(0);
    });
    server.run();
    record.reset();  // written, as long as somebody watches over it
    finished.write_end.close();
    watch.join();
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    return restream::run_command(
        "ingest-server", "Takes publishers and serves players. Started by restream-ingest.", argc,
        argv, [](Arguments&) -> restream::CommandBody { return serve; });
}
