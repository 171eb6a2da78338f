// The world of one test: a home of its own, the commands run in it, and nobody left alive behind
// it.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "ingest/record.hpp"
#include "process/command_run.hpp"
#include "process/temporary_folder.hpp"
#include "state/layout.hpp"
#include "system/process.hpp"

namespace restream::test {

/// How a command is called, beyond its arguments.
struct Call {
    std::string input = {};
    std::vector<std::pair<std::string, std::string>> variables = {};
    Milliseconds longest = std::chrono::seconds(40);  ///< in counted time: see Patience
};

/// A temporary home with a configuration whose ingest is a managed server on a free port.
///
/// To be made before every server and publisher of the test, so that it goes last: then it stops
/// everything, and whatever process is left fails the test by name. So does any report of a
/// sanitizer, from a relay too. When the test failed, the logs are printed.
class World {
  public:
    explicit World(IngestServer ingest = IngestServer::nginx);
    ~World();
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    const std::filesystem::path& home() const { return folder_.path(); }
    std::filesystem::path config() const { return home() / "config"; }
    std::filesystem::path state() const { return home() / "state/restream"; }
    Layout layout() const { return Layout(state()); }
    int ingest_port() const { return ingest_port_; }
    std::string ingest_url() const;

    /// Writes restream.toml anew: its [ingest] table, with `ingest_fields` at its end, and then
    /// `more`.
    void configure(const std::string& more, const std::string& ingest_fields = "") const;
    /// From the next configure() on, another kind of server, or another port.
    void choose_ingest(IngestServer server) { ingest_ = server; }
    void choose_port(int port) { ingest_port_ = port; }
    /// Writes destinations.d/NAME.toml.
    void add(const std::string& name, const std::string& url, const std::string& key = "",
             const std::string& more = "") const;

    /// `restream ARGUMENTS…`, to its end.
    Outcome run(const std::vector<std::string>& arguments, const Call& call = {}) const;
    /// The same without waiting.
    CommandRun start(const std::vector<std::string>& arguments, const Call& call = {}) const;
    /// What is run: for tests that start it in a way of their own.
    CommandLine command(const std::vector<std::string>& arguments, const Call& call = {}) const;
    /// The test fails and ends if the command does not exit with 0.
    Outcome must(const std::vector<std::string>& arguments, const Call& call = {}) const;

    /// What `restream status --json` prints, without a process; and the part about one destination
    /// (null if it is unknown).
    nlohmann::json status() const;
    nlohmann::json status(const std::string& name) const;
    std::string state(const std::string& name) const;
    /// Waits until that destination's part fulfils the predicate. **Blocks**: at most that long.
    bool wait_status(const std::string& name,
                     const std::function<bool(const nlohmann::json&)>& is_so,
                     Milliseconds longest = std::chrono::seconds(20)) const;
    bool wait_state(const std::string& name, const std::string& state,
                    Milliseconds longest = std::chrono::seconds(20)) const;

    /// Guardian and worker of a relay as its record names them now; -1 where there is none.
    int guardian(const std::string& name) const;
    int worker(const std::string& name) const;
    bool is_lock_held(const std::string& name) const;
    /// Living descendants whose argv has this word: a program's name, say.
    static int count_processes(const std::string& word);

    /// What `restream ingest status --json` prints, without a process: its one object.
    nlohmann::json ingest() const;
    /// Whether `doctor` finds nothing to complain of, but what other users of the machine on which
    /// the tests run may do.
    bool is_well() const;
    /// What the managed server's guardian says of itself; the test ends where it has no server.
    IngestRecord ingest_record() const;
    bool wait_ingest(const std::string& state,
                     Milliseconds longest = std::chrono::seconds(20)) const;

    /// Everything the relays and nginx wrote to their logs.
    std::string logs() const;

  private:
    void end() noexcept;
    TemporaryFolder folder_;
    IngestServer ingest_;
    int ingest_port_;
};

bool has(const std::string& text, const std::string& part);

/// The folder of the programs under test: `$RESTREAM_TESTED_PROGRAMS`, or that of this program.
std::filesystem::path tested_programs();
/// `$RESTREAM_TEST_SHORT` is set: what is repeated is repeated less often.
bool is_short();

/// The process is gone (or a zombie).
bool is_gone(int pid);
bool wait_gone(int pid, Milliseconds longest);
/// SIGKILL by PID, for a process that this test program descends to.
void kill_now(int pid);
/// The same, unless it is gone already.
void kill_if_there(int pid);
/// SIGSTOP: it lives and does nothing.
void freeze(int pid);
void thaw(int pid);
/// The same, unless it is gone already.
void thaw_if_there(int pid);

/// Whether an assertion of the running test has failed so far.
bool has_failed();
void set_failed(bool failed);

}  // namespace restream::test
