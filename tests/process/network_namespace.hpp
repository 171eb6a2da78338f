// A network of a test's own: this machine, its uplink, a carrier, and platforms behind it.
#pragma once

#include <array>
#include <functional>
#include <string>

#include "system/fd.hpp"

namespace restream::test {

/// Network namespaces without names: `home`, where the calling thread is from now on, and with it
/// every thread and process that it starts; `carrier`, which forwards; and one for each platform.
///
///     home ──uplink── carrier ──line0── platform 0
///                             ──line1── platform 1
///                             ──line2── platform 2
///
/// Nothing of the machine's own network is touched, and nothing is left: a namespace and all that
/// is in it are gone with the last process and descriptor that hold it. To be made before the
/// World, and to live as long. It needs what root may do (tests/scripts/in-namespaces gives it, or
/// skips).
class NetworkLab {
  public:
    static constexpr int platforms = 3;
    /// Where there is no limit: as good as a wire.
    static constexpr int no_limit = 0;
    /// What becomes of packets between home and a platform.
    enum class Fate {
        forwarded,
        dropped,      ///< both ways, and nobody is told
        reset,        ///< the carrier answers home for the platform: RST
        unreachable,  ///< the carrier answers home: ICMP, host unreachable
    };

    /// **Throws**: std::runtime_error where the system does not let it.
    NetworkLab();
    /// The calling thread is again where it was.
    ~NetworkLab();
    NetworkLab(const NetworkLab&) = delete;
    NetworkLab& operator=(const NetworkLab&) = delete;

    static std::string platform_address(int platform);
    /// What `act` opens is open at that platform, and stays there, as threads do that it starts.
    void at_platform(int platform, const std::function<void()>& act) const;

    /// What home sends to all of them together, and to one of them. The queue in front of it holds
    /// 400 ms, as a router's does.
    void limit_uplink(int kbps) const;
    void limit_line(int platform, int kbps) const;
    /// The interface goes down, and its routes with it; up again, it has them back.
    void cut_uplink() const;
    void mend_uplink() const;
    void set_fate(int platform, Fate fate);

  private:
    struct Space {
        Fd handle;
        std::string path() const;
    };
    static Space current();
    static Space make();
    static void enter(const Space& space);
    void connect() const;
    void connect_platform(int platform) const;
    void within(const Space& space, const std::function<void()>& act) const;

    Space before_;
    Space home_;
    Space carrier_;
    std::array<Space, platforms> platforms_;
    std::array<Fate, platforms> fates_{};
};

}  // namespace restream::test
