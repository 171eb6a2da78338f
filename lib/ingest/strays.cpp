#include "ingest/strays.hpp"

#include <vector>

#include "ingest/record.hpp"
#include "state/lock.hpp"

namespace restream {

void end_processes(std::span<const ProcessId> processes) {
    std::vector<ProcessHandle> handles;
    for (const auto& each : processes) {
        if (auto handle = ProcessHandle::open(each)) handles.push_back(std::move(*handle));
    }
    for (const Ask what : {Ask::stop, Ask::kill}) {
        const Deadline deadline = Deadline::after(std::chrono::seconds(1));
        for (const auto& each : handles) each.ask(what);
        for (const auto& each : handles) each.wait_exit(deadline);
    }
}

void end_ingest_strays(const Layout& layout) {
    std::vector<ProcessId> strays = FileLock::holders(layout.ingest_lock());
    if (const auto record = last_ingest_record(layout)) {
        strays.push_back(record->guardian);
        if (record->server) strays.push_back(*record->server);
    }
    std::erase(strays, this_process());
    end_processes(strays);
}

}  // namespace restream
