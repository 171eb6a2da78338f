#include "relay/healer.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace restream {

namespace {

constexpr Milliseconds between_looks = std::chrono::seconds(2);
constexpr Milliseconds shortest_pause = std::chrono::seconds(5);
constexpr Milliseconds longest_pause = std::chrono::minutes(1);

}  // namespace

std::vector<std::string> dead_relays(const Registry& registry, const Config& config) {
    std::vector<std::string> names = registry.wanted_names();
    std::erase_if(names, [&](const std::string& name) {
        return config.find(name) == nullptr || registry.is_down(name) || registry.is_alive(name);
    });
    return names;
}

Healer::Healer(std::function<std::vector<std::string>()> find_dead, std::filesystem::path programs,
               SteadyTime first_look)
    : find_dead_(std::move(find_dead)),
      programs_(std::move(programs)),
      next_look_(first_look),
      pause_(shortest_pause) {}

void Healer::look(SteadyTime now) {
    if (now < next_look_) return;
    next_look_ = now + between_looks;
    if (starter_ && !starter_->try_wait()) return;
    starter_.reset();
    try {
        const auto dead = find_dead_();
        std::vector<std::string> due;
        std::ranges::set_intersection(dead, dead_, std::back_inserter(due));
        dead_ = dead;
        if (dead.empty()) pause_ = shortest_pause;
        if (due.empty() || now < not_before_) return;
        not_before_ = now + pause_;
        pause_ = std::min(longest_pause, pause_ * 2);
        heal(due);
    } catch (const Error&) {
        // The configuration is broken, or nothing can be started: the next look may find it mended.
    }
}

void Healer::heal(const std::vector<std::string>& names) {
    SpawnRequest request;
    request.program = programs_ / "restream-start";
    request.arguments = {"--heal"};
    request.arguments.insert(request.arguments.end(), names.begin(), names.end());
    starter_ = ChildProcess::spawn(request);
}

}  // namespace restream
