// The dashboard: the web page and its API, put together.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/secret.hpp"
#include "dashboard/commands.hpp"
#include "net/tls_identity.hpp"
#include "state/registry.hpp"
#include "system/inbox.hpp"

namespace restream {

/// One for each state folder: its lock says that it lives. It keeps nothing that a relay or a
/// command needs, so that it can be killed and started at any moment.
class Dashboard {
  public:
    struct Means {
        CommandMeans commands;
        std::string version;
        std::string host;  ///< an address of this machine
        int port = 5000;
        std::vector<std::string> names;  ///< under which it may be asked, beside its addresses
        std::optional<Secret> password;
        std::optional<TlsFiles> tls;  ///< what it shows; nothing: it speaks without TLS
        /// Told, from any thread, of an audit log that can't be written (once), and of a renewed
        /// certificate that can't be used.
        std::function<void(const std::string&)> complain = [](const std::string&) {};
    };

    /// Takes the lock and listens. `registry` must outlive it.
    /// **Throws**: Error{busy} that says where the dashboard is that runs already; Error{refused}
    /// by whom the port is taken; Error{usage} where `host` is none; Error{config} where the
    /// certificate cannot be used.
    Dashboard(Means means, const Registry& registry);
    ~Dashboard();
    Dashboard(const Dashboard&) = delete;
    Dashboard& operator=(const Dashboard&) = delete;

    const std::string& url() const;
    /// Serves until it is asked to stop; then no client is taken any more, and what is being
    /// changed is finished and answered, for at most 30 s or until it is asked again. False where
    /// it is not finished: then the destructor would wait for it. **Blocks**: until then.
    bool run(Inbox& inbox);

  private:
    /// What is being changed, is: true.
    bool finish(Inbox& inbox);

    struct Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace restream
