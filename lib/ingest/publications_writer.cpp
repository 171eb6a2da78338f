#include "ingest/publications_writer.hpp"

#include <utility>

#include "base/atomic_file.hpp"

namespace restream {

PublicationsWriter::PublicationsWriter(std::filesystem::path path)
    : path_(std::move(path)), thread_([this] { run(); }) {}

PublicationsWriter::~PublicationsWriter() {
    {
        const std::lock_guard lock(mutex_);
        is_ending_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

void PublicationsWriter::write(const PublicationsRecord& record) {
    {
        const std::lock_guard lock(mutex_);
        next_ = record;
    }
    changed_.notify_one();
}

void PublicationsWriter::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return next_ || is_ending_; });
        if (!next_) return;
        const PublicationsRecord record = std::move(*std::exchange(next_, std::nullopt));
        lock.unlock();
        if (publish_file(path_, to_json(record), Durability::survives_crash)) {
            std::error_code ignored;
            std::filesystem::remove(path_, ignored);
        }
        lock.lock();
    }
}

}  // namespace restream
