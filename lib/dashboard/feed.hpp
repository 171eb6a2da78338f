// Looks at everything while somebody watches, and tells what has changed.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/clock.hpp"
#include "dashboard/api.hpp"
#include "dashboard/config_watch.hpp"
#include "dashboard/http_server.hpp"
#include "dashboard/jobs.hpp"
#include "dashboard/thumbnail.hpp"

namespace restream {

/// Twice a second, while events are read, on one of the threads of `lanes`. Where nobody watches,
/// nothing is looked at.
class Feed {
  public:
    /// All references must outlive it, and it the server's run().
    Feed(HttpServer& server, Api& api, ConfigWatch& configs, Lanes& lanes, Thumbnail& thumbnail);

    /// Somebody has come: everything is told, soon. On the server's thread.
    void welcome();

  private:
    struct What {
        bool is_all = false;  ///< tell all, changed or not
        bool has_ingest = false;
    };
    void turn();
    void have_looked();
    void end_pictures();
    void look(What what);
    void look_at_all(What what);
    void tell_problem(const Answer& problem, bool is_all);
    void tell(const std::string& event, std::string data, bool is_all);

    HttpServer& server_;
    Api& api_;
    ConfigWatch& configs_;
    Lanes& lanes_;
    Thumbnail& thumbnail_;
    // The server's thread's own.
    bool is_all_wanted_ = false;
    bool is_looking_ = false;
    bool is_picturing_ = false;
    bool has_pictures_ = false;  ///< one was wanted since end_pictures()
    SteadyTime last_watched_{};
    SteadyTime next_ingest_{};
    SteadyTime next_picture_{};
    // The look's own: there is one at a time.
    std::map<std::string, std::string> told_;
    std::uint64_t generation_ = 0;
};

}  // namespace restream
