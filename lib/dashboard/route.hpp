// From method and path to what is meant.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "dashboard/message.hpp"

namespace restream {

enum class Page {
    index,
    asset,
    health,
    metrics,
    status,
    events,
    ingest,
    destinations,
    services,
    doctor,
    explain,
    log,
    thumbnail,
    enable,
    disable,
    restart,
    start_all,
    stop_all,
    put_destination,
    remove_destination,
    put_key,
    start_ingest,
    stop_ingest,
    reload_ingest,
    restart_ingest,
    reveal_publish_key,
};

struct Route {
    Page page = Page::index;
    std::string name;  ///< of a destination (a good one, maybe not configured), or of an asset
};

/// What is asked for, or why it is nothing (404, 405).
std::variant<Route, Answer> find_route(Method method, std::string_view path);

/// 404.
Answer no_such_path();

/// The value of a field in a query, as far as it needs no decoding; empty where it is not there.
std::string_view query_value(std::string_view query, std::string_view field);

}  // namespace restream
