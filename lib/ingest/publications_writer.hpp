// Puts the embedded server's record where others read it.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>

#include "ingest/publications_record.hpp"

namespace restream {

/// Writes on a thread of its own: a disk that takes its time holds up no picture. Of several
/// records that come while it writes, the latest is written. Where it cannot be written the old one
/// is deleted: none is better than one that is no longer true.
class PublicationsWriter {
  public:
    explicit PublicationsWriter(std::filesystem::path path);
    /// **Blocks**: until the last record is written.
    ~PublicationsWriter();
    PublicationsWriter(const PublicationsWriter&) = delete;
    PublicationsWriter& operator=(const PublicationsWriter&) = delete;

    /// Returns at once.
    void write(const PublicationsRecord& record);

  private:
    void run();

    const std::filesystem::path path_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<PublicationsRecord> next_;
    bool is_ending_ = false;
    std::thread thread_;
};

}  // namespace restream
