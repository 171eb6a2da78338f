#include "relay/healer.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "config/key.hpp"

namespace restream {

namespace {

constexpr Milliseconds between_looks = std::chrono::seconds(2);
constexpr Milliseconds shortest_pause = std::chrono::seconds(5);
constexpr Milliseconds longest_pause = std::chrono::minutes(1);

}  // namespace

std::vector<std::string> dead_relays(const Registry& registry) {
    std::vector<std::string> names = registry.wanted_names();
    std::erase_if(names, [&](const std::string& name) {
        return registry.is_down(name) || registry.is_alive(name);
    });
    return names;
}

Healer::Healer(Registry registry, std::function<Config()> load, std::filesystem::path programs)
    : registry_(std::move(registry)),
      load_(std::move(load)),
      programs_(std::move(programs)),
      pause_(shortest_pause) {}

void Healer::look(SteadyTime now) {
    if (now < next_look_) return;
    next_look_ = now + between_looks;
    if (starter_ && !starter_->try_wait()) return;
    starter_.reset();
    const auto dead = dead_relays(registry_);
    std::vector<std::string> due;
    std::ranges::set_intersection(dead, dead_, std::back_inserter(due));
    dead_ = dead;
    if (dead.empty()) pause_ = shortest_pause;
    if (due.empty() || now < not_before_) return;
    not_before_ = now + pause_;
    pause_ = std::min(longest_pause, pause_ * 2);
    try {
        heal(due);
    } catch (const Error&) {
        // The configuration is broken, or nothing can be started: the next look may find it mended.
    }
}

void Healer::heal(const std::vector<std::string>& names) {
    const Config config = load_();
    SpawnRequest request;
    request.program = programs_ / "restream-start";
    for (const auto& name : names) {
        if (config.find(name) != nullptr) request.arguments.push_back(name);
    }
    if (request.arguments.empty()) return;
    // A command may disable or stop it before this one has the lock.
    request.arguments.emplace_back("--heal");
    request.arguments.emplace_back("--timeout");
    request.arguments.emplace_back("1s");
    starter_ = ChildProcess::spawn(request);
}

}  // namespace restream
