// What a destination's relays, and the ingest server, have logged.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "state/layout.hpp"

namespace restream {

/// One relay's log. A destination with a backup has two.
struct RelayLog {
    std::filesystem::path path;
    std::string_view mark;  ///< said behind the time of each line: whose it is
};

/// Of both its relays, whether they are there or not.
std::vector<RelayLog> logs_of(const Layout& layout, std::string_view destination);

/// The embedded ingest server's log. No destination's: a name has no dot.
std::filesystem::path ingest_log(const Layout& layout);

/// "2026-01-31T20:14:03.120Z backup: text"
std::string marked(const std::string& line, const RelayLog& log);

/// The last lines of all logs together, by time: each line begins with it. Those of the rotated
/// file stand before the current one's where that has too few.
std::vector<std::string> log_tail(const std::vector<RelayLog>& logs, std::size_t count);

}  // namespace restream
