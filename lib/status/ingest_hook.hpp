// Tells the user's hook ([ingest] on_state) when the ingest goes live, falls silent, or loses its
// publisher.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "config/config.hpp"
#include "ingest/server.hpp"
#include "relay/hook_keeper.hpp"

namespace restream {

/// What of one look after the other is worth telling. A value.
///
/// A state is told once two looks in a row have seen it, and only where it is another than the one
/// told last: an ingest that comes and goes between two looks costs nobody a message. A server that
/// is down, or does not answer, says nothing about its publisher. That nobody publishes when the
/// server has just been started is no news.
class IngestNews {
  public:
    /// Nothing where there is no news.
    std::optional<IngestChange> look(const IngestStatus& status);

  private:
    std::optional<IngestState> seen_;  ///< at the last look
    std::optional<IngestState> told_;
};

/// Lives in the guardian of the ingest server, whose upkeep calls look() about twice a second. A
/// change of restream.toml is noticed there. Where no hook is configured, a look costs a stat().
class IngestHook {
  public:
    struct Means {
        std::filesystem::path configuration;  ///< the folder
        std::function<Config()> load;         ///< **Throws**: Error{config}
        std::function<IngestStatus(const IngestConfig&)> ask;
        HookKeeper::Means hook;
    };
    explicit IngestHook(Means means);

    void look();

  private:
    void follow_configuration();

    Means means_;
    HookKeeper keeper_;
    std::optional<std::filesystem::file_time_type> read_at_;  ///< the file's time when it was read
    Config config_;
    IngestNews news_;
};

}  // namespace restream
