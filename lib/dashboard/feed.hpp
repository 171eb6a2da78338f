// Looks at everything while somebody watches, and tells what has changed.
#pragma once

#include <atomic>
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
    void turn();
    void start_look(bool is_all);
    void look(bool is_all);
    void look_at_all(bool is_all);
    void tell_problem(const Answer& problem, bool is_all);
    void look_at_picture();
    void tell(const std::string& event, std::string data, bool is_all);

    HttpServer& server_;
    Api& api_;
    ConfigWatch& configs_;
    Lanes& lanes_;
    Thumbnail& thumbnail_;
    std::atomic<std::uint64_t> turns_ = 0;
    // The server's thread's own.
    bool is_all_wanted_ = false;
    bool was_live_ = false;
    // The look's own: there is one at a time.
    std::map<std::string, std::string> told_;
    std::uint64_t generation_ = 0;
    std::atomic<bool> is_looking_ = false;
    std::atomic<bool> is_picturing_ = false;
};

}  // namespace restream
