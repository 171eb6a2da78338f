#include "known_names.hpp"

#include "base/error.hpp"

namespace restream {

void check_is_known(const ConfigReading& reading, const Registry& registry,
                    const std::string& name) {
    if (reading.config.find(name) != nullptr) return;
    if (!name_problem(name)) {
        if (registry.is_any_alive(name)) return;
        if (reading.problem && registry.is_wanted(name)) return;
        if (reading.problem) throw Error(ErrorKind::config, reading.problem->message);
    }
    reading.config.at(name);
}

}  // namespace restream
