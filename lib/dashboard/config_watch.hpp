// The configuration, read again only where its files have changed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "config/config_reading.hpp"

namespace restream {

/// For several threads. Asking costs a look at each file's size and time of change, and
/// at the content of those that have just changed.
class ConfigWatch {
  public:
    /// `share` is the folder with services.toml.
    ConfigWatch(std::filesystem::path directory, std::filesystem::path share);

    struct Seen {
        std::shared_ptr<const Config> config;
        std::uint64_t generation = 0;  ///< another number after each change
    };
    /// As it is now. **Throws**: Error{config} where it is broken, as load_config.
    Seen now();
    std::shared_ptr<const Config> current() { return now().config; }

    struct Read {
        std::shared_ptr<const ConfigReading> reading;
        std::uint64_t generation = 0;
    };
    /// The same for what only looks, also where it is broken.
    Read read();
    std::shared_ptr<const ConfigReading> reading() { return read().reading; }
    std::uint64_t generation() { return read().generation; }

  private:
    std::string fingerprint() const;
    void look();

    const std::filesystem::path directory_;
    const std::filesystem::path share_;
    std::mutex mutex_;
    std::string seen_;
    std::shared_ptr<const ConfigReading> reading_;
    std::uint64_t generation_ = 0;
};

}  // namespace restream
