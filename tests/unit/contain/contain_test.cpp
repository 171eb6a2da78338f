// What a contained process may not do, tried from inside; and what it still may.
#include "contain/contain.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <functional>
#include <sstream>
#include <string>
#include <thread>

#include "base/error.hpp"
#include "contain/apart.hpp"
#include "contain/landlock.hpp"
#include "contain/sanitizer.hpp"
#include "system/paths.hpp"
#include "temporary_folder.hpp"

using namespace restream;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t usual_memory_bytes = 512 << 20;
/// Of Landlock: from then on it keeps signals within what is contained.
constexpr int version_with_scopes = 6;

Apart usual() {
    Apart how;
    how.memory_bytes = usual_memory_bytes;
    how.processor = 5s;
    how.patience = 60s;
    how.longest_result_bytes = 64 * 1024;
    return how;
}

std::string apart(const std::function<std::string()>& work) {
    return do_apart(usual(), work).result;
}

/// Runs `work` in a child that is contained like this, and returns what it said.
std::string contained(const Containment& what, const std::function<std::string()>& work) {
    Pipe answer = make_pipe();
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        contain(what);
        write_all(answer.write_end, work());
        ::_exit(0);
    }
    answer.write_end.close();
    std::string said;
    char block[4096];
    for (std::size_t got = 0; (got = read_some(answer.read_end, block)) != 0;) {
        said.append(block, got);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK(status == 0);
    return said;
}

/// The names of what succeeded; each is tried although another did.
struct Tries {
    std::string succeeded;
    void operator()(const char* name, long result) {
        if (result >= 0) succeeded += std::string(succeeded.empty() ? "" : " ") + name;
    }
};

sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/// The error of connecting there; 0 where it succeeded.
int connect_error(int port) {
    const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = loopback(port);
    const int result = ::connect(static_cast<int>(socket.native()),
                                 reinterpret_cast<const sockaddr*>(&address), sizeof address);
    return result == 0 ? 0 : errno;
}

struct Listener {
    Fd socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    int port = 0;
    Listener() {
        sockaddr_in address = loopback(0);
        socklen_t length = sizeof address;
        const int number = static_cast<int>(socket.native());
        REQUIRE(::bind(number, reinterpret_cast<const sockaddr*>(&address), length) == 0);
        REQUIRE(::listen(number, 8) == 0);
        ::getsockname(number, reinterpret_cast<sockaddr*>(&address), &length);
        port = ntohs(address.sin_port);
    }
};

/// What /proc says of this process's containment, which may be in a container itself.
std::string measures() {
    std::istringstream lines(try_read_file("/proc/self/status", 1 << 16).value_or(""));
    std::string found;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("NoNewPrivs:") || line.starts_with("Seccomp")) found += line + "\n";
    }
    return found;
}

std::string run_error() {
    const char* const arguments[] = {"true", nullptr};
    const char* const variables[] = {nullptr};
    ::execve("/bin/true", const_cast<char**>(arguments), const_cast<char**>(variables));
    return std::strerror(errno);
}

}  // namespace

TEST_CASE("contain: a decoder opens no file, connects nowhere, runs nothing, touches no process") {
    const tests::TemporaryFolder folder;
    folder.write("one.key", "CANARY");
    const std::string key = (folder.path() / "one.key").string();
    const std::string made = (folder.path() / "made").string();
    const Listener listener;
    const pid_t parent = ::getpid();
    const std::string succeeded = apart([&] {
        Tries tried;
        // A sanitizer's report needs files; Landlock knows which.
        if (!is_built_with_sanitizer || landlock_version() > 0) {
            tried("read-key", ::open(key.c_str(), O_RDONLY | O_CLOEXEC));
        }
        if (!is_built_with_sanitizer) {
            tried("read-system", ::open("/etc/passwd", O_RDONLY | O_CLOEXEC));
            tried("write", ::open(made.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        }
        tried("make-folder", ::mkdir(made.c_str(), 0700));
        tried("delete", ::unlink(key.c_str()));
        tried("link", ::symlink(key.c_str(), made.c_str()));
        tried("rename", ::rename(key.c_str(), made.c_str()));
        tried("mode", ::chmod(key.c_str(), 0666));
        tried("socket", ::socket(AF_INET, SOCK_STREAM, 0));
        tried("unix-socket", ::socket(AF_UNIX, SOCK_STREAM, 0));
        tried("netlink", ::socket(AF_NETLINK, SOCK_RAW, 0));
        tried("connect", connect_error(listener.port) == 0 ? 0 : -1);
        const char* const none[] = {nullptr};
        tried("run", ::execve("/bin/true", const_cast<char**>(none), const_cast<char**>(none)));
        const pid_t child = ::fork();
        if (child == 0) ::_exit(0);
        tried("fork", child);
        tried("signal", ::kill(parent, 0));
        tried("debug", ::ptrace(PTRACE_ATTACH, parent, nullptr, nullptr));
        char byte = 0;
        iovec part{&byte, 1};
        tried("look-into", ::process_vm_readv(parent, &part, 1, &part, 1, 0));
        tried("become", ::setuid(65534));
        void* const code = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        tried("own-code", code == MAP_FAILED ? -1 : 0);
        void* const data =
            ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        tried("code-of-data", ::mprotect(data, 4096, PROT_READ | PROT_EXEC));
        return tried.succeeded;
    });
    CHECK(succeeded == "");
    CHECK(folder.read("one.key") == "CANARY");
    CHECK_FALSE(std::filesystem::exists(made));
}

TEST_CASE("contain: a decoder has threads, memory, clocks, and what it was given") {
    const tests::TemporaryFolder folder;
    folder.write("picture", "bytes");
    const Fd given(::open((folder.path() / "picture").c_str(), O_RDONLY | O_CLOEXEC));
    const Fd other(::open((folder.path() / "picture").c_str(), O_RDONLY | O_CLOEXEC));
    Apart how = usual();
    how.keeps = {&given};
    const auto done = do_apart(how, [&] {
        std::string all;
        std::thread([&] { all = std::string(8 << 20, 'x').substr(0, 1); }).join();
        char block[16];
        const std::size_t got = read_some(given, block);
        all.append(block, got);
        if (::fcntl(static_cast<int>(other.native()), F_GETFL) < 0) all += " closed";
        if (SteadyClock::now().time_since_epoch().count() > 0) all += " clock";
        return all;
    });
    CHECK(done.result == "xbytes closed clock");
}

TEST_CASE("contain: what is done apart fails with its words, and whatever happens to it") {
    const auto words = [](const Apart& how, const std::function<std::string()>& work) {
        try {
            do_apart(how, work);
        } catch (const Error& error) {
            CHECK(error.kind() == ErrorKind::refused);
            return std::string(error.what());
        }
        return std::string();
    };
    const auto fails = [](const char* why) {
        return [why]() -> std::string { throw Error(ErrorKind::no, why); };
    };
    CHECK(words(usual(), fails("no picture")) == "no picture");
    CHECK(words(usual(), [] { return std::string(100'000, 'x'); }).find("too much data") !=
          std::string::npos);
    CHECK(words(usual(), []() -> std::string { ::_exit(0); }).find("no result") !=
          std::string::npos);
    if (!is_built_with_sanitizer) {
        CHECK(words(usual(), []() -> std::string {
                  ::signal(SIGSEGV, SIG_DFL);
                  ::raise(SIGSEGV);
                  return "";
              }).find("signal 11") != std::string::npos);
        CHECK(words(usual(), [] {
                  return std::string(std::size_t(1) << 30, 'x');
              }).find("too much memory") != std::string::npos);
    }
    Apart hasty = usual();
    hasty.patience = 100ms;
    CHECK(words(hasty, []() -> std::string {
              for (;;) ::poll(nullptr, 0, 1000);
          }).find("did not end in time") != std::string::npos);
    // It closes its pipe, and sleeps: that takes no processor.
    CHECK(words(usual(), []() -> std::string {
              for (int each = 3; each < 256; ++each) ::close(each);
              for (;;) ::poll(nullptr, 0, 1000);
          }).find("was ended") != std::string::npos);
    Apart short_lived = usual();
    short_lived.processor = 1s;
    short_lived.patience = 120s;
    CHECK(words(short_lived, []() -> std::string {
              std::atomic<unsigned> turns = 0;
              for (;;) ++turns;
          }).find("took too long") != std::string::npos);
}

TEST_CASE("contain: a server runs no program and looks into no process, and serves") {
    Containment server;
    server.calls = SystemCalls::of_a_server;
    server.memory_bytes = usual_memory_bytes;
    CHECK(contained(server, run_error) == std::strerror(EPERM));
    const pid_t parent = ::getpid();
    const Listener listener;
    const std::string succeeded = contained(server, [&] {
        Tries tried;
        if (!is_built_with_sanitizer) {
            tried("debug", ::ptrace(PTRACE_ATTACH, parent, nullptr, nullptr));
        }
        char byte = 0;
        iovec part{&byte, 1};
        tried("look-into", ::process_vm_readv(parent, &part, 1, &part, 1, 0));
        tried("become", ::setresuid(65534, 65534, 65534));
        tried("packets", ::socket(AF_PACKET, SOCK_RAW, 0));
        tried("unshare", ::syscall(SYS_unshare, 0x10000000));
        tried("keys", ::syscall(SYS_keyctl, 0, -3, 0, 0, 0));
        tried("mount", ::syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, nullptr));
        tried("signal", ::kill(parent, 0));
        tried("signal-all", ::kill(-1, 0));
        tried("signal-thread", ::syscall(SYS_tgkill, parent, parent, 0));
        const auto handle = ::syscall(SYS_pidfd_open, parent, 0);
        tried("signal-by-handle", ::syscall(SYS_pidfd_send_signal, handle, 0, nullptr, 0));
        rlimit limit{};
        tried("limit", ::prlimit(parent, RLIMIT_NOFILE, nullptr, &limit));
        tried("signal-itself", ::kill(::getpid(), 0));
        int threads = 0;
        std::thread([&] { threads = 1; }).join();
        tried("thread", threads - 1);
        tried("connect", connect_error(listener.port) == 0 ? 0 : -1);
        return tried.succeeded;
    });
    CHECK(succeeded == "signal-itself thread connect");
    server.may_signal = true;
    CHECK(contained(server, [&] { return std::to_string(::kill(parent, 0)); }) ==
          (landlock_version() >= version_with_scopes ? "-1" : "0"));
    const std::string status = contained(
        server, [] { return try_read_file("/proc/self/status", 1 << 16).value_or("unreadable"); });
    CHECK(status.find("NoNewPrivs:\t1\n") != std::string::npos);
    CHECK(status.find("Seccomp:\t2\n") != std::string::npos);
}

TEST_CASE("contain: who only listens makes no socket, and who plays none of a file") {
    const tests::TemporaryFolder folder;
    const Listener listener;
    // As a user's service manager, which runs what it is asked for.
    sockaddr_un place{};
    place.sun_family = AF_UNIX;
    const std::string path = (folder.path() / "bus").string();
    REQUIRE(path.size() < sizeof place.sun_path);
    path.copy(place.sun_path, path.size());
    const auto* const address = reinterpret_cast<const sockaddr*>(&place);
    const Fd manager(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::bind(static_cast<int>(manager.native()), address, sizeof place) == 0);
    REQUIRE(::listen(static_cast<int>(manager.native()), 1) == 0);
    const auto outcome = [&](SystemCalls calls) {
        Containment what;
        what.calls = calls;
        return contained(what, [&] {
            Tries tried;
            const Fd own(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
            tried("file", ::connect(static_cast<int>(own.native()), address, sizeof place));
            tried("port", connect_error(listener.port) == 0 ? 0 : -1);
            tried("tables", ::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, 0));
            return tried.succeeded;
        });
    };
    CHECK(outcome(SystemCalls::of_a_server) == "file port tables");
    CHECK(outcome(SystemCalls::of_a_player) == "port tables");
    CHECK(outcome(SystemCalls::of_a_listener) == "tables");
}

TEST_CASE("contain: Landlock leaves the folders and ports that are named, and no others") {
    if (landlock_version() == 0) {
        MESSAGE("skipped: this kernel has no Landlock");
        return;
    }
    const tests::TemporaryFolder folder;
    std::filesystem::create_directory(folder.path() / "state");
    folder.write("state/record", "record");
    folder.write("one.key", "CANARY");
    const std::string root = folder.path().string();
    const Listener named;
    const Listener other;
    Containment server;
    server.calls = SystemCalls::of_a_server;
    server.readable = {folder.path() / "state", folder.path() / "missing"};
    if (!is_built_with_sanitizer) server.writable = {folder.path() / "state"};
    server.ports = std::vector<std::uint16_t>{static_cast<std::uint16_t>(named.port)};
    const std::string succeeded = contained(server, [&] {
        Tries tried;
        const auto open = [&](const char* name, const char* file, int flags) {
            tried(name, ::open((root + file).c_str(), flags | O_CLOEXEC, 0600));
        };
        open("key", "/one.key", O_RDONLY);
        open("system", "/../../etc/passwd", O_RDONLY);
        open("record", "/state/record", O_RDONLY);
        open("new-record", "/state/new", O_WRONLY | O_CREAT);
        tried("rename", ::rename((root + "/state/new").c_str(), (root + "/state/record").c_str()));
        if (!is_built_with_sanitizer) {
            open("planted", "/restream.toml", O_WRONLY | O_CREAT);
            open("overwritten", "/one.key", O_WRONLY | O_TRUNC);
            tried("moved", ::rename((root + "/state/record").c_str(), (root + "/out").c_str()));
            tried("deleted", ::unlink((root + "/one.key").c_str()));
        }
        return tried.succeeded;
    });
    CHECK(succeeded == "record new-record rename");
    CHECK(folder.read("one.key") == "CANARY");
    constexpr int version_with_ports = 4;
    if (landlock_version() < version_with_ports) return;
    CHECK(contained(server, [&] { return std::to_string(connect_error(named.port)); }) == "0");
    CHECK(contained(server, [&] { return std::to_string(connect_error(other.port)); }) ==
          std::to_string(EACCES));
}

TEST_CASE("contain: what this system has is tried, and nobody who asks is contained") {
    const std::string before = measures();
    REQUIRE(before.find("Seccomp:") != std::string::npos);
    const Contained here = containment_here();
    CHECK(here.has_no_new_privileges);
    CHECK(here.landlock == landlock_version());
    CHECK(here.has_filter);
    CHECK(here.has_limits);
    CHECK(measures() == before);
}
