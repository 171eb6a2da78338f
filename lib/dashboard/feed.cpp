#include "dashboard/feed.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/error.hpp"

namespace restream {

namespace {

constexpr Milliseconds between_turns(500);
/// In turns. A decoded picture costs more than all else.
constexpr std::uint64_t between_ingests = 2;
constexpr std::uint64_t between_pictures = 20;

}  // namespace

Feed::Feed(HttpServer& server, Api& api, ConfigWatch& configs, Lanes& lanes, Thumbnail& thumbnail)
    : server_(server), api_(api), configs_(configs), lanes_(lanes), thumbnail_(thumbnail) {
    server_.every(between_turns, [this] { turn(); });
}

void Feed::welcome() {
    is_all_wanted_ = true;
    turn();
}

void Feed::turn() {
    if (server_.readers() == 0 && !is_all_wanted_) {
        turns_ = 0;
        return;
    }
    if (!is_looking_.exchange(true)) start_look(std::exchange(is_all_wanted_, false));
    // Soon where it has just become live, or ended.
    const bool is_live = api_.is_ingest_live();
    const bool is_another = std::exchange(was_live_, is_live) != is_live;
    if ((turns_ % between_pictures == 0 || is_another) && !is_picturing_.exchange(true)) {
        if (!lanes_.queries.post([this] { look_at_picture(); })) is_picturing_ = false;
    }
    ++turns_;
}

void Feed::start_look(bool is_all) {
    const bool is_taken = lanes_.looks.post([this, is_all] { look(is_all); });
    if (is_taken) return;
    is_looking_ = false;
    is_all_wanted_ |= is_all;
}

void Feed::look(bool is_all) {
    try {
        look_at_all(is_all);
    } catch (const Error& error) {
        tell_problem(refusal_of(error.kind(), error.what()), is_all);
    } catch (const std::exception&) {
        tell_problem(refusal_of(ErrorKind::bug, "what there is could not be looked at"), is_all);
    }
    is_looking_ = false;
}

void Feed::tell_problem(const Answer& problem, bool is_all) {
    tell("problem", problem.body.substr(0, problem.body.size() - 1), is_all);
}

void Feed::look_at_all(bool is_all) {
    const auto generation = configs_.generation();
    if (generation_ != 0 && generation != generation_) tell("configuration", "{}", true);
    generation_ = generation;
    tell("status", api_.status_line(), is_all);
    tell("problem", "{\"error\":null}", false);
    if (is_all || turns_ % between_ingests == 0) tell("ingest", api_.ingest_line(), is_all);
    const auto picture = thumbnail_.picture();
    tell("thumbnail",
         picture ? fmt::format("{{\"at\":\"{}\"}}", to_iso8601(picture->at)) : "{\"at\":null}",
         is_all);
}

void Feed::tell(const std::string& event, std::string data, bool is_all) {
    std::string& last = told_[event];
    if (!is_all && last == data) return;
    last = data;
    server_.post([this, event, data = std::move(data)] { server_.publish(event, data); });
}

void Feed::look_at_picture() {
    if (api_.is_ingest_live())
        thumbnail_.renew();
    else
        thumbnail_.drop();
    is_picturing_ = false;
}

}  // namespace restream
