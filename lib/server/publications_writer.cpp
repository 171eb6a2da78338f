#include "server/publications_writer.hpp"

#include <utility>

#include "system/atomic_file.hpp"

namespace restream {

namespace {

constexpr std::size_t most_waiting_lines = 256;

}  // namespace

PublicationsWriter::PublicationsWriter(std::filesystem::path path, std::unique_ptr<LogFile> log)
    : path_(std::move(path)), log_(std::move(log)) {}

void PublicationsWriter::begin() {
    thread_ = std::thread([this] { run(); });
}

PublicationsWriter::~PublicationsWriter() {
    {
        const std::lock_guard lock(mutex_);
        is_ending_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable())
        thread_.join();
    else
        run();
}

void PublicationsWriter::write(const PublicationsRecord& record) {
    {
        const std::lock_guard lock(mutex_);
        next_ = record;
    }
    changed_.notify_one();
}

void PublicationsWriter::log(std::string line) {
    if (!log_) return;
    {
        const std::lock_guard lock(mutex_);
        if (lines_.size() >= most_waiting_lines) return;
        lines_.push_back(std::move(line));
    }
    changed_.notify_one();
}

void PublicationsWriter::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return next_ || !lines_.empty() || is_ending_; });
        const auto record = std::exchange(next_, std::nullopt);
        const auto lines = std::exchange(lines_, {});
        if (!record && lines.empty()) return;
        lock.unlock();
        for (const std::string& each : lines) log_->line(each);
        if (record && publish_file(path_, to_json(*record), Durability::survives_crash)) {
            std::error_code ignored;
            std::filesystem::remove(path_, ignored);
        }
        lock.lock();
    }
}

}  // namespace restream
