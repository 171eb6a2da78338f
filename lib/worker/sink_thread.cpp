#include "worker/sink_thread.hpp"

#include <utility>

#include "base/error.hpp"

namespace restream {

SinkThread::SinkThread(OpenBlockingSink open, SinkRequest request, Loop& loop)
    : loop_(loop), thread_([this, open = std::move(open), request = std::move(request)] {
          run(open, request);
      }) {}

SinkThread::~SinkThread() {
    cancel_.request();
    {
        const std::lock_guard lock(mutex_);
        changed_.notify_all();
    }
    thread_.join();
}

void SinkThread::run(const OpenBlockingSink& open, const SinkRequest& request) {
    std::optional<SessionEnd> end;
    try {
        auto opened = open(request, cancel_);
        if (auto* failed = std::get_if<SessionEnd>(&opened))
            end = std::move(*failed);
        else
            end = carry(*std::get<std::unique_ptr<BlockingSink>>(opened));
    } catch (const std::exception& error) {
        end = SessionEnd{EndCode::failed, error.what()};
    }
    settle(std::move(end));
}

/// Writes what it is handed, to the end. Nothing where the sink is just dropped.
std::optional<SessionEnd> SinkThread::carry(BlockingSink& sink) {
    std::unique_lock lock(mutex_);
    is_accepted_ = true;
    file_name_ = sink.file_name();
    std::vector<Tag> tags;
    std::optional<SessionEnd> end;
    for (;;) {
        is_busy_ = false;
        if (std::exchange(is_awaited_, false)) loop_.wake();
        changed_.wait(lock,
                      [&] { return goodbye_ || !waiting_.empty() || cancel_.is_requested(); });
        is_busy_ = true;
        if (goodbye_) {
            const Deadline deadline = *goodbye_;
            lock.unlock();
            sink.finish(deadline);
            return SessionEnd{EndCode::stopped};
        }
        if (cancel_.is_requested()) return std::nullopt;
        tags.swap(waiting_);
        lock.unlock();
        for (const Tag& tag : tags) {
            if (!end) end = sink.write(tag);
        }
        tags.clear();
        lock.lock();
        // A write that finish() has cancelled is no end: the goodbye follows it.
        if (end && (!goodbye_ || end->code != EndCode::stopped)) return end;
    }
}

void SinkThread::settle(std::optional<SessionEnd> end) {
    const std::lock_guard lock(mutex_);
    end_ = end ? std::move(end) : SessionEnd{EndCode::stopped};
    is_busy_ = true;
    loop_.wake();
}

bool SinkThread::is_accepted() const {
    const std::lock_guard lock(mutex_);
    is_awaited_ |= !is_accepted_;
    return is_accepted_;
}

std::optional<SessionEnd> SinkThread::end() const {
    const std::lock_guard lock(mutex_);
    return end_;
}

bool SinkThread::is_ready() const {
    const std::lock_guard lock(mutex_);
    const bool is_ready = !end_ && !is_busy_ && waiting_.empty();
    is_awaited_ |= !is_ready;
    return is_ready;
}

void SinkThread::write(const Tag& tag) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(tag);
    changed_.notify_all();
}

void SinkThread::finish(const Deadline& deadline) {
    const std::lock_guard lock(mutex_);
    if (goodbye_) return;
    goodbye_ = deadline;
    if (is_busy_) cancel_.request();
    changed_.notify_all();
}

std::string SinkThread::file_name() const {
    const std::lock_guard lock(mutex_);
    return file_name_;
}

OpenSink on_thread(OpenBlockingSink open) {
    return
        [open = std::move(open)](const SinkRequest& request, Loop& loop) -> std::unique_ptr<Sink> {
            return std::make_unique<SinkThread>(open, request, loop);
        };
}

}  // namespace restream
