#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <string>

#include "contain/contain.hpp"
#include "contain/landlock.hpp"
#include "contain/sanitizer.hpp"
#include "contain/system_calls.hpp"
#include "system/fd.hpp"
#include "system/paths.hpp"

namespace restream {

namespace {

/// At most `value`; what is lower already stays.
bool lower_limit(__rlimit_resource which, rlim_t value) {
    rlimit limit{};
    if (::getrlimit(which, &limit) != 0) return false;
    if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur <= value) return true;
    limit.rlim_cur = value;
    if (limit.rlim_max == RLIM_INFINITY || limit.rlim_max > value) limit.rlim_max = value;
    return ::setrlimit(which, &limit) == 0;
}

/// All that is mapped. Source: proc(5), the first number of statm, in pages.
std::optional<std::uint64_t> mapped_bytes() {
    std::ifstream statm("/proc/self/statm");
    std::uint64_t pages = 0;
    if (!(statm >> pages)) return std::nullopt;
    return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

constexpr auto longest_trial = std::chrono::seconds(5);

bool limit_memory(std::uint64_t more_bytes) {
    if (is_built_with_sanitizer) return true;
    if (const auto mapped = mapped_bytes()) return lower_limit(RLIMIT_AS, *mapped + more_bytes);
    // The parent is contained and may not read that; then its limit holds here, too.
    rlimit inherited{};
    return ::getrlimit(RLIMIT_AS, &inherited) == 0 && inherited.rlim_cur != RLIM_INFINITY;
}

bool set_limits(const Containment& what) {
    bool is_done = true;
    if (what.memory_bytes) is_done = limit_memory(*what.memory_bytes);
    if (what.processor) {
        is_done &= lower_limit(RLIMIT_CPU, static_cast<rlim_t>(what.processor->count()));
    }
    // A decoder's only files are pipes, which no limit of a file's length is for.
    if (what.calls == SystemCalls::of_a_decoder && !is_built_with_sanitizer) {
        is_done &= lower_limit(RLIMIT_FSIZE, 0);
    }
    return is_done;
}

/// A sanitizer looks at what is mapped where, and writes its report wherever it was told to.
Containment with_reports(Containment what) {
    if (!is_built_with_sanitizer) return what;
    if (what.readable) what.readable->push_back("/proc/self");
    what.writable.reset();
    return what;
}

}  // namespace

Contained contain(const Containment& what) noexcept {
    Contained done;
    try {
        done.has_limits = set_limits(what);
        done.has_no_new_privileges = ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
        if (!done.has_no_new_privileges) return done;
        done.landlock = apply_landlock(with_reports(what));
        done.has_filter = filter_system_calls(what.calls, what.may_signal);
    } catch (const std::exception&) {
        // No memory for a list of paths: what was taken until then stays taken.
    }
    return done;
}

Contained containment_here() noexcept {
    Contained found;
    try {
        Pipe answer = make_pipe();
        const pid_t child = ::fork();
        if (child < 0) return found;
        if (child == 0) {
            Containment most;
            most.readable.emplace();
            most.writable.emplace();
            most.ports.emplace();
            found = contain(most);
            write_all(answer.write_end, {reinterpret_cast<const char*>(&found), sizeof found});
            ::_exit(0);
        }
        answer.write_end.close();
        Contained told;
        // Written at once, and far less than a pipe holds; a child that is held up has no answer.
        if (!wait_readable(answer.read_end, Deadline::after(longest_trial))) ::kill(child, SIGKILL);
        const auto got = read_some(answer.read_end, {reinterpret_cast<char*>(&told), sizeof told});
        if (got == sizeof told) found = told;
        while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
        }
    } catch (const std::exception&) {
        // No pipe: nothing was found.
    }
    return found;
}

Containment::Paths paths_of_the_network() {
    // resolv.conf is often a link elsewhere; certificates lie below /etc or /usr. Not /etc itself:
    // there are private keys in it, and maybe the configuration.
    Containment::Paths paths = {"/etc/ca-certificates",
                                "/etc/crypto-policies",
                                "/etc/gai.conf",
                                "/etc/host.conf",
                                "/etc/hosts",
                                "/etc/ld.so.cache",
                                "/etc/localtime",
                                "/etc/nsswitch.conf",
                                "/etc/pki/ca-trust",
                                "/etc/pki/tls/certs",
                                "/etc/resolv.conf",
                                "/etc/services",
                                "/etc/ssl/cert.pem",
                                "/etc/ssl/certs",
                                "/etc/ssl/openssl.cnf",
                                "/nix/store",
                                "/usr/lib",
                                "/usr/lib64",
                                "/usr/share",
                                "/usr/local/share",
                                "/lib",
                                "/lib64",
                                "/run/NetworkManager",
                                "/run/nscd",
                                "/run/resolvconf",
                                "/run/systemd/resolve",
                                "/dev/null",
                                "/dev/random",
                                "/dev/urandom"};
    if (const auto file = environment("SSL_CERT_FILE")) paths.emplace_back(*file);
    if (const auto folders = environment("SSL_CERT_DIR")) {
        std::istringstream list(*folders);
        for (std::string each; std::getline(list, each, ':');) paths.emplace_back(each);
    }
    std::error_code error;
    const auto resolver = std::filesystem::canonical("/etc/resolv.conf", error);
    if (!error && resolver.parent_path() != "/etc") paths.push_back(resolver.parent_path());
    return paths;
}

}  // namespace restream
