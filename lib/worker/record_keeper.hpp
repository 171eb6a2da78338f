// Publishes a relay's record: changes at once, figures once a second.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "base/clock.hpp"
#include "state/record.hpp"
#include "state/registry.hpp"
#include "system/log.hpp"

namespace restream {

/// The one writer of a relay's record while its worker lives. Writes on a thread of its own, so
/// that neither a slow disk holds up the media nor a stalled destination the record.
///
/// Where the record cannot be written (a full disk), the old one is deleted: no record is better
/// than one that says what is not true any more.
class RecordKeeper {
  public:
    /// `beside` is what else this thread writes, in each turn; it is told how late the turn comes.
    RecordKeeper(const Registry& registry, LogFile& log, Record first,
                 std::function<void(Milliseconds late)> beside = {});
    /// Writes what is not written yet.
    ~RecordKeeper();
    RecordKeeper(const RecordKeeper&) = delete;
    RecordKeeper& operator=(const RecordKeeper&) = delete;

    /// Changes the record and has it written at once.
    void change(const std::function<void(Record&)>& edit);
    /// Changes figures: written with the next turn, within a second.
    void count(const std::function<void(Record&)>& edit);
    Record current() const;

  private:
    void run();
    void write(const Record& record);

    const Registry& registry_;
    LogFile& log_;
    std::function<void(Milliseconds)> beside_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    Record record_;
    bool is_urgent_ = true;
    bool is_ending_ = false;
    bool has_failed_ = false;
    std::thread thread_;
};

}  // namespace restream
