#include "dashboard/route.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "config/destination.hpp"

namespace restream {

namespace {

/// What `*` stands for.
enum class Named {
    nothing,
    asset,
    destination,  ///< any that could be: it may run although it is not configured any more
    configured,   ///< a destination that is configured
};

struct Row {
    Method method;
    std::string_view path;
    Page page;
    Lane lane;
    Named named = Named::nothing;
    std::string_view verb = {};    ///< of the command
    std::string_view action = {};  ///< its first argument
    std::string_view option = {};  ///< what a request says that a terminal would be asked
};

constexpr Row rows[] = {
    {Method::get, "/", Page::index, Lane::look},
    {Method::get, "/assets/*", Page::asset, Lane::at_once, Named::asset},
    {Method::get, "/healthz", Page::health, Lane::at_once},
    {Method::get, "/metrics", Page::metrics, Lane::look},
    {Method::get, "/api/v1/status", Page::status, Lane::look},
    {Method::get, "/api/v1/events", Page::events, Lane::at_once},
    {Method::get, "/api/v1/ingest", Page::ingest, Lane::look},
    {Method::get, "/api/v1/destinations", Page::destinations, Lane::look},
    {Method::get, "/api/v1/thumbnail", Page::thumbnail, Lane::at_once},
    {Method::get, "/api/v1/destinations/*/log", Page::log, Lane::look, Named::configured},
    {Method::get, "/api/v1/audit", Page::audit, Lane::look},
    {Method::get, "/api/v1/services", Page::query, Lane::query, Named::nothing, "services"},
    {Method::get, "/api/v1/doctor", Page::query, Lane::query, Named::nothing, "doctor"},
    {Method::get, "/api/v1/explain", Page::query, Lane::query, Named::nothing, "explain"},
    {Method::post, "/api/v1/destinations/*/enable", Page::command, Lane::change, Named::configured,
     "enable"},
    {Method::post, "/api/v1/destinations/*/disable", Page::command, Lane::change,
     Named::destination, "disable"},
    {Method::post, "/api/v1/destinations/*/restart", Page::command, Lane::change, Named::configured,
     "restart"},
    {Method::post, "/api/v1/enable", Page::batch, Lane::change, Named::nothing, "enable", "--all"},
    {Method::post, "/api/v1/disable", Page::batch, Lane::change, Named::nothing, "disable",
     "--all"},
    {Method::post, "/api/v1/start", Page::batch, Lane::change, Named::nothing, "start"},
    {Method::post, "/api/v1/stop", Page::batch, Lane::change, Named::nothing, "stop"},
    {Method::post, "/api/v1/restart", Page::batch, Lane::change, Named::nothing, "restart"},
    {Method::post, "/api/v1/doctor/fix", Page::command, Lane::change, Named::nothing, "doctor",
     "--fix"},
    {Method::put, "/api/v1/destinations/*", Page::put_destination, Lane::change,
     Named::destination},
    {Method::remove,
     "/api/v1/destinations/*",
     Page::command,
     Lane::change,
     Named::configured,
     "remove",
     {},
     "--yes"},
    {Method::put, "/api/v1/destinations/*/key", Page::put_key, Lane::change, Named::configured},
    {Method::post, "/api/v1/ingest/start", Page::command, Lane::change, Named::nothing, "ingest",
     "start"},
    {Method::post, "/api/v1/ingest/stop", Page::command, Lane::change, Named::nothing, "ingest",
     "stop"},
    {Method::post, "/api/v1/ingest/reload", Page::command, Lane::change, Named::nothing, "ingest",
     "reload"},
    {Method::post, "/api/v1/ingest/restart", Page::command, Lane::change, Named::nothing, "ingest",
     "restart"},
    {Method::post, "/api/v1/ingest/reveal-publish-key", Page::reveal_publish_key, Lane::change},
};

Route route_of(const Row& row, std::string_view name) {
    Route route;
    route.page = row.page;
    route.lane = row.lane;
    route.name = name;
    route.is_of_configured = row.named == Named::configured;
    route.verb = row.verb;
    if (row.verb.empty()) return route;
    if (!row.action.empty()) route.arguments.emplace_back(row.action);
    if (!name.empty()) route.arguments.emplace_back(name);
    if (!row.option.empty()) route.arguments.emplace_back(row.option);
    route.arguments.emplace_back("--json");
    return route;
}

/// What stands for `*`, or nothing where the path is another.
std::optional<std::string_view> match(std::string_view pattern, std::string_view path) {
    const auto star = pattern.find('*');
    if (star == std::string_view::npos) {
        return pattern == path ? std::optional<std::string_view>("") : std::nullopt;
    }
    const auto before = pattern.substr(0, star);
    const auto after = pattern.substr(star + 1);
    if (path.size() <= before.size() + after.size() || !path.starts_with(before) ||
        !path.ends_with(after)) {
        return std::nullopt;
    }
    path.remove_prefix(before.size());
    path.remove_suffix(after.size());
    if (path.find('/') != std::string_view::npos) return std::nullopt;
    return path;
}

std::string_view method_name(Method method) {
    switch (method) {
        case Method::get:
            return "GET, HEAD";
        case Method::post:
            return "POST";
        case Method::put:
            return "PUT";
        case Method::remove:
            return "DELETE";
        case Method::other:
            break;
    }
    return "";
}

}  // namespace

std::variant<Route, Answer> find_route(Method method, std::string_view path) {
    std::vector<std::string_view> allowed;
    for (const Row& row : rows) {
        const auto name = match(row.path, path);
        if (!name) continue;
        if (row.method != method) {
            allowed.push_back(method_name(row.method));
            continue;
        }
        const bool is_of_destination =
            row.named == Named::destination || row.named == Named::configured;
        if (const auto problem = is_of_destination ? name_problem(*name) : std::nullopt) {
            return refusal(404, "not_found", "no destination can have that name: " + *problem,
                           "see /api/v1/destinations");
        }
        return route_of(row, *name);
    }
    if (allowed.empty()) return no_such_path();
    Answer answer = refusal(405, "method", "this path does not know that method",
                            fmt::format("it knows {}", fmt::join(allowed, ", ")));
    answer.headers.emplace_back("Allow", fmt::format("{}", fmt::join(allowed, ", ")));
    return answer;
}

bool takes_token(Method method, std::string_view path) {
    // What no path knows is refused by all of them.
    if (method == Method::other) return false;
    if (method != Method::get) return true;
    const auto found = find_route(method, path);
    const auto* route = std::get_if<Route>(&found);
    return route != nullptr && (route->lane == Lane::query || route->lane == Lane::change);
}

Answer no_such_path() {
    return refusal(404, "not_found", "there is nothing under this path",
                   "the paths are described in docs/api.md and openapi.json");
}

std::string_view query_value(std::string_view query, std::string_view field) {
    while (!query.empty()) {
        const auto end = std::min(query.find('&'), query.size());
        const auto part = query.substr(0, end);
        if (part.starts_with(field)) {
            const auto behind = part.substr(field.size());
            if (behind.empty()) return {};
            if (behind.front() == '=') return behind.substr(1);
        }
        query.remove_prefix(std::min(end + 1, query.size()));
    }
    return {};
}

}  // namespace restream
