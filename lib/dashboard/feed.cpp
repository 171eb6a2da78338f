#include "dashboard/feed.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/error.hpp"

namespace restream {

namespace {

constexpr Milliseconds between_turns(500);
constexpr Milliseconds between_ingests(1000);
/// A decoded picture costs more than all else.
constexpr Milliseconds between_pictures(10000);

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
    if (server_.readers() == 0 && !is_all_wanted_) return;
    if (is_looking_) return;
    const SteadyTime now = SteadyClock::now();
    const What what{is_all_wanted_, is_all_wanted_ || now >= next_ingest_};
    if (!lanes_.looks.post([this, what] { look(what); })) return;
    is_looking_ = true;
    is_all_wanted_ = false;
    if (what.has_ingest) next_ingest_ = now + between_ingests;
}

void Feed::have_looked() {
    is_looking_ = false;
    const SteadyTime now = SteadyClock::now();
    // Soon where it has just become live, or ended.
    const bool is_live = api_.is_ingest_live();
    if (is_picturing_ || (is_live == was_live_ && now < next_picture_)) return;
    const bool is_taken = lanes_.queries.post([this, is_live] {
        if (is_live)
            thumbnail_.renew();
        else
            thumbnail_.drop();
        server_.post([this] { is_picturing_ = false; });
    });
    if (!is_taken) return;
    is_picturing_ = true;
    was_live_ = is_live;
    next_picture_ = now + between_pictures;
}

void Feed::look(What what) {
    try {
        look_at_all(what);
    } catch (const Error& error) {
        tell_problem(refusal_of(error.kind(), error.what()), what.is_all);
    } catch (const std::exception&) {
        tell_problem(refusal_of(ErrorKind::bug, "what there is could not be looked at"),
                     what.is_all);
    }
    server_.post([this] { have_looked(); });
}

void Feed::tell_problem(const Answer& problem, bool is_all) {
    tell("problem", problem.body.substr(0, problem.body.size() - 1), is_all);
}

void Feed::look_at_all(What what) {
    const bool is_all = what.is_all;
    const auto generation = configs_.generation();
    if (generation_ != 0 && generation != generation_) tell("configuration", "{}", true);
    generation_ = generation;
    tell("status", api_.status_line(), is_all);
    // Only who was told of a problem is told that there is none any more.
    if (told_.contains("problem")) tell("problem", "{\"error\":null}", is_all);
    if (what.has_ingest) tell("ingest", api_.ingest_line(), is_all);
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

}  // namespace restream
