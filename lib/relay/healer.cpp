#include "relay/healer.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "relay/carried.hpp"
#include "state/relay_name.hpp"

namespace restream {

namespace {

constexpr Milliseconds between_looks = std::chrono::seconds(2);
constexpr Milliseconds shortest_pause = std::chrono::seconds(5);
constexpr Milliseconds longest_pause = std::chrono::minutes(1);

}  // namespace

std::vector<std::string> dead_relays(const Registry& registry, const Config& config) {
    std::vector<std::string> names = registry.wanted_names();
    std::erase_if(names, [&](const std::string& name) {
        return config.find(name) == nullptr || registry.is_down(name);
    });
    std::vector<std::string> relays = relays_of(config, names);
    std::erase_if(relays, [&](const std::string& relay) { return registry.is_alive(relay); });
    return relays;
}

bool may_be_dead(const Registry& registry) {
    const auto is_due = [&](const std::string& name) {
        return registry.is_wanted(name) && !registry.is_down(name) && !registry.is_alive(name);
    };
    // Whether there is still to be a backup that once was, only the configuration knows.
    const auto is_backup_due = [&](const std::string& relay) {
        return is_backup_relay(relay) && is_due(relay);
    };
    return std::ranges::any_of(registry.wanted_names(), is_due) ||
           std::ranges::any_of(registry.known_names(), is_backup_due);
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
