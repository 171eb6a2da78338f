// The worker of one relay to an RTMP destination: started by its guardian, restream-relay.
#include "relay_worker.hpp"
#include "worker/rtmp_sink.hpp"

int main(int argc, char** argv) {
    using namespace restream;
    return run_relay_worker({"relay-rtmp", WorkerKind::rtmp, open_rtmp_sink, {}}, argc, argv);
}
