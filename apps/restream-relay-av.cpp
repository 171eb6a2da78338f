// The worker of one relay to a file, to HLS or over SRT, on libavformat: started by its guardian,
// restream-relay.
#include "media/av_log.hpp"
#include "media/open_sink.hpp"
#include "relay_worker.hpp"
#include "worker/sink_thread.hpp"

int main(int argc, char** argv) {
    using namespace restream;
    return run_relay_worker({"relay-av", WorkerKind::av, on_thread(open_sink), hear_av_log}, argc,
                            argv);
}
