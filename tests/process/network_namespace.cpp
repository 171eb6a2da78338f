#include "process/network_namespace.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "process/command_run.hpp"

namespace restream::test {

namespace {

[[noreturn]] void fail(const std::string& what) {
    throw std::runtime_error(fmt::format("{}: {}", what, std::generic_category().message(errno)));
}

/// Runs a script where the calling thread is. ip, tc and nft are not in every user's PATH.
void run(const std::string& script) {
    const Outcome outcome =
        run_command_line({"/bin/sh", {"-e", "-c", "PATH=$PATH:/usr/sbin:/sbin\n" + script}});
    if (outcome.status != 0) throw std::runtime_error(script + "\n" + outcome.describe());
}

/// The addresses are those that are set aside for documentation.
constexpr const char* home_address = "192.0.2.1";
constexpr const char* carrier_address = "192.0.2.2";

std::string line_address(int platform) { return fmt::format("198.51.100.{}", 4 * platform + 1); }

/// A burst of two segments: more would let a keyframe through at once.
void limit(const std::string& device, int kbps) {
    run(kbps == NetworkLab::no_limit
            ? fmt::format("tc qdisc del dev {} root", device)
            : fmt::format("tc qdisc replace dev {} root tbf rate {}kbit burst 4kb latency 400ms",
                          device, kbps));
}

/// In nft's words, a line each.
std::string rules_for(const std::string& address, NetworkLab::Fate fate) {
    const std::string add = "add rule ip lab fate ip ";
    switch (fate) {
        case NetworkLab::Fate::forwarded:
            break;
        case NetworkLab::Fate::dropped:
            return add + "daddr " + address + " drop\n" + add + "saddr " + address + " drop\n";
        case NetworkLab::Fate::reset:
            return add + "daddr " + address + " meta l4proto tcp reject with tcp reset\n";
        case NetworkLab::Fate::unreachable:
            return add + "daddr " + address + " reject with icmp type host-unreachable\n";
    }
    return {};
}

}  // namespace

std::string NetworkLab::Space::path() const {
    return fmt::format("/proc/{}/fd/{}", ::getpid(), handle.native());
}

NetworkLab::Space NetworkLab::current() {
    Fd handle(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    if (!handle.is_open()) fail("opening this thread's network namespace");
    return {std::move(handle)};
}

NetworkLab::Space NetworkLab::make() {
    if (::unshare(CLONE_NEWNET) != 0) fail("making a network namespace");
    run("ip link set lo up");
    return current();
}

void NetworkLab::enter(const Space& space) {
    if (::setns(static_cast<int>(space.handle.native()), CLONE_NEWNET) != 0) {
        fail("entering a network namespace");
    }
}

NetworkLab::NetworkLab() : before_(current()) {
    try {
        for (Space& each : platforms_) each = make();
        carrier_ = make();
        home_ = make();
        connect();
    } catch (...) {
        enter(before_);
        throw;
    }
}

NetworkLab::~NetworkLab() {
    // Where that fails, this thread stays in a network without platforms: what follows would tell.
    (void)::setns(static_cast<int>(before_.handle.native()), CLONE_NEWNET);
}

void NetworkLab::within(const Space& space, const std::function<void()>& act) const {
    enter(space);
    try {
        act();
    } catch (...) {
        enter(home_);
        throw;
    }
    enter(home_);
}

void NetworkLab::at_platform(int platform, const std::function<void()>& act) const {
    within(platforms_.at(static_cast<std::size_t>(platform)), act);
}

void NetworkLab::connect() const {
    run(
        fmt::format("ip link add uplink type veth peer name downlink netns {}\n"
                    "ip addr add {}/30 dev uplink\n",
                    carrier_.path(), home_address));
    within(carrier_, [] {
        run(
            fmt::format("ip addr add {}/30 dev downlink\n"
                        "ip link set downlink up\n"
                        "echo 1 >/proc/sys/net/ipv4/ip_forward\n"
                        "nft 'add table ip lab; add chain ip lab fate {{ type filter hook forward "
                        "priority 0; }}'",
                        carrier_address));
    });
    mend_uplink();
    for (int i = 0; i < platforms; ++i) connect_platform(i);
}

void NetworkLab::connect_platform(int platform) const {
    const Space& space = platforms_.at(static_cast<std::size_t>(platform));
    within(carrier_, [&] {
        run(
            fmt::format("ip link add line{0} type veth peer name line netns {1}\n"
                        "ip addr add {2}/30 dev line{0}\n"
                        "ip link set line{0} up",
                        platform, space.path(), line_address(platform)));
    });
    within(space, [&] {
        run(
            fmt::format("ip addr add {}/30 dev line\n"
                        "ip link set line up\n"
                        "ip route add default via {}",
                        platform_address(platform), line_address(platform)));
    });
}

std::string NetworkLab::platform_address(int platform) {
    return fmt::format("198.51.100.{}", 4 * platform + 2);
}

void NetworkLab::limit_uplink(int kbps) const { limit("uplink", kbps); }

void NetworkLab::limit_line(int platform, int kbps) const {
    within(carrier_, [&] { limit(fmt::format("line{}", platform), kbps); });
}

void NetworkLab::cut_uplink() const { run("ip link set uplink down"); }

void NetworkLab::mend_uplink() const {
    run(fmt::format("ip link set uplink up\nip route add default via {}", carrier_address));
}

void NetworkLab::set_fate(int platform, Fate fate) {
    fates_.at(static_cast<std::size_t>(platform)) = fate;
    std::string rules = "flush chain ip lab fate\n";
    for (int i = 0; i < platforms; ++i) {
        rules += rules_for(platform_address(i), fates_.at(static_cast<std::size_t>(i)));
    }
    within(carrier_, [&] { run("nft '" + rules + "'"); });
}

}  // namespace restream::test
