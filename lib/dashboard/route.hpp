// From method and path to what is meant.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "dashboard/message.hpp"

namespace restream {

/// What a path is.
enum class Page {
    index,
    asset,
    health,
    metrics,
    status,
    events,
    ingest,
    destinations,
    log,
    audit,
    thumbnail,
    put_destination,
    put_key,
    reveal_publish_key,
    query,    ///< what a command prints that only looks
    command,  ///< what a command does that changes something
    batch,    ///< the same for the destinations that the body names, or for all
};

/// Who answers: see Lanes.
enum class Lane {
    at_once,  ///< from memory
    look,
    query,
    change,
};

struct Route {
    Page page = Page::index;
    Lane lane = Lane::at_once;
    std::string name;                    ///< of a destination (a good one), or of an asset
    bool is_of_configured = false;       ///< only where that destination is configured
    std::string verb;                    ///< the command of a query or command,
    std::vector<std::string> arguments;  ///< and its arguments; of a batch, those for all
};

/// What is asked for, or why it is nothing (404, 405).
std::variant<Route, Answer> find_route(Method method, std::string_view path);

/// Whether it takes the token: what changes something, and what has a command run, which takes a
/// process and up to seconds of work. What only looks is answered from memory or from files.
bool takes_token(Method method, std::string_view path);

/// 404.
Answer no_such_path();

/// The value of a field in a query, as far as it needs no decoding; empty where it is not there.
std::string_view query_value(std::string_view query, std::string_view field);

}  // namespace restream
