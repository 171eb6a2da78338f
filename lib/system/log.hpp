// A relay's log: lines with a time, bounded on disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.hpp"

namespace restream {

/// A text file that is rotated: NAME.log, NAME.log.1, …; never more than `max_bytes` × (`keep` + 1)
/// together. Safe to use from several threads. What cannot be written is dropped: a full disk ends
/// no relay.
class LogFile {
  public:
    LogFile(std::filesystem::path path, std::uint64_t max_bytes, int keep);

    /// Appends "2026-01-31T20:14:03.120Z text": every registered secret masked, at most 2,000 bytes
    /// of it, as visible_text() has it.
    void line(std::string_view text);

    /// From now on this text is written as `***`, as masked() has it.
    void hide(const Secret& secret);

  private:
    std::mutex mutex_;
    std::filesystem::path path_;
    std::uint64_t max_bytes_;
    int keep_;
    std::vector<Secret> hidden_;
};

/// `text` with `***` for the secret, what stands before its query and the values in its query, also
/// percent-encoded: wherever a key can stand, and elsewhere where they have at least eight
/// characters. See base/mask.hpp.
std::string masked(std::string_view text, const Secret& secret);

}  // namespace restream
