// Who the dashboard is, and where: for the one who wants to start another, or to end it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/secret.hpp"
#include "state/layout.hpp"
#include "system/process.hpp"

namespace restream {

/// The content of run/dashboard.json. What counts is the lock beside it.
struct DashboardRecord {
    ProcessId process;
    std::string url;       ///< "http://127.0.0.1:5000"
    std::string listen{};  ///< the address that it listens on: "0.0.0.0"

    bool operator==(const DashboardRecord&) const = default;
};

std::string to_json(const DashboardRecord& record);
std::optional<DashboardRecord> dashboard_record_from_json(std::string_view text);

/// Of the dashboard that lives; nothing where none does, or it has not said yet where.
std::optional<DashboardRecord> live_dashboard(const Layout& layout);

/// The token of the pages of this state folder's dashboards; made where there is none. It outlives
/// the dashboard, so that an open page goes on with the next one.
/// **Throws**: Error{refused} where it can't be written.
Secret dashboard_token(const Layout& layout);
/// What lets a program of another user read /metrics, and nothing else; likewise.
Secret scrape_token(const Layout& layout);
/// Both tokens as they are now.
struct DashboardTokens {
    Secret page;    ///< see dashboard_token()
    Secret scrape;  ///< see scrape_token()

    bool operator==(const DashboardTokens&) const = default;
};
/// No value if one of the files is missing, or holds none.
std::optional<DashboardTokens> kept_tokens(const Layout& layout);
/// Replaces both tokens, and voids a login link that was not used. A running dashboard looks at the
/// files before each answer: from then on it refuses the old tokens.
/// **Throws**: Error{refused} if they can't be written, Error{busy}.
void rotate_tokens(const Layout& layout);
/// What starts one browser's session: a new code, which takes the place of one that was not used.
/// **Throws**: Error{refused} where it can't be written.
Secret new_login_code(const Layout& layout);

}  // namespace restream
