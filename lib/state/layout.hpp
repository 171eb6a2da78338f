// The one module that knows the names of the files in the state folder. docs/architecture.md lists
// them with their writers, their readers, and what a crash leaves.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "state/relay_name.hpp"

namespace restream {

/// Paths below the state folder. A value: asks nothing, makes nothing. Where a name is taken, it is
/// a relay's; the flags of a backup's relay are its destination's.
class Layout {
  public:
    explicit Layout(std::filesystem::path state_directory) : root_(std::move(state_directory)) {}

    const std::filesystem::path& root() const { return root_; }
    std::filesystem::path wanted_directory() const { return root_ / "wanted"; }
    std::filesystem::path log_directory() const { return root_ / "logs"; }
    std::filesystem::path run_directory() const { return root_ / "run"; }
    std::filesystem::path relay_directory() const { return root_ / "run" / "relays"; }
    std::filesystem::path nginx_directory() const { return root_ / "run" / "nginx"; }

    /// Slates that were made, one file for each size, rate and picture.
    std::filesystem::path slate_directory() const { return root_ / "run" / "slates"; }

    std::filesystem::path command_lock() const { return run_directory() / "restream.lock"; }
    std::filesystem::path ingest_lock() const { return run_directory() / "ingest.lock"; }
    std::filesystem::path ingest_record() const { return run_directory() / "ingest.json"; }
    /// The user ended the ingest server: the boot in which that was.
    std::filesystem::path ingest_down() const { return run_directory() / "ingest.down"; }
    /// The dashboard's: held while it lives; who it is, and where; the token of its page.
    std::filesystem::path dashboard_lock() const { return run_directory() / "dashboard.lock"; }
    std::filesystem::path dashboard_record() const { return run_directory() / "dashboard.json"; }
    std::filesystem::path dashboard_token() const { return run_directory() / "dashboard.token"; }
    /// Of programs that only read /metrics.
    std::filesystem::path scrape_token() const { return run_directory() / "metrics.token"; }
    /// Of the browser that is to come in next: is gone when it has.
    std::filesystem::path login_code() const { return run_directory() / "dashboard.login"; }
    /// The user ended it: the boot in which that was.
    std::filesystem::path dashboard_down() const { return run_directory() / "dashboard.down"; }
    /// What was healed last.
    std::filesystem::path healing_record() const { return run_directory() / "healing.json"; }
    /// Who publishes and plays at the embedded server.
    std::filesystem::path publications_record() const {
        return run_directory() / "publications.json";
    }

    std::filesystem::path wanted(std::string_view name) const {
        return wanted_directory() / destination_of(name);
    }
    std::filesystem::path log(std::string_view name) const {
        return file(log_directory(), name, ".log");
    }
    /// Who changed what. No destination's: a name has no dot.
    std::filesystem::path audit_log() const { return log_directory() / "audit.jsonl"; }
    /// What the relay's flight recorder wrote. Outlives run/.
    std::filesystem::path flight(std::string_view name) const {
        return file(log_directory(), name, ".events");
    }
    std::filesystem::path relay_lock(std::string_view name) const { return relay(name, ".lock"); }
    std::filesystem::path relay_record(std::string_view name) const { return relay(name, ".json"); }
    std::filesystem::path relay_down(std::string_view name) const {
        return relay(destination_of(name), ".down");
    }
    /// Who was asked to stop: written before the asking, so that `enable` never takes a relay that
    /// is about to end for one that lives.
    std::filesystem::path relay_stopping(std::string_view name) const {
        return relay(name, ".stopping");
    }

  private:
    static std::filesystem::path file(const std::filesystem::path& folder, std::string_view name,
                                      std::string_view ending) {
        return folder / (std::string(name) + std::string(ending));
    }
    std::filesystem::path relay(std::string_view name, std::string_view ending) const {
        return file(relay_directory(), name, ending);
    }
    std::filesystem::path root_;
};

}  // namespace restream
