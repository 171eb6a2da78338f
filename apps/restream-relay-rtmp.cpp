// The worker of one relay to an RTMP destination: started by its guardian, restream-relay.
#include "relay/rtmp_sink.hpp"
#include "relay_worker.hpp"

int main(int argc, char** argv) {
    using namespace restream;
    return run_relay_worker({"relay-rtmp", WorkerKind::rtmp, open_rtmp_sink, {}}, argc, argv);
}
