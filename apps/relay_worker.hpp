// What the programs of relays' workers share.
#pragma once

#include <functional>
#include <string_view>

#include "relay/worker_kind.hpp"
#include "worker/sink.hpp"

namespace restream {

/// One worker program.
struct RelayWorker {
    std::string_view command;  ///< "relay-rtmp"
    WorkerKind kind = WorkerKind::rtmp;
    OpenSink open_sink;
    /// Where a library says what it does: hands it a place for its lines, and nothing at the end.
    std::function<void(std::function<void(std::string_view)>)> hear;
};

/// Its whole main(). Started by a guardian, with the relay's lock and the lifeline as what it
/// inherits; ends when the lifeline does.
int run_relay_worker(const RelayWorker& worker, int argc, char** argv);

}  // namespace restream
