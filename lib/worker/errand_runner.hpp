// Does what a contained worker asks for: see lib/worker/errands.hpp.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "config/config.hpp"
#include "system/fd.hpp"
#include "system/process.hpp"
#include "worker/errand.hpp"

namespace restream {

/// The configuration decides which program is run, and with which arguments. The worker decides
/// only when, and the size of a slate. A session goes on with the configuration that it began with,
/// so programs that the configuration has named since this runner was made are allowed, too.
class ErrandRunner {
  public:
    struct Means {
        std::filesystem::path programs;  ///< the folder with restream-hook and restream-slate
        std::filesystem::path slates;    ///< the folder of slates
        std::function<Config()> load;    ///< may throw Error
    };
    ErrandRunner(std::string relay, Means means);
    /// Ends the commands that print secrets.
    ~ErrandRunner();
    ErrandRunner(const ErrandRunner&) = delete;
    ErrandRunner& operator=(const ErrandRunner&) = delete;

    /// **Blocks**: until the worker at the other end has gone and all that it asked for has begun.
    void run(const Fd& worker);

  private:
    void look();
    void perform(const Errand& errand, std::vector<Fd> handed_on);
    void start_hook(Fd input, Fd words);
    void start_slate(const SlateErrand& errand, Fd words);
    void begin_secret(SecretOf which, Fd answer);
    void reap();

    const std::string relay_;
    const Means means_;
    std::optional<Destination> destination_;  ///< as it was read last
    std::vector<StateHook> hooks_;            ///< that were ever read, the newest last
    std::vector<std::filesystem::path> pictures_;
    std::vector<std::string> key_variables_;  ///< that children do not inherit
    std::vector<ChildProcess> children_;
    std::thread secret_;
};

}  // namespace restream
