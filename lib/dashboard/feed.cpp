#include "dashboard/feed.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/error.hpp"

namespace restream {

namespace {

constexpr Milliseconds between_turns(500);
constexpr Milliseconds between_ingests(1000);
/// A page that is loaded anew, or comes back from sleep, finds the picture still made.
constexpr auto pictures_unwatched = std::chrono::seconds(30);

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
    const SteadyTime now = SteadyClock::now();
    if (server_.readers() == 0 && !is_all_wanted_) {
        if (now - last_watched_ >= pictures_unwatched) end_pictures();
        return;
    }
    last_watched_ = now;
    if (is_looking_) return;
    const What what{is_all_wanted_, is_all_wanted_ || now >= next_ingest_};
    if (!lanes_.looks.post([this, what] { look(what); })) return;
    is_looking_ = true;
    is_all_wanted_ = false;
    if (what.has_ingest) next_ingest_ = now + between_ingests;
}

void Feed::have_looked() {
    is_looking_ = false;
    if (!api_.is_ingest_live()) return end_pictures();
    if (is_picturing_ || SteadyClock::now() < next_picture_) return;
    is_picturing_ = lanes_.queries.post([this] {
        const Milliseconds rest = thumbnail_.renew();
        server_.post([this, rest] {
            is_picturing_ = false;
            next_picture_ = SteadyClock::now() + rest;
        });
    });
    has_pictures_ = has_pictures_ || is_picturing_;
}

void Feed::end_pictures() {
    if (is_picturing_ || !has_pictures_) return;
    is_picturing_ = lanes_.queries.post([this] {
        thumbnail_.end();
        server_.post([this] {
            is_picturing_ = has_pictures_ = false;
            next_picture_ = {};  // At once when it is live again, or watched.
        });
    });
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
    const auto [reading, generation] = configs_.read();
    if (generation_ != 0 && generation != generation_) tell("configuration", "{}", true);
    generation_ = generation;
    tell("status", api_.status_line(), is_all);
    if (reading->problem) {
        tell_problem(refusal_of(ErrorKind::config, reading->problem->message), is_all);
    } else if (told_.contains("problem")) {
        // Only who was told of a problem is told that there is none any more.
        tell("problem", "{\"error\":null}", is_all);
    }
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
