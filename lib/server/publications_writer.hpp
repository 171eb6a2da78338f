// Puts the embedded server's record and log where others read them.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "ingest/publications_record.hpp"
#include "system/log.hpp"

namespace restream {

/// Writes on a thread of its own: a disk that takes its time holds up no picture. Of several
/// records that come while it writes, the latest is written. Where it cannot be written the old one
/// is deleted: none is better than one that is no longer true.
class PublicationsWriter {
  public:
    /// Without a log, lines for it are dropped. What comes before begin() waits for it.
    explicit PublicationsWriter(std::filesystem::path path, std::unique_ptr<LogFile> log = {});
    /// **Blocks**: until the last record and the last line are written.
    ~PublicationsWriter();
    PublicationsWriter(const PublicationsWriter&) = delete;
    PublicationsWriter& operator=(const PublicationsWriter&) = delete;

    /// Starts the thread.
    void begin();
    /// Returns at once.
    void write(const PublicationsRecord& record);
    /// Likewise. Where the disk is too slow for the lines, the newest are dropped.
    void log(std::string line);

  private:
    void run();

    const std::filesystem::path path_;
    const std::unique_ptr<LogFile> log_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<PublicationsRecord> next_;
    std::vector<std::string> lines_;
    bool is_ending_ = false;
    std::thread thread_;
};

}  // namespace restream
