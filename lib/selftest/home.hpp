// The home of one self-test: a folder of its own, in which the installed programs work, and nobody
// and nothing left when it goes.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "state/layout.hpp"
#include "system/fd.hpp"
#include "system/process.hpp"

namespace restream::selftest {

/// A folder `restream-selftest-…` below the system's folder for temporary files, 0700, with a
/// configuration and a state folder. The user's own are not touched: every program is told both.
///
/// Relays are meant to outlive who started them. So this process adopts the orphans of its
/// commands: a command that was killed may have started a process that has no record yet. And a
/// keeper, a process in a session of its own, watches over this one by a pipe. It cleans up when
/// this one was killed.
class Home {
  public:
    /// `programs`: the folder with restream-enable and the others. **Throws**: Error{refused} where
    /// the folder cannot be made.
    explicit Home(std::filesystem::path programs);
    /// Cleans up. **Blocks**: at most 3 s.
    ~Home();
    Home(const Home&) = delete;
    Home& operator=(const Home&) = delete;

    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path config() const { return path_ / "config"; }
    Layout layout() const { return Layout(path_ / "state"); }

    /// Writes restream.toml. **Throws**: Error{refused}.
    void configure(const std::string& text) const;
    /// Writes destinations.d/NAME.toml. **Throws**: Error{refused}.
    void add(const std::string& name, const std::string& url) const;

    /// Runs restream-VERB as the user would. **Blocks**: until it has ended or the deadline.
    /// **Throws**: Error{refused} where it cannot be started.
    Captured run(const std::string& verb, std::vector<std::string> arguments, Milliseconds longest,
                 const std::function<bool()>& is_cancelled) const;

    /// Ends every process and deletes the folder; then the keeper ends, too. What is left is told;
    /// empty where nothing is. **Blocks**: at most 3 s.
    std::vector<std::string> clean_up();

  private:
    std::vector<ProcessId> left_processes() const;

    std::filesystem::path programs_;
    std::filesystem::path path_;
    Pipe line_;  ///< its writing end is this process's alone: it closes when this process ends
    std::optional<ChildProcess> keeper_;
};

/// Every process that works in the home: relays, workers, the ingest server and their guardians.
std::vector<ProcessId> processes_in(const Layout& layout);

/// The keeper: waits for the end of the line, whichever way that comes, and then ends all that
/// works in that home and deletes it, if it is still there. **Throws**: Error{usage} where the path
/// is no home of a self-test.
void keep_home(const std::filesystem::path& path, const std::filesystem::path& programs,
               const Fd& line);

}  // namespace restream::selftest
