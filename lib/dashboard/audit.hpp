// What is changed through the dashboard, and who came in or was not let in: for the audit log.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "base/clock.hpp"
#include "base/rate_limit.hpp"
#include "dashboard/message.hpp"
#include "state/audit_entry.hpp"
#include "state/layout.hpp"

namespace restream {

/// Writes the dashboard's lines of the audit log. What a command changes is in the log by the
/// command itself, see actor_of().
class Audit {
  public:
    /// `complain` is called once, from any thread, if the log can't be written.
    using Complain = std::function<void(const std::string&)>;
    Audit(Layout layout, Complain complain);

    /// What was asked for, and what came of it. `is_known`: the destination was there before. For
    /// several threads.
    void note(const Request& request, bool is_known, const Answer& answer);
    /// A browser was let in. On the server's thread, as what follows.
    void note_login(const Request& request, WayIn way, SteadyTime now);
    /// Somebody was not let in: in the log if they gave a secret, asked for a change, or are
    /// another user of this machine. Only a few lines in an hour, whoever asks, so that nobody can
    /// fill the log; the next line says how many it left out.
    void note_refused(const Request& request, const Answer& refused, SteadyTime now);

  private:
    void append(AuditEntry entry);
    void append_if_few(RateLimit& few, const std::string& whose, std::uint64_t& left_out,
                       AuditEntry entry, SteadyTime now);

    const Layout layout_;
    const Complain complain_;
    std::atomic<bool> has_complained_ = false;
    RateLimit logins_;
    RateLimit refusals_;
    std::uint64_t logins_left_out_ = 0;
    std::uint64_t refusals_left_out_ = 0;
};

/// Who asks, and how they were let in.
Actor actor_of(const Request& request);

/// What became of what was asked for.
struct Asked {
    bool is_known = true;  ///< the destination was there before
    bool is_done = false;
};

/// What a request asks for, in the words of a command: "enable youtube", "add main: url
/// rtmps://a.example:443, key". Only what can be no secret; of a URL, its server.
std::string asked_words(const Request& request, Asked asked);

}  // namespace restream
