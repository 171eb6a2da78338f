#include "dashboard/route.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "config/destination.hpp"

namespace restream {

namespace {

struct Row {
    Method method;
    std::string_view path;  ///< `*` stands for a name
    Page page;
};

constexpr Row rows[] = {
    {Method::get, "/", Page::index},
    {Method::get, "/assets/*", Page::asset},
    {Method::get, "/healthz", Page::health},
    {Method::get, "/metrics", Page::metrics},
    {Method::get, "/api/v1/status", Page::status},
    {Method::get, "/api/v1/events", Page::events},
    {Method::get, "/api/v1/ingest", Page::ingest},
    {Method::get, "/api/v1/destinations", Page::destinations},
    {Method::get, "/api/v1/services", Page::services},
    {Method::get, "/api/v1/doctor", Page::doctor},
    {Method::get, "/api/v1/explain", Page::explain},
    {Method::get, "/api/v1/thumbnail", Page::thumbnail},
    {Method::get, "/api/v1/destinations/*/log", Page::log},
    {Method::post, "/api/v1/destinations/*/enable", Page::enable},
    {Method::post, "/api/v1/destinations/*/disable", Page::disable},
    {Method::post, "/api/v1/destinations/*/restart", Page::restart},
    {Method::post, "/api/v1/start", Page::start_all},
    {Method::post, "/api/v1/stop", Page::stop_all},
    {Method::put, "/api/v1/destinations/*", Page::put_destination},
    {Method::remove, "/api/v1/destinations/*", Page::remove_destination},
    {Method::put, "/api/v1/destinations/*/key", Page::put_key},
    {Method::post, "/api/v1/ingest/start", Page::start_ingest},
    {Method::post, "/api/v1/ingest/stop", Page::stop_ingest},
    {Method::post, "/api/v1/ingest/reload", Page::reload_ingest},
    {Method::post, "/api/v1/ingest/restart", Page::restart_ingest},
    {Method::post, "/api/v1/ingest/reveal-publish-key", Page::reveal_publish_key},
};

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
        const bool is_of_destination = !name->empty() && row.page != Page::asset;
        if (const auto problem = is_of_destination ? name_problem(*name) : std::nullopt) {
            return refusal(404, "not_found", "no destination can have that name: " + *problem,
                           "see /api/v1/destinations");
        }
        return Route{row.page, std::string(*name)};
    }
    if (allowed.empty()) return no_such_path();
    Answer answer = refusal(405, "method", "this path does not know that method",
                            fmt::format("it knows {}", fmt::join(allowed, ", ")));
    answer.headers.emplace_back("Allow", fmt::format("{}", fmt::join(allowed, ", ")));
    return answer;
}

Answer no_such_path() {
    return refusal(404, "not_found", "there is nothing under this path",
                   "the paths are described in docs/api.md and openapi.json");
}

std::string_view query_value(std::string_view query, std::string_view field) {
    while (!query.empty()) {
        const auto end = std::min(query.find('&'), query.size());
        const auto part = query.substr(0, end);
        const auto equals = std::min(part.find('='), part.size());
        if (part.substr(0, equals) == field) return part.substr(std::min(equals + 1, part.size()));
        query.remove_prefix(std::min(end + 1, query.size()));
    }
    return {};
}

}  // namespace restream
