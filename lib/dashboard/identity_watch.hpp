// The dashboard's certificate as it is on disk now: a renewed one is taken without a restart.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "net/tls_identity.hpp"

namespace restream {

/// Looks at the two files when somebody connects, at most once a second, and loads both if one has
/// changed. If the new files cannot be used (they are replaced one after the other), it keeps the
/// last good identity, and tries the files again. For one thread.
class IdentityWatch {
  public:
    using Complain = std::function<void(const std::string&)>;

    /// `complain`: told once of each problem that keeps a renewed certificate from being shown.
    /// **Throws**: as TlsIdentity.
    IdentityWatch(TlsFiles files, Complain complain);

    std::shared_ptr<const TlsIdentity> current(SteadyTime now);

  private:
    struct Stamp {
        std::filesystem::file_time_type written{};
        std::uintmax_t size = 0;
        bool operator==(const Stamp&) const = default;
    };
    std::array<Stamp, 2> stamps() const;

    const TlsFiles files_;
    const Complain complain_;
    std::array<Stamp, 2> loaded_;
    std::shared_ptr<const TlsIdentity> identity_;
    SteadyTime looked_at_{};
    std::string last_problem_;
};

}  // namespace restream
