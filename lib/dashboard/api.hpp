// What each path does.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/secret.hpp"
#include "dashboard/audit.hpp"
#include "dashboard/commands.hpp"
#include "dashboard/config_watch.hpp"
#include "dashboard/http_server.hpp"
#include "dashboard/jobs.hpp"
#include "dashboard/message.hpp"
#include "dashboard/route.hpp"
#include "dashboard/thumbnail.hpp"
#include "state/registry.hpp"

namespace restream {

/// Answers requests that the door has let in. Looks at the registry as `status` does, and has the
/// commands do what changes something: it keeps nothing but what it has just seen.
///
/// For several threads: answers are made on those of `lanes`.
class Api {
  public:
    struct Means {
        CommandMeans commands;
        std::string version;
    };
    /// `token`: what the page is given, until renew_token(). All references must outlive it.
    Api(Means means, Secret token, ConfigWatch& configs, const Registry& registry, Lanes& lanes,
        Thumbnail& thumbnail, Audit& audit);

    /// Replies now, or when it is done.
    void answer(Request request, Reply reply);

    /// From now on the page is given this one.
    void renew_token(Secret token);

    /// For events, in one line each. **Throws**: Error{config}.
    std::string status_line();
    std::string ingest_line();
    /// When the status was looked at last: whether somebody publishes what relays play.
    bool is_ingest_live();

  private:
    Jobs& jobs(Lane lane) const;
    /// What takes its time. **Throws**: Error{config} and others.
    Answer made(const Route& route, const Request& request);
    /// `token`: for the page, where it is asked for.
    Answer made_or_refused(const Route& route, const Request& request,
                           const std::optional<Secret>& token);
    /// Whether that destination is there, as far as the configuration can be read.
    bool is_known(const Route& route) const;
    Answer command(const Route& route, const Request& request,
                   const std::vector<std::string>& arguments);
    Answer edit(const Route& route, const Request& request) const;
    Answer audit_log(const Request& request) const;
    Answer page(const Route& route, const Request& request) const;
    Answer index(const Secret& token);
    Answer picture() const;
    Answer reveal_publish_key();
    Answer log(const Route& route, const Request& request);
    Answer metrics();
    std::string status_document();
    /// Who has changed something sees it in the next one.
    void forget_status();

    const Means means_;
    ConfigWatch& configs_;
    const Registry& registry_;
    Lanes& lanes_;
    Thumbnail& thumbnail_;
    Audit& audit_;
    std::mutex mutex_;
    Secret token_;        ///< that the page is given
    std::string status_;  ///< as it was looked up last
    SteadyTime status_at_{};
    bool is_ingest_live_ = false;
    std::uint64_t status_generation_ = 0;
};

}  // namespace restream
