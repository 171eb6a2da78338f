// The load of the benchmarks: publishers with marked pictures, and a server that takes any number
// of destinations and tells when each picture arrived.
//
// Usage: bench_flow CLIP.flv PORT
//   CLIP.flv  H.264 and AAC; repeated without an end
//   PORT      where destinations are taken; the stream key is the destination's name, and the app
//             says how it is treated: stalls, slow, closes, refuses; any other: well
// Commands on standard input, one a line; each answers with one line of JSON:
//   publish URL      begins to publish in real time, or comes back; one publisher for each URL
//   leave URL        it goes as one that crashed
//   stop URL         it goes as OBS does at its stop button
//   report           figures since the last report, and begins anew
//   (end of input)   ends
// Told at once:
//   {"destination": NAME, "session": N, "first": "video", "at": SECONDS}   first keyframe or sound
//   {"publisher": URL, "number": N, "at": SECONDS}       the first keyframe since it came (back)
//   {"destination": NAME, "session": N, "again": NUMBER, "at": SECONDS}    the first keyframe since
//                                                        its publisher was away
// Times are CLOCK_MONOTONIC, which Python calls time.monotonic().
#include <cstdio>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "flow_publisher.hpp"
#include "flow_server.hpp"

namespace {

using namespace restream;
using namespace restream::bench;
using nlohmann::json;

class Commands {
  public:
    Commands(const std::vector<Tag>& clip, Server& server) : clip_(clip), server_(server) {}

    json run(const std::string& line) {
        const auto space = line.find(' ');
        const std::string word = line.substr(0, space);
        const std::string url = space == std::string::npos ? "" : line.substr(space + 1);
        if (word == "publish") return publish(url);
        if (word == "leave" || word == "stop") {
            return leave(url, word == "stop" ? Farewell::goodbye : Farewell::none);
        }
        if (word == "report") return report();
        return {{"problem", "no such command: " + line}};
    }

  private:
    json publish(const std::string& url) {
        Publisher& publisher = publishers_.try_emplace(url, clip_, url).first->second;
        if (publisher.is_there()) return {{"problem", "publishes already: " + url}};
        publisher.come();
        return {{"publishing", true}};
    }
    json leave(const std::string& url, Farewell farewell) {
        const auto found = publishers_.find(url);
        if (found == publishers_.end() || !found->second.is_there()) {
            return {{"problem", "does not publish: " + url}};
        }
        found->second.leave(farewell);
        return {{"left", true}};
    }
    json report() {
        json report = server_.report();
        for (const auto& [url, each] : publishers_) report["published"][url] = each.sent();
        return {{"report", std::move(report)}};
    }

    const std::vector<Tag>& clip_;
    Server& server_;
    std::map<std::string, Publisher> publishers_;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: bench_flow CLIP.flv PORT\n");
        return 2;
    }
    const std::vector<Tag> clip = read_clip(argv[1]);
    Server server(std::atoi(argv[2]));
    Commands commands(clip, server);
    tell({{"ready", true}});
    std::string line;
    while (std::getline(std::cin, line)) tell(commands.run(line));
    std::_Exit(0);  // the threads end with the process
}
