#include "relay/life.hpp"

namespace restream {

Record next_life(const std::optional<Record>& last, const std::string& name) {
    Record record;
    record.name = name;
    record.since = record.written = std::chrono::system_clock::now();
    if (!last) return record;
    record.service = last->service;
    record.url = last->url;
    record.reconnects = last->reconnects;
    record.attempts = last->attempts;
    record.worker_restarts = last->worker_restarts;
    record.dirty_end = last->dirty_end;
    record.failure = last->failure;
    record.tries = last->tries;
    const bool was_in_session = last->state == State::live || last->state == State::holding ||
                                last->state == State::connecting;
    if (was_in_session) record.dirty_end = last->written;
    return record;
}

}  // namespace restream
